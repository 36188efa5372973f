"""Judges: who may judge what, and how their word is summed up."""

import math

import numpy as np
import pytest

from core.domain import NO_RELATION
from core.ensemble.judging import cap_labels, draw_folds, form_opinion, judges_of, pick_seen, unseen_folds
from tests.builders import make_instance


@pytest.mark.parametrize("num_judges", [3, 4, 7])
def test_every_fold_has_two_judges_that_never_saw_it(num_judges: int) -> None:
    for fold in range(num_judges):
        judges = judges_of(fold, num_judges=num_judges)
        assert len(judges) == 2
        assert all(fold in unseen_folds(judge, num_judges=num_judges) for judge in judges)


def test_sentences_are_dealt_into_equal_folds_whatever_their_order() -> None:
    texts = [f"sentence {number}" for number in range(10)]
    folds = draw_folds(texts, num_folds=4, seed=1)
    assert sorted(list(folds.values()).count(fold) for fold in range(4)) == [2, 2, 3, 3]
    assert folds == draw_folds([*reversed(texts), texts[0]], num_folds=4, seed=1)
    assert folds != draw_folds(texts, num_folds=4, seed=2)


def test_a_judge_learns_nothing_of_the_folds_it_judges() -> None:
    instances = [make_instance(f"aspirin caused nausea {number} .", "aspirin", "nausea", "CID") for number in range(8)]
    folds = draw_folds([one.text for one in instances], num_folds=4, seed=0)
    for judge in range(4):
        seen = pick_seen(instances, folds, judge, num_judges=4)
        assert {folds[one.text] for one in seen} == set(range(4)) - unseen_folds(judge, num_judges=4)


def test_a_frequent_label_is_capped_and_a_rare_one_kept_whole() -> None:
    many = [make_instance(f"aspirin treated nausea {n} .", "aspirin", "nausea", NO_RELATION) for n in range(9)]
    few = [make_instance(f"aspirin caused nausea {n} .", "aspirin", "nausea", "CID") for n in range(3)]
    capped = cap_labels([*many, *few], max_by_label=4, seed=0)
    assert [one.label for one in capped].count("CID") == 3
    assert [one.label for one in capped].count(NO_RELATION) == 4
    assert capped == cap_labels([*many, *few], max_by_label=4, seed=0)


def test_agreement_is_the_mean_probability_and_disagreement_the_mutual_information() -> None:
    opinion = form_opinion(np.array([[0.9, 0.1], [0.1, 0.9]]), label_index=1)
    assert opinion.agreement == pytest.approx(0.5)
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert opinion.disagreement == pytest.approx(math.log(2) - entropy)
    same = form_opinion(np.array([[0.3, 0.7], [0.3, 0.7]]), label_index=1)
    assert (same.agreement, same.disagreement) == (pytest.approx(0.7), 0.0)
