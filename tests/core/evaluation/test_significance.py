"""Significance against hand-computed numbers and explicit resampling."""

import numpy as np
import pytest

from core.evaluation.labels import label_sets
from core.evaluation.protocols import score_classification
from core.evaluation.significance import (
    Interval,
    bootstrap_difference,
    bootstrap_f1,
    compare_items,
    compare_mcnemar,
)

GOLD = label_sets({str(n): "CID" if n % 2 else "NO_RELATION" for n in range(100)})
# Of every five items the first gets nothing (10 misses), and of every seven the second (7 misses).
FIRST = {item: labels if int(item) % 5 else frozenset[str]() for item, labels in GOLD.items()}
SECOND = {item: labels if int(item) % 7 else frozenset[str]() for item, labels in GOLD.items()}


def test_mcnemar_is_exact_below_25_discordant_items() -> None:
    first = [True] * 9 + [False] + [True] * 30
    second = [False] * 9 + [True] + [True] * 30
    result = compare_mcnemar(first, second)
    assert (result.only_first, result.only_second, result.is_exact) == (9, 1, True)
    assert result.p_value == pytest.approx(22 / 1024)  # 2 (C(10,0) + C(10,1)) / 2^10


def test_mcnemar_is_still_exact_at_24_and_no_more_at_25() -> None:
    assert compare_mcnemar([True] * 24, [False] * 24).p_value == pytest.approx(2 / 2**24)
    result = compare_mcnemar([True] * 25, [False] * 25)
    assert not result.is_exact
    assert result.p_value == pytest.approx(1.587e-6, rel=1e-3)  # chi2 = (25 - 1)^2 / 25 = 23.04


def test_mcnemar_uses_chi_square_with_continuity_correction_above() -> None:
    result = compare_mcnemar([True] * 30 + [False] * 10, [False] * 30 + [True] * 10)
    assert not result.is_exact
    assert result.p_value == pytest.approx(0.0026641, abs=1e-6)  # chi2 = (20 - 1)^2 / 40 = 9.025


def test_systems_that_never_differ_have_no_evidence_against_them() -> None:
    assert compare_items(GOLD, FIRST, FIRST).p_value == 1.0


def test_unrelated_items_take_part_in_mcnemar() -> None:
    gold = label_sets({"a": "CID", "b": "NO_RELATION", "c": "NO_RELATION"})
    found = compare_items(gold, label_sets({"a": "CID", "b": "CID"}), label_sets({"c": "NO_RELATION"}))
    assert (found.only_first, found.only_second) == (1, 1)  # a is right only first, b only second, c both


def test_the_interval_holds_the_score_and_is_reproducible() -> None:
    interval = bootstrap_f1(GOLD, FIRST, seed=3)
    assert interval.low < score_classification(GOLD, FIRST, ["CID"]).micro.f1 < interval.high
    assert interval == bootstrap_f1(GOLD, FIRST, seed=3)
    assert interval != bootstrap_f1(GOLD, FIRST, seed=4)


def test_the_interval_is_that_of_drawing_items_one_by_one() -> None:
    # tp 40, fn 10 of 50 positives: F1 of a resample is 2 tp / (2 tp + fn).
    outcomes = np.array([(1, 0)] * 40 + [(0, 1)] * 10 + [(0, 0)] * 50)  # (items, 2)
    picks = np.random.default_rng(0).integers(0, 100, size=(4000, 100))  # (samples, items)
    tp, fn = outcomes[picks].sum(1).T  # (samples,) each
    low, high = np.percentile(2 * tp / (2 * tp + fn), [2.5, 97.5])
    interval = bootstrap_f1(GOLD, FIRST, num_samples=4000)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))


def test_the_difference_is_paired() -> None:
    assert bootstrap_difference(GOLD, FIRST, FIRST) == Interval(0.0, 0.0)
    both = bootstrap_difference(GOLD, FIRST, SECOND, seed=1)
    # F1 is 80/90 = 0.889 against 86/93 = 0.925.
    assert -1 <= both.low < 86 / 93 - 80 / 90 < both.high <= 1
    assert both == bootstrap_difference(GOLD, FIRST, SECOND, seed=1)
    swapped = bootstrap_difference(GOLD, SECOND, FIRST, seed=1)
    assert (swapped.low + both.high, swapped.high + both.low) == (pytest.approx(0, abs=0.02),) * 2


def test_a_system_that_is_right_everywhere_beats_one_that_never_is() -> None:
    gold = label_sets(dict.fromkeys("abc", "CID"))
    assert bootstrap_difference(gold, {}, gold) == Interval(1.0, 1.0)


def test_nothing_to_score_has_no_spread() -> None:
    assert bootstrap_f1({}, {}) == bootstrap_difference({}, {}, {}) == Interval(0.0, 0.0)
