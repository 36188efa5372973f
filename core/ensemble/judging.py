"""Judges of synthetic text: members trained on gold alone, none of which judges what its own gold inspired.

Gold is cut into as many folds as there are judges, by sentence. Judge k learns from all folds but k and k + 1,
so every fold has two judges that never saw it. A synthetic sentence belongs to the fold of the gold sentence
that it resembles most; only the two judges of that fold give it an opinion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from scipy.stats import entropy

from core.domain import NO_RELATION, Instance
from core.ensemble.voting import Floats

# Of a fold, how many judges have not seen it; two are the fewest that can disagree.
JUDGES_BY_FOLD = 2
MIN_JUDGES = 3


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the judges of a fold say of a sentence.

    Args:
        agreement: Mean probability of the intended label, in [0, 1].
        disagreement: Entropy of the mean minus mean entropy (mutual information), in nats, >= 0.
    """

    agreement: float
    disagreement: float


def draw_folds(texts: Sequence[str], *, num_folds: int, seed: int) -> dict[str, int]:
    """Deal distinct sentences into folds of nearly equal size.

    Returns:
        Sentence → fold, in [0, num_folds).
    """
    distinct = sorted(set(texts))
    Random(seed).shuffle(distinct)
    return {text: position % num_folds for position, text in enumerate(distinct)}


def unseen_folds(judge: int, *, num_judges: int) -> frozenset[int]:
    """Return the folds that a judge does not learn from."""
    return frozenset((judge + step) % num_judges for step in range(JUDGES_BY_FOLD))


def judges_of(fold: int, *, num_judges: int) -> list[int]:
    """Return the judges that have not seen a fold."""
    return [judge for judge in range(num_judges) if fold in unseen_folds(judge, num_judges=num_judges)]


def pick_seen(
    instances: Sequence[Instance], folds: Mapping[str, int], judge: int, *, num_judges: int
) -> tuple[Instance, ...]:
    """Return the instances of the folds that a judge may learn from."""
    hidden = unseen_folds(judge, num_judges=num_judges)
    return tuple(one for one in instances if folds[one.text] not in hidden)


def cap_labels(instances: Sequence[Instance], *, max_by_label: int, seed: int) -> tuple[Instance, ...]:
    """Draw at most so many instances of each label: a judge only ranks, and need not read every negative."""
    by_label: dict[str, list[Instance]] = {}
    for one in instances:
        by_label.setdefault(one.label or NO_RELATION, []).append(one)
    rng = Random(seed)
    drawn = (rng.sample(by_label[label], min(max_by_label, len(by_label[label]))) for label in sorted(by_label))
    return tuple(one for part in drawn for one in part)


def form_opinion(probabilities: Floats, *, label_index: int) -> Opinion:
    """Sum up what judges say of one sentence.

    Args:
        probabilities: (judges, classes), each row summing to 1.
        label_index: The intended label's class.
    """
    mean = probabilities.mean(0)  # (classes,)
    # Judges of one mind leave rounding noise of either sign.
    disagreement = max(0.0, float(entropy(mean) - np.mean(entropy(probabilities, axis=-1))))
    return Opinion(float(mean[label_index]), disagreement)
