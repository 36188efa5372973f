"""How sure a score or a difference is: percentile bootstrap and McNemar's test, both over items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, chi2

from core.domain import NO_RELATION

_EXACT_BELOW = 25


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval, both ends in [0, 1]."""

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


def bootstrap_f1(
    gold: Mapping[str, str], predicted: Mapping[str, str], *, seed: int = 0, num_samples: int = 1000
) -> Interval:
    """Return the percentile interval of micro-F1 over positive labels, resampling items.

    Args:
        gold: Label of every item, NO_RELATION too.
        predicted: Label given to the items that were seen; the others count as NO_RELATION.
        seed: Seed of the resampling.
        num_samples: Resamples.
    """
    tp, fp, fn = _outcomes(gold, predicted)  # (items,) each
    if not len(tp):
        return Interval(0.0, 0.0)
    picks = np.random.default_rng(seed).integers(0, len(tp), size=(num_samples, len(tp)))  # (samples, items)
    hits = tp[picks].sum(1)
    denominator = 2 * hits + fp[picks].sum(1) + fn[picks].sum(1)
    f1 = np.divide(2 * hits, denominator, out=np.zeros(num_samples), where=denominator > 0)  # (samples,)
    low, high = np.percentile(f1, [2.5, 97.5])
    return Interval(float(low), float(high))


def _outcomes(gold: Mapping[str, str], predicted: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for each item, whether it adds a true positive, a false positive, a false negative."""
    pairs = [(label, predicted.get(item, NO_RELATION)) for item, label in gold.items()]
    tp = [g == p != NO_RELATION for g, p in pairs]
    fp = [p not in (NO_RELATION, g) for g, p in pairs]
    fn = [g not in (NO_RELATION, p) for g, p in pairs]
    return np.array(tp, dtype=int), np.array(fp, dtype=int), np.array(fn, dtype=int)


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
