"""Temperature and threshold, both chosen on validation data only (DARE sec. 4.1; Guo et al. 2017)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_expit, log_softmax

from core.ensemble.voting import Bools, Floats, Integers, probabilities, vote
from core.evaluation.scores import Counts

THRESHOLD_GRID = tuple(round(0.05 * step, 2) for step in range(2, 20))
_MIN_POSITIVES = 50
_NUM_FOLDS = 5


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """A threshold in (0, 1), the micro-F1 it reached, and how it was found ("validation" or "cross-fit")."""

    threshold: float
    f1: float
    method: str


def fit_temperature(logits: Floats, gold: Bools, *, is_multilabel: bool = False) -> float:
    """Find the temperature, in [0.25, 8], that minimises the negative log-likelihood of the gold classes.

    Shape:
        logits: (items, classes).
        gold: (items, classes); True at every class that an item has.
    """
    if not len(gold):
        return 1.0

    def loss(log_temperature: float) -> float:
        return mean_loss(logits, gold, temperature=np.exp(log_temperature), is_multilabel=is_multilabel)

    found = minimize_scalar(loss, bounds=(np.log(0.25), np.log(8.0)), method="bounded")
    return float(np.exp(found.x))


def mean_loss(logits: Floats, gold: Bools, *, temperature: float, is_multilabel: bool = False) -> float:
    """Return the mean negative log-likelihood of the gold classes at a temperature.

    Shape:
        logits: (items, classes).
        gold: (items, classes); True at every class that an item has.
    """
    scaled = logits / temperature  # (items, classes)
    if is_multilabel:
        positive = np.where(gold[:, 1:], log_expit(scaled[:, 1:]), log_expit(-scaled[:, 1:]))  # (items, labels)
        return float(-positive.mean())
    return float(-log_softmax(scaled, axis=-1)[gold].mean())


def calibrate(member_logits: Floats, gold: Bools, *, is_multilabel: bool = False) -> Floats:
    """Return each member's temperature.

    Shape:
        member_logits: (members, items, classes).
        gold: (items, classes).
        returns: (members,).
    """
    return np.array([fit_temperature(logits, gold, is_multilabel=is_multilabel) for logits in member_logits])


def scaled_probabilities(member_logits: Floats, temperatures: Floats, *, is_multilabel: bool = False) -> Floats:
    """Return temperature-scaled probabilities, (members, items, classes)."""
    return np.stack(
        [
            probabilities(logits, temperature=float(t), is_multilabel=is_multilabel)
            for logits, t in zip(member_logits, temperatures, strict=True)
        ]
    )


def choose_threshold(
    member_probabilities: Floats, gold: Bools, *, is_multilabel: bool = False, num_missed: int = 0
) -> ThresholdChoice:
    """Choose the threshold with the best micro-F1 of the vote on validation data.

    With fewer than 50 positives one best grid point is luck; then the median of the best points of five
    leave-one-fold-out searches is taken.

    Args:
        member_probabilities: Scaled probabilities of each member.
        gold: Gold classes of the same items.
        is_multilabel: Whether labels are independent of each other.
        num_missed: Gold labels of validation relations that no member saw; they are misses at every threshold.

    Shape:
        member_probabilities: (members, items, classes).
        gold: (items, classes).
    """
    return pick_threshold(_count_by_threshold(member_probabilities, gold, is_multilabel), num_missed=num_missed)


def pick_threshold(counts: Mapping[float, Integers], *, num_missed: int = 0) -> ThresholdChoice:
    """Pick the threshold with the best micro-F1, as `choose_threshold` does.

    Args:
        counts: For each threshold that was tried, the right, wrong and missed labels of each item.
        num_missed: Gold labels that are misses at every threshold.

    Shape:
        counts: (items, 3) each.
    """
    rows = next(iter(counts.values()))  # (items, 3)
    everything = np.ones(len(rows), dtype=bool)
    if int((rows[:, 0] + rows[:, 2]).sum()) >= _MIN_POSITIVES:
        best = _best_threshold(counts, everything, num_missed)
        return ThresholdChoice(best, _add_up(counts[best], everything, num_missed).f1, "validation")
    folds = np.arange(len(rows)) % _NUM_FOLDS
    found = [_best_threshold(counts, folds != fold, num_missed) for fold in range(_NUM_FOLDS)]
    middle = sorted(found)[len(found) // 2]
    return ThresholdChoice(middle, _add_up(counts[middle], everything, num_missed).f1, "cross-fit")


def _count_by_threshold(member_probabilities: Floats, gold: Bools, is_multilabel: bool) -> dict[float, Integers]:
    """Return the right, wrong and missed labels of each item, (items, 3), at every grid point."""
    counts = {}
    for threshold in THRESHOLD_GRID:
        given = vote(member_probabilities, threshold=threshold, is_multilabel=is_multilabel).given[:, 1:]
        right = (given & gold[:, 1:]).sum(1)  # (items,)
        counts[threshold] = np.stack([right, given.sum(1) - right, gold[:, 1:].sum(1) - right], axis=1)
    return counts


def _best_threshold(counts: Mapping[float, Integers], chosen: Bools, num_missed: int) -> float:
    """Return the best grid point on the chosen items; of equal ones the nearest to 0.5."""
    return max(counts, key=lambda t: (_add_up(counts[t], chosen, num_missed).f1, -abs(t - 0.5)))


def _add_up(rows: Integers, chosen: Bools, num_missed: int) -> Counts:
    """Add the counts, (items, 3), of the chosen items."""
    right, wrong, missed = (int(number) for number in rows[chosen].sum(0))
    return Counts(right, wrong, missed + num_missed)


def threshold_curve(
    member_probabilities: Floats, gold: Bools, *, is_multilabel: bool = False, num_missed: int = 0
) -> list[dict[str, float]]:
    """Return precision, recall and F1 of the vote at every grid point, for a chart; see `choose_threshold`."""
    return draw_curve(_count_by_threshold(member_probabilities, gold, is_multilabel), num_missed=num_missed)


def draw_curve(counts: Mapping[float, Integers], *, num_missed: int = 0) -> list[dict[str, float]]:
    """Return precision, recall and F1 at every threshold of `counts`; see `pick_threshold`."""
    curve = []
    for threshold, rows in counts.items():
        total = _add_up(rows, np.ones(len(rows), dtype=bool), num_missed)
        curve.append({"threshold": threshold, "precision": total.precision, "recall": total.recall, "f1": total.f1})
    return curve
