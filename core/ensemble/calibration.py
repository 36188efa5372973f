"""Temperature and threshold, both chosen on validation data only (DARE sec. 4.1; Guo et al. 2017)."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from core.ensemble.voting import Floats, Integers, probabilities, vote
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


def fit_temperature(logits: Floats, gold: Integers) -> float:
    """Find the temperature, in [0.25, 8], that minimises the negative log-likelihood of the gold classes.

    Shape:
        logits: (items, classes).
        gold: (items,).
    """
    if not len(gold):
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=-1)
        return float(-scaled[np.arange(len(gold)), gold].mean())

    found = minimize_scalar(loss, bounds=(np.log(0.25), np.log(8.0)), method="bounded")
    return float(np.exp(found.x))


def calibrate(member_logits: Floats, gold: Integers) -> Floats:
    """Return each member's temperature.

    Shape:
        member_logits: (members, items, classes).
        returns: (members,).
    """
    return np.array([fit_temperature(logits, gold) for logits in member_logits])


def scaled_probabilities(member_logits: Floats, temperatures: Floats) -> Floats:
    """Return temperature-scaled probabilities, (members, items, classes)."""
    return np.stack(
        [probabilities(logits, temperature=float(t)) for logits, t in zip(member_logits, temperatures, strict=True)]
    )


def choose_threshold(member_probabilities: Floats, gold: Integers) -> ThresholdChoice:
    """Choose the threshold with the best micro-F1 of the vote on validation data.

    With fewer than 50 positives one best grid point is luck; then the median of the best points of five
    leave-one-fold-out searches is taken.

    Shape:
        member_probabilities: (members, items, classes).
        gold: (items,).
    """
    by_threshold = {t: vote(member_probabilities, threshold=t).classes for t in THRESHOLD_GRID}
    everything = np.ones(len(gold), dtype=bool)
    if int((gold != 0).sum()) >= _MIN_POSITIVES:
        best = _best_threshold(by_threshold, gold, everything)
        return ThresholdChoice(best, _f1(by_threshold[best], gold, everything), "validation")
    folds = np.arange(len(gold)) % _NUM_FOLDS
    found = [_best_threshold(by_threshold, gold, folds != fold) for fold in range(_NUM_FOLDS)]
    middle = sorted(found)[len(found) // 2]
    return ThresholdChoice(middle, _f1(by_threshold[middle], gold, everything), "cross-fit")


def _best_threshold(by_threshold: dict[float, Integers], gold: Integers, chosen: np.ndarray) -> float:
    """Return the best grid point on the chosen items; of equal ones the nearest to 0.5."""
    return max(by_threshold, key=lambda t: (_f1(by_threshold[t], gold, chosen), -abs(t - 0.5)))


def _f1(predicted: Integers, gold: Integers, chosen: np.ndarray) -> float:
    """Micro-F1 over positive classes of the chosen items."""
    predicted, gold = predicted[chosen], gold[chosen]
    tp = int(((predicted == gold) & (gold != 0)).sum())
    fp = int((predicted != 0).sum()) - tp
    return Counts(tp, fp, int((gold != 0).sum()) - tp).f1


def threshold_curve(member_probabilities: Floats, gold: Integers) -> list[dict[str, float]]:
    """Return precision, recall and F1 of the vote at every grid point, for a chart."""
    rows = []
    for threshold in THRESHOLD_GRID:
        predicted = vote(member_probabilities, threshold=threshold).classes
        tp = int(((predicted == gold) & (gold != 0)).sum())
        counts = Counts(tp, int((predicted != 0).sum()) - tp, int((gold != 0).sum()) - tp)
        rows.append({"threshold": threshold, "precision": counts.precision, "recall": counts.recall, "f1": counts.f1})
    return rows
