"""SemEval's official rules and REDN's own, on a hand-made answer key."""

import pytest

from core.domain import Instance
from core.errors import ModelError
from core.evaluation.directions import (
    DirectedLabel,
    join_directions,
    score_redn_paper,
    score_semeval_official,
)
from tests.builders import find_mention

# One line an item, as the official scorer reads them: number, key, proposed answer ("-" was skipped).
ANSWERS = """
1  Cause-Effect(e1,e2)     Cause-Effect(e1,e2)
2  Cause-Effect(e1,e2)     Cause-Effect(e2,e1)
3  Cause-Effect(e2,e1)     Cause-Effect(e2,e1)
4  Cause-Effect(e1,e2)     Other
5  Component-Whole(e1,e2)  Component-Whole(e1,e2)
6  Component-Whole(e2,e1)  Cause-Effect(e2,e1)
7  Other                   Component-Whole(e1,e2)
8  Other                   Other
9  Message-Topic(e1,e2)    -
10 Message-Topic(e1,e2)    Message-Topic(e1,e2)
11 Other                   Product-Producer(e1,e2)
"""

Pairs = dict[str, tuple[DirectedLabel, ...]]


def parse(name: str) -> tuple[DirectedLabel, ...]:
    label, _, order = name.partition("(")
    return () if label == "Other" else (DirectedLabel(label, order == "e2,e1)"),)


def read_answers() -> tuple[Pairs, Pairs]:
    rows = [line.split() for line in ANSWERS.strip().splitlines()]
    gold = {number: parse(key) for number, key, _ in rows}
    return gold, {number: parse(answer) for number, _, answer in rows if answer != "-"}


def test_the_official_score_of_a_hand_made_file() -> None:
    scores = score_semeval_official(*read_answers())
    # Official confusion matrix, rows gold, wrong direction (xDIRx) and skipped items beside it:
    #         C-E C-W M-T Oth | xDIRx skip ACTUAL
    #   C-E     2   0   0   1 |     1    0      4
    #   C-W     1   1   0   0 |     0    0      2
    #   M-T     0   0   1   0 |     0    1      2
    #   Other   0   1   0   1 |     0    0      3   (and one proposed Product-Producer, which the key lacks)
    # C-E: P = 2 / (3 + 1), R = 2/4, F1 = 1/2.  C-W: P = 1/2, R = 1/2, F1 = 1/2.
    # M-T: P = 1/1, R = 1/2, F1 = 2/3.  Macro = (1/2 + 1/2 + 2/3) / 3 = 5/9.  Micro: P = 4/7, R = 4/8, F1 = 8/15.
    counts = {label: (one.tp, one.fp, one.fn) for label, one in scores.by_label.items()}
    assert counts == {"Cause-Effect": (2, 2, 2), "Component-Whole": (1, 1, 1), "Message-Topic": (1, 0, 1)}
    assert scores.f1 == scores.macro_f1 == pytest.approx(5 / 9)
    assert scores.micro.f1 == pytest.approx(8 / 15)
    assert "official" in scores.protocol


def test_redn_drops_pairs_without_a_gold_relation() -> None:
    labels = ["Cause-Effect", "Component-Whole", "Message-Topic", "Product-Producer"]
    scores = score_redn_paper(*read_answers(), labels)
    # Items 7, 8 and 11 are dropped: tp 1, 3, 5, 10; fp 2, 6; fn 2, 4, 6, 9. F1 = 8 / (8 + 2 + 4).
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (4, 2, 4)
    assert scores.f1 == scores.micro.f1 == pytest.approx(8 / 14)
    assert "dropped" in scores.protocol


def test_redn_counts_every_label_of_a_pair() -> None:
    cause, topic = DirectedLabel("Cause-Effect"), DirectedLabel("Message-Topic")
    scores = score_redn_paper({"a": (cause, topic)}, {"a": (topic,)}, ["Cause-Effect", "Message-Topic"])
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 0, 1)


def test_the_official_protocol_refuses_a_pair_with_two_gold_labels() -> None:
    with pytest.raises(ModelError, match="one label a pair; a has 2"):
        score_semeval_official({"a": (DirectedLabel("X"), DirectedLabel("Y"))}, {})


def make_orders(text: str, number: int) -> list[Instance]:
    """Both orders of "fire" and "smoke" in a sentence."""
    fire, smoke = find_mention(text, "fire", "Nominal"), find_mention(text, "smoke", "Nominal")
    return [Instance(f"{number}:forth", text, fire, smoke), Instance(f"{number}:back", text, smoke, fire)]


def test_both_orders_of_a_pair_are_one_item() -> None:
    instances = make_orders("the fire made smoke", 1) + make_orders("the smoke of the fire", 2)
    joined = join_directions(instances, {"1:forth": {"Cause"}, "2:forth": {"Cause"}})
    # In the second sentence the head, fire, stands second.
    assert joined == {"1:forth": (DirectedLabel("Cause", False),), "2:forth": (DirectedLabel("Cause", True),)}


def test_of_a_contradiction_the_higher_score_stands_first() -> None:
    instances = make_orders("the fire made smoke", 1)
    labels = {"1:forth": {"Cause"}, "1:back": {"Part"}}
    cause, part = DirectedLabel("Cause", False), DirectedLabel("Part", True)
    assert join_directions(instances, labels) == {"1:forth": (cause, part)}
    scores = {"1:forth": {"Cause": 0.6}, "1:back": {"Part": 0.7}}
    joined = join_directions(instances, labels, scores)
    assert joined == {"1:forth": (part, cause)}
    assert score_semeval_official({"1:forth": (part,)}, joined).f1 == 1.0


def test_the_same_sentence_in_two_documents_is_two_items() -> None:
    text = "the fire made smoke"
    joined = join_directions(make_orders(text, 1) + make_orders(text, 2), {"1:forth": {"Cause"}, "2:back": {"Cause"}})
    assert joined == {"1:forth": (DirectedLabel("Cause", False),), "2:forth": (DirectedLabel("Cause", True),)}
