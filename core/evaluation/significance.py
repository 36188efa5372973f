"""How sure a score or a difference is: percentile bootstrap and McNemar's test, both over items."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, chi2

from core.evaluation.labels import LabelSets, is_right

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_EXACT_BELOW = 25


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval: of a score, both ends in [0, 1]; of a difference of two scores, in [-1, 1]."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class McNemar:
    """Paired comparison of two systems on the same items.

    Args:
        only_first: Items that only the first system got right.
        only_second: Items that only the second system got right.
        p_value: Probability of a split at least as uneven if both were equally good, in [0, 1].
        is_exact: Whether the binomial was summed exactly (fewer than 25 discordant items).
    """

    only_first: int
    only_second: int
    p_value: float
    is_exact: bool


def bootstrap_f1(gold: LabelSets, predicted: LabelSets, *, seed: int = 0, num_samples: int = 1000) -> Interval:
    """Return the percentile interval of micro-F1 over positive labels, resampling items.

    Args:
        gold: Positive labels of every item.
        predicted: Positive labels of the items that were seen; the others count as NO_RELATION.
        seed: Seed of the resampling.
        num_samples: Resamples.
    """
    sums = _resample(_outcomes(gold, predicted), seed=seed, num_samples=num_samples)  # (samples, 3)
    return _middle(_f1(sums))


def bootstrap_difference(
    gold: LabelSets, first: LabelSets, second: LabelSets, *, seed: int = 0, num_samples: int = 1000
) -> Interval:
    """Return the percentile interval of micro-F1 of the second system minus that of the first.

    Paired: each resample draws items, and both systems are scored on the same ones.

    Args:
        gold: Positive labels of every item.
        first: What one system gave the items that it saw.
        second: What the other gave.
        seed: Seed of the resampling.
        num_samples: Resamples.

    Source:
        Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13 (percentile interval).
    """
    outcomes = np.hstack([_outcomes(gold, first), _outcomes(gold, second)])  # (items, 6)
    sums = _resample(outcomes, seed=seed, num_samples=num_samples)  # (samples, 6)
    return _middle(_f1(sums[:, 3:]) - _f1(sums[:, :3]))


def _outcomes(gold: LabelSets, predicted: LabelSets) -> Integers:
    """Return how many true positives, false positives and false negatives each item adds, (items, 3)."""
    pairs = [(set(labels), set(predicted.get(item, ()))) for item, labels in gold.items()]
    return np.array([(len(g & p), len(p - g), len(g - p)) for g, p in pairs], dtype=np.int64).reshape(-1, 3)


def _resample(outcomes: Integers, *, seed: int, num_samples: int) -> Integers:
    """Return the column sums of resamples of the rows, (samples, columns).

    Items of equal outcome are interchangeable, so what is drawn is how often each distinct outcome occurs.
    """
    if not len(outcomes):
        return np.zeros((num_samples, outcomes.shape[1]), dtype=np.int64)
    rows, counts = np.unique(outcomes, axis=0, return_counts=True)  # (distinct, columns), (distinct,)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(outcomes), counts / len(outcomes), size=num_samples)  # (samples, distinct)
    sums: Integers = drawn @ rows  # (samples, columns)
    return sums


def _f1(sums: Integers) -> Floats:
    """Return F1 of each row of (true positives, false positives, false negatives), (samples,); 0 where nothing is."""
    hits = 2.0 * sums[:, 0]  # (samples,)
    denominator = hits + sums[:, 1] + sums[:, 2]  # (samples,)
    scores: Floats = np.divide(hits, denominator, out=np.zeros(len(sums)), where=denominator > 0)  # (samples,)
    return scores


def _middle(values: Floats) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))


def compare_items(gold: LabelSets, first: LabelSets, second: LabelSets) -> McNemar:
    """Test whether two systems differ on the gold items; right means exactly the item's labels."""
    return compare_mcnemar(is_right(gold, first), is_right(gold, second))


def compare_mcnemar(is_first_right: Sequence[bool], is_second_right: Sequence[bool]) -> McNemar:
    """Test whether two systems differ on the same items (all of them, NO_RELATION too).

    The binomial is exact below 25 discordant items; above, chi-square with continuity correction.
    """
    only_first = sum(a and not b for a, b in zip(is_first_right, is_second_right, strict=True))
    only_second = sum(b and not a for a, b in zip(is_first_right, is_second_right, strict=True))
    discordant = only_first + only_second
    if discordant < _EXACT_BELOW:
        p_value = float(binomtest(only_first, discordant).pvalue) if discordant else 1.0
        return McNemar(only_first, only_second, p_value, True)
    statistic = (abs(only_first - only_second) - 1) ** 2 / discordant
    return McNemar(only_first, only_second, float(chi2.sf(statistic, df=1)), False)
