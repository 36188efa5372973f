"""Scoring protocols against hand-counted examples."""

import pytest

from core.domain import NO_RELATION, Document, Mention, Relation, Sentence, SentencePrediction, Span, State
from core.evaluation.protocols import score_classification, score_extraction, score_mentions, score_predictions
from core.evaluation.significance import bootstrap_f1, compare_mcnemar


def test_a_gold_relation_that_was_never_a_candidate_is_a_miss() -> None:
    gold = {"a": "CID", "b": NO_RELATION, "never proposed": "CID"}
    scores = score_classification(gold, {"a": "CID", "b": "CID"}, ["CID"])
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 1, 1)
    assert scores.micro.f1 == pytest.approx(0.5)


def test_a_wrong_label_is_a_false_positive_and_a_miss() -> None:
    scores = score_classification({"a": "X", "b": "Y"}, {"a": "Y", "b": "Y"}, ["X", "Y"])
    assert (scores.by_label["X"].fn, scores.by_label["Y"].fp, scores.by_label["Y"].tp) == (1, 1, 1)
    assert scores.macro_f1 == pytest.approx((0 + 2 / 3) / 2)


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


def test_mcnemar_is_exact_below_25_discordant_items() -> None:
    first = [True] * 9 + [False] + [True] * 30
    second = [False] * 9 + [True] + [True] * 30
    result = compare_mcnemar(first, second)
    assert (result.only_first, result.only_second, result.is_exact) == (9, 1, True)
    assert result.p_value == pytest.approx(22 / 1024)  # 2 (C(10,0) + C(10,1)) / 2^10


def test_mcnemar_uses_chi_square_with_continuity_correction_above() -> None:
    result = compare_mcnemar([True] * 30 + [False] * 10, [False] * 30 + [True] * 10)
    assert not result.is_exact
    assert result.p_value == pytest.approx(0.0026641, abs=1e-6)  # chi2 = (20 - 1)^2 / 40 = 9.025


def test_the_bootstrap_interval_holds_the_score_and_is_reproducible() -> None:
    gold = {str(n): "CID" if n % 2 else NO_RELATION for n in range(100)}
    predicted = {item: label if int(item) % 5 else NO_RELATION for item, label in gold.items()}
    interval = bootstrap_f1(gold, predicted, seed=3)
    assert interval.low < score_classification(gold, predicted, ["CID"]).micro.f1 < interval.high
    assert interval == bootstrap_f1(gold, predicted, seed=3)
