"""Label sets and the confusion of gold and predicted labels."""

from core.evaluation.labels import confusion, is_right, label_sets


def test_no_relation_is_the_empty_set() -> None:
    assert label_sets({"a": "X", "b": "NO_RELATION"}) == {"a": frozenset({"X"}), "b": frozenset()}


def test_an_item_is_right_only_with_exactly_its_labels() -> None:
    gold = {"a": {"X", "Y"}, "b": {"X"}, "c": set[str](), "unseen": {"X"}, "unseen too": set[str]()}
    assert is_right(gold, {"a": ["Y", "X"], "b": ["X", "Y"], "c": []}) == [True, False, True, False, True]


def test_confusion_counts_items_by_both_labels() -> None:
    gold = label_sets({"a": "X", "b": "X", "c": "X", "d": "NO_RELATION", "e": "NO_RELATION", "unseen": "Y"})
    predicted = label_sets({"a": "X", "b": "X", "c": "Y", "d": "Y", "e": "NO_RELATION"})
    assert confusion(gold, predicted) == [
        {"gold": "NO_RELATION", "predicted": "NO_RELATION", "count": 1},
        {"gold": "NO_RELATION", "predicted": "Y", "count": 1},
        {"gold": "X", "predicted": "X", "count": 2},
        {"gold": "X", "predicted": "Y", "count": 1},
        {"gold": "Y", "predicted": "NO_RELATION", "count": 1},
    ]


def test_labels_of_a_crowded_pair_are_paired_off_before_they_are_confused() -> None:
    assert confusion({"a": {"X", "Y"}}, {"a": {"Y", "Z"}}) == [
        {"gold": "NO_RELATION", "predicted": "Z", "count": 1},
        {"gold": "X", "predicted": "NO_RELATION", "count": 1},
        {"gold": "Y", "predicted": "Y", "count": 1},
    ]
