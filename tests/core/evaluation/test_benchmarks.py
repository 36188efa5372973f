"""Corpus protocols count their own labels and nothing else."""

import pytest

from core.errors import ModelError
from core.evaluation.benchmarks import score_benchmark
from core.evaluation.labels import label_sets

CPR = [f"CPR:{number}" for number in range(1, 11)]


def test_chemprot_scores_five_groups_whatever_else_the_schema_has() -> None:
    gold = label_sets({"a": "CPR:3", "b": "CPR:2", "c": "CPR:9", "d": "CPR:10", "e": "NO_RELATION"})
    predicted = label_sets({"a": "CPR:3", "b": "CPR:4", "c": "CPR:2", "d": "CPR:10", "e": "CPR:1"})
    # a is right; b is unrelated for this protocol, so CPR:4 is false; c is missed; d and e do not count.
    scores = score_benchmark(gold, predicted, CPR, protocol="chemprot")
    assert list(scores.by_label) == ["CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9"]
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 1, 1)
    assert "CPR:3, CPR:4, CPR:5, CPR:6, CPR:9" in scores.protocol


def test_ddi_scores_four_types_in_any_case() -> None:
    gold = label_sets({"a": "EFFECT", "b": "INT", "c": "MECHANISM", "d": "NO_RELATION", "filtered": "ADVISE"})
    predicted = label_sets({"a": "EFFECT", "b": "EFFECT", "c": "MECHANISM", "d": "NO_RELATION"})
    scores = score_benchmark(gold, predicted, ["ADVISE", "EFFECT", "MECHANISM", "INT"], protocol="ddi2013")
    # tp a, c; fp b as EFFECT; fn b as INT and the filtered one: P 2/3, R 2/4, F1 4/7.
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (2, 1, 2)
    assert scores.f1 == scores.micro.f1 == pytest.approx(4 / 7)


def test_a_schema_without_the_labels_is_refused_with_the_missing_ones() -> None:
    with pytest.raises(ModelError, match="this schema has no mechanism, int. Use the protocol 'classification'"):
        score_benchmark({}, {}, ["ADVISE", "EFFECT"], protocol="ddi2013")
