"""How members decide together: majority of thresholded votes, ties by mean probability (DARE eq. 3)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import entropy

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NEGATIVE_CLASS = 0


@dataclass(frozen=True, slots=True)
class Votes:
    """What an ensemble says about items.

    Shape:
        classes: (items,), the winning class; 0 is NO_RELATION.
        scores: (items,), mean probability of the winning class, in [0, 1].
        mean: (items, classes), mean probabilities.
        uncertainty: (items,), 1 - largest mean probability.
        disagreement: (items,), mutual information between members in nats, >= 0.
    """

    classes: Integers
    scores: Floats
    mean: Floats
    uncertainty: Floats
    disagreement: Floats


def probabilities(logits: Floats, *, temperature: float = 1.0) -> Floats:
    """Return softmax(logits / temperature) over the last axis."""
    result: Floats = softmax(logits / temperature, axis=-1)
    return result


def cast_votes(member_probabilities: Floats, *, threshold: float | None) -> Integers:
    """Return each member's vote for each item.

    A vote is the best positive class if its probability reaches the threshold, else NO_RELATION; without
    a threshold it is the best class of all.

    Shape:
        member_probabilities: (members, items, classes).
        returns: (members, items).
    """
    if threshold is None:
        return np.asarray(member_probabilities.argmax(-1), dtype=np.int64)
    positive = member_probabilities[..., 1:]  # (members, items, positive classes)
    return np.where(positive.max(-1) >= threshold, positive.argmax(-1) + 1, NEGATIVE_CLASS)


def vote(member_probabilities: Floats, *, threshold: float | None) -> Votes:
    """Let the majority of members decide; a tie goes to the class with the larger mean probability.

    Shape:
        member_probabilities: (members, items, classes).
    """
    num_classes = member_probabilities.shape[-1]
    votes = cast_votes(member_probabilities, threshold=threshold)  # (members, items)
    tally = np.stack([(votes == c).sum(0) for c in range(num_classes)], axis=-1)  # (items, classes)
    mean = member_probabilities.mean(0)  # (items, classes)
    is_leading = tally == tally.max(-1, keepdims=True)
    classes = np.where(is_leading, mean, -1.0).argmax(-1)  # (items,)
    # Members that agree perfectly leave rounding noise of either sign.
    disagreement = np.maximum(0.0, entropy(mean, axis=-1) - entropy(member_probabilities, axis=-1).mean(0))
    return Votes(
        classes=classes,
        scores=np.take_along_axis(mean, classes[:, None], axis=-1)[:, 0],
        mean=mean,
        uncertainty=1.0 - mean.max(-1),
        disagreement=disagreement,
    )
