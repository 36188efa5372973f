"""How members decide together: majority of thresholded votes, ties by mean probability (DARE eq. 3)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from scipy.stats import entropy

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEGATIVE_CLASS = 0
_MULTILABEL_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Votes:
    """What an ensemble says about items.

    Shape:
        classes: (items,), the winning class; 0 is NO_RELATION.
        given: (items, classes), every class given to an item; exactly one unless pairs may carry several.
        scores: (items,), mean probability of the winning class, in [0, 1].
        mean: (items, classes), mean probabilities.
        uncertainty: (items,), 1 - largest mean probability.
        disagreement: (items,), mutual information between members in nats, >= 0.
    """

    classes: Integers
    given: Bools
    scores: Floats
    mean: Floats
    uncertainty: Floats
    disagreement: Floats


def probabilities(logits: Floats, *, temperature: float = 1.0, is_multilabel: bool = False) -> Floats:
    """Return the probability of each class.

    Args:
        logits: (…, classes).
        temperature: Divides the logits, > 0.
        is_multilabel: Whether labels are independent of each other (a sigmoid for each); then class 0 gets
            what the likeliest label leaves.
    """
    if not is_multilabel:
        result: Floats = softmax(logits / temperature, axis=-1)
        return result
    positive = expit(logits[..., 1:] / temperature)  # (…, labels)
    return np.concatenate([1.0 - positive.max(-1, keepdims=True), positive], axis=-1)  # (…, classes)


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


def vote(member_probabilities: Floats, *, threshold: float | None, is_multilabel: bool = False) -> Votes:
    """Let the majority of members decide; a tie goes to the class with the larger mean probability.

    Shape:
        member_probabilities: (members, items, classes).
    """
    mean = member_probabilities.mean(0)  # (items, classes)
    if is_multilabel:
        given = _vote_by_label(member_probabilities, threshold or _MULTILABEL_THRESHOLD)  # (items, classes)
        classes = np.where(given, mean, -1.0).argmax(-1)  # (items,)
    else:
        classes = _vote_by_item(member_probabilities, threshold)  # (items,)
        given = np.eye(mean.shape[-1], dtype=bool)[classes]  # (items, classes)
    # Normalised for the entropies, because independent labels do not sum to 1.
    shares = member_probabilities / member_probabilities.sum(-1, keepdims=True)  # (members, items, classes)
    # Members that agree perfectly leave rounding noise of either sign.
    disagreement = np.maximum(0.0, entropy(shares.mean(0), axis=-1) - entropy(shares, axis=-1).mean(0))  # (items,)
    return Votes(
        classes=classes,
        given=given,
        scores=np.take_along_axis(mean, classes[:, None], axis=-1)[:, 0],
        mean=mean,
        uncertainty=1.0 - mean.max(-1),
        disagreement=disagreement,
    )


def _vote_by_item(member_probabilities: Floats, threshold: float | None) -> Integers:
    """One class an item, (items,)."""
    votes = cast_votes(member_probabilities, threshold=threshold)  # (members, items)
    num_classes = member_probabilities.shape[-1]
    tally = np.stack([(votes == c).sum(0) for c in range(num_classes)], axis=-1)  # (items, classes)
    is_leading = tally == tally.max(-1, keepdims=True)
    return np.asarray(np.where(is_leading, member_probabilities.mean(0), -1.0).argmax(-1), dtype=np.int64)


def _vote_by_label(member_probabilities: Floats, threshold: float) -> Bools:
    """Every label that most members give, (items, classes); class 0 where there is none."""
    num_members = len(member_probabilities)
    positive = member_probabilities[..., 1:]  # (members, items, labels)
    tally = (positive >= threshold).sum(0)  # (items, labels)
    is_tie = 2 * tally == num_members
    given = (2 * tally > num_members) | (is_tie & (positive.mean(0) >= threshold))  # (items, labels)
    return np.concatenate([~given.any(-1, keepdims=True), given], axis=-1)
