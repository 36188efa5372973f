"""Classification and extraction protocols against hand-counted examples."""

import pytest

from core.domain import Document, Mention, Relation, Sentence, SentencePrediction, Span, State
from core.evaluation.labels import label_sets
from core.evaluation.protocols import (
    PROTOCOLS,
    score_classification,
    score_extraction,
    score_mentions,
    score_predictions,
)
from tests.builders import find_mention


def test_a_gold_relation_that_was_never_a_candidate_is_a_miss() -> None:
    gold = {"a": {"CID"}, "b": set[str](), "never proposed": {"CID"}}
    scores = score_classification(gold, {"a": {"CID"}, "b": {"CID"}}, ["CID"])
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 1, 1)
    assert scores.micro.f1 == pytest.approx(0.5)


def test_a_positive_that_a_filter_removed_is_a_miss() -> None:
    # Whether a filtered pair is absent or said to be unrelated, recall is 1 of 2.
    gold = {"kept": {"EFFECT"}, "filtered": {"EFFECT"}}
    absent = score_classification(gold, {"kept": {"EFFECT"}}, ["EFFECT"])
    unrelated = score_classification(gold, {"kept": {"EFFECT"}, "filtered": set()}, ["EFFECT"])
    assert absent.micro == unrelated.micro
    assert (absent.micro.recall, absent.micro.precision) == (0.5, 1.0)


def test_a_wrong_label_is_a_false_positive_and_a_miss() -> None:
    scores = score_classification({"a": {"X"}, "b": {"Y"}}, {"a": {"Y"}, "b": {"Y"}}, ["X", "Y"])
    assert (scores.by_label["X"].fn, scores.by_label["Y"].fp, scores.by_label["Y"].tp) == (1, 1, 1)
    assert scores.macro_f1 == pytest.approx((0 + 2 / 3) / 2)


def test_each_label_of_a_pair_is_counted() -> None:
    # a: X right, Y missed; b: Y right, Z false. tp 2, fp 1, fn 1.
    scores = score_classification({"a": {"X", "Y"}, "b": {"Y"}}, {"a": {"X"}, "b": {"Y", "Z"}}, ["X", "Y", "Z"])
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (2, 1, 1)
    assert (scores.by_label["Y"].tp, scores.by_label["Y"].fn, scores.by_label["Z"].fp) == (1, 1, 1)


def test_a_table_of_two_labels_counted_by_hand() -> None:
    # gold      X X X Y Y - - -
    # predicted X X Y Y - X - -
    # X: tp 2, fp 1, fn 1: P 2/3, R 2/3, F1 2/3.  Y: tp 1, fp 1, fn 1: F1 1/2.
    # micro: tp 3, fp 2, fn 2: F1 6/10.  macro: (2/3 + 1/2) / 2 = 7/12.
    gold = label_sets(dict(zip("abcdefgh", ["X", "X", "X", "Y", "Y", *["NO_RELATION"] * 3], strict=True)))
    said = ["X", "X", "Y", "Y", "NO_RELATION", "X", "NO_RELATION", "NO_RELATION"]
    scores = score_classification(gold, label_sets(dict(zip("abcdefgh", said, strict=True))), ["X", "Y"])
    assert [scores.by_label[label].f1 for label in ("X", "Y")] == [pytest.approx(2 / 3), pytest.approx(1 / 2)]
    assert (scores.micro.f1, scores.macro_f1) == (pytest.approx(0.6), pytest.approx(7 / 12))
    assert scores.f1 == scores.micro.f1


def test_the_protocol_is_part_of_the_scores() -> None:
    assert "mentions given" in score_classification({}, {}, ["X"]).to_json()["protocol"]
    assert "mentions found" in score_extraction([], [], ["X"], criterion="strict").to_json()["protocol"]


HEAD, TAIL = Mention(Span(0, 4), "Chemical"), Mention(Span(10, 15), "Disease")


@pytest.mark.parametrize(
    ("head", "tail", "matching"),
    [
        (HEAD, TAIL, {"strict", "boundaries", "end-token"}),
        (Mention(Span(2, 4), "Chemical"), TAIL, {"end-token"}),  # the start is wrong
        (Mention(Span(0, 4), "Disease"), TAIL, {"boundaries"}),  # the type is wrong
        (Mention(Span(0, 3), "Chemical"), TAIL, set()),  # the end is wrong
    ],
)
def test_criteria_differ_in_what_must_agree(head: Mention, tail: Mention, matching: set[str]) -> None:
    gold, predicted = [[Relation(HEAD, TAIL, "CID")]], [[Relation(head, tail, "CID")]]
    for criterion in ("strict", "boundaries", "end-token"):
        counts = score_extraction(gold, predicted, ["CID"], criterion=criterion).micro
        assert counts.tp == (criterion in matching), criterion
        assert counts.tp + counts.fn == 1


def test_strict_and_end_token_on_one_sentence() -> None:
    # "severe renal failure after high dose aspirin": gold are "renal failure" and "aspirin"; the system finds
    # "severe renal failure" (same end, other start) and "aspirin" for CID, and a second relation that is false.
    text = "severe renal failure after high dose aspirin"
    drug, failure = find_mention(text, "aspirin", "Chemical"), find_mention(text, "renal failure", "Disease")
    wide, dose = find_mention(text, "severe renal failure", "Disease"), find_mention(text, "high dose", "Chemical")
    gold, found = [[Relation(drug, failure, "CID")]], [[Relation(drug, wide, "CID"), Relation(dose, wide, "CID")]]
    strict = score_extraction(gold, found, ["CID"], criterion="strict").micro
    end_token = score_extraction(gold, found, ["CID"], criterion="end-token").micro
    assert (strict.tp, strict.fp, strict.fn, strict.f1) == (0, 2, 1, 0.0)
    assert (end_token.tp, end_token.fp, end_token.fn) == (1, 1, 0)
    assert end_token.f1 == pytest.approx(2 / 3)


def test_a_gold_relation_whose_mentions_were_not_found_is_a_miss() -> None:
    gold = [[Relation(HEAD, TAIL, "CID")], [Relation(HEAD, TAIL, "CID")]]
    counts = score_extraction(gold, [[Relation(HEAD, TAIL, "CID")], []], ["CID"], criterion="strict").micro
    assert (counts.tp, counts.fp, counts.fn, counts.recall) == (1, 0, 1, 0.5)


def test_every_protocol_says_whether_mentions_were_given() -> None:
    relations = [words for name, words in PROTOCOLS.items() if name != "mentions"]
    assert all(("given" in words) != ("found" in words) for words in relations)


def test_a_mention_needs_span_and_type() -> None:
    scores = score_mentions([[HEAD, TAIL]], [[HEAD, Mention(TAIL.span, "Chemical")]], ["Chemical", "Disease"])
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 1, 1)


def test_a_gold_relation_across_sentences_counts_as_a_miss() -> None:
    text = "Aspirin was given. Nausea followed."
    head, tail = Mention(Span(0, 7), "Chemical"), Mention(Span(19, 25), "Disease")
    sentences = (Sentence(Span(0, 18), State.ACCEPTED), Sentence(Span(19, 35), State.ACCEPTED))
    document = Document("d", text, sentences, (head, tail), (Relation(head, tail, "CID"),))
    found = [
        SentencePrediction((Mention(Span(0, 7), "Chemical"),), ()),
        SentencePrediction((Mention(Span(0, 6), "Disease"),), ()),
    ]
    scores = score_predictions([document], [found], types=["Chemical", "Disease"], labels=["CID"])
    assert scores["mentions"].micro.f1 == 1.0
    assert (scores["strict"].micro.tp, scores["strict"].micro.fn) == (0, 1)
