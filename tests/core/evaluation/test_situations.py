"""Situations of a sentence, and scores by situation counted by hand."""

import pytest

from core.domain import Instance
from core.evaluation.situations import score_by_situation, situations_of
from tests.builders import find_mention


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        # One relation; two relations of four entities.
        ([("fire", "smoke")], {"Normal", "Single"}),
        ([("Ann", "Rome"), ("Bob", "Oslo")], {"Normal", "Double"}),
        # Two labels of one pair, in the same or the other direction.
        ([("Rome", "Italy"), ("Rome", "Italy")], {"EPO", "Double"}),
        ([("Rome", "Italy"), ("Italy", "Rome")], {"EPO", "Double"}),
        # One entity in two pairs; a chain; a pair with two labels beside it.
        ([("Ann", "Rome"), ("Ann", "Oslo")], {"SEO", "Double"}),
        ([("Ann", "Rome"), ("Rome", "Italy"), ("Bob", "Oslo")], {"SEO", "Multiple"}),
        ([("Rome", "Italy"), ("Rome", "Italy"), ("Ann", "Rome")], {"EPO", "SEO", "Multiple"}),
        ([], {"No relation"}),
    ],
)
def test_situations(pairs: list[tuple[str, str]], expected: set[str]) -> None:
    assert situations_of(pairs) == expected


def pair(item: str, text: str, head: str, tail: str) -> Instance:
    return Instance(item, text, find_mention(text, head, "Thing"), find_mention(text, tail, "Thing"))


FIRST, SECOND, THIRD = "Ann met Bob in Rome", "fire and smoke", "rain and sun"
INSTANCES = [
    pair("ab", FIRST, "Ann", "Bob"),
    pair("ar", FIRST, "Ann", "Rome"),
    pair("br", FIRST, "Bob", "Rome"),
    pair("fs", SECOND, "fire", "smoke"),
    pair("rs", THIRD, "rain", "sun"),
]
GOLD = {"ab": {"KNOWS", "MET"}, "ar": {"IN"}, "br": set[str](), "fs": {"IN"}, "rs": set[str]()}
PREDICTED = {"ab": {"MET"}, "ar": {"IN"}, "br": {"IN"}, "fs": {"IN"}, "rs": {"IN"}}


def test_each_situation_scores_all_pairs_of_its_sentences() -> None:
    scores = score_by_situation(INSTANCES, GOLD, PREDICTED, ["KNOWS", "MET", "IN"])
    counts = {name: (one.micro.tp, one.micro.fp, one.micro.fn) for name, one in scores.items()}
    # The first sentence (EPO by "ab", SEO by "ab" and "ar", three relations): tp MET, IN; fp "br"; fn KNOWS.
    assert counts == {
        "Normal": (1, 0, 0),
        "EPO": (2, 1, 1),
        "SEO": (2, 1, 1),
        "Single": (1, 0, 0),
        "Multiple": (2, 1, 1),
        "No relation": (0, 1, 0),
    }
    assert scores["EPO"].protocol.endswith("sentences: EPO")


def test_a_repeated_sentence_does_not_overlap_with_itself() -> None:
    twice = [pair("1", SECOND, "fire", "smoke"), pair("2", SECOND, "fire", "smoke")]
    scores = score_by_situation(twice, {"1": {"IN"}, "2": {"IN"}}, {"1": {"IN"}}, ["IN"])
    assert {name: (one.micro.tp, one.micro.fn) for name, one in scores.items()} == {"Normal": (1, 1), "Single": (1, 1)}
