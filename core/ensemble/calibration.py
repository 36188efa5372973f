"""Temperature and threshold, both chosen on validation data only (DARE sec. 4.1; Guo et al. 2017)."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_expit, log_softmax

from core.ensemble.voting import Bools, Floats, probabilities, vote
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
    by_threshold = {
        t: vote(member_probabilities, threshold=t, is_multilabel=is_multilabel).given for t in THRESHOLD_GRID
    }
    everything = np.ones(len(gold), dtype=bool)
    if int(gold[:, 1:].sum()) >= _MIN_POSITIVES:
        best = _best_threshold(by_threshold, gold, everything, num_missed)
        return ThresholdChoice(best, _count(by_threshold[best], gold, everything, num_missed).f1, "validation")
    folds = np.arange(len(gold)) % _NUM_FOLDS
    found = [_best_threshold(by_threshold, gold, folds != fold, num_missed) for fold in range(_NUM_FOLDS)]
    middle = sorted(found)[len(found) // 2]
    return ThresholdChoice(middle, _count(by_threshold[middle], gold, everything, num_missed).f1, "cross-fit")


def _best_threshold(by_threshold: dict[float, Bools], gold: Bools, chosen: Bools, num_missed: int) -> float:
    """Return the best grid point on the chosen items; of equal ones the nearest to 0.5."""
    return max(by_threshold, key=lambda t: (_count(by_threshold[t], gold, chosen, num_missed).f1, -abs(t - 0.5)))


def _count(given: Bools, gold: Bools, chosen: Bools, num_missed: int) -> Counts:
    """Count matches over the positive classes of the chosen items; given and gold are (items, classes)."""
    given, gold = given[chosen, 1:], gold[chosen, 1:]
    tp = int((given & gold).sum())
    return Counts(tp, int(given.sum()) - tp, int(gold.sum()) - tp + num_missed)


def threshold_curve(
    member_probabilities: Floats, gold: Bools, *, is_multilabel: bool = False, num_missed: int = 0
) -> list[dict[str, float]]:
    """Return precision, recall and F1 of the vote at every grid point, for a chart; see `choose_threshold`."""
    everything = np.ones(len(gold), dtype=bool)
    rows = []
    for threshold in THRESHOLD_GRID:
        given = vote(member_probabilities, threshold=threshold, is_multilabel=is_multilabel).given
        counts = _count(given, gold, everything, num_missed)
        rows.append({"threshold": threshold, "precision": counts.precision, "recall": counts.recall, "f1": counts.f1})
    return rows
