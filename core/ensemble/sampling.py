"""What each member learns from: DARE's Algorithm 1, and the samples of the baselines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

from core.domain import NO_RELATION, Instance

_LEAST_INSTANCES = 2


def sample_synthetic(
    synthetic: Sequence[Instance], *, num_gold: Mapping[str, int], ratio: float, rng: Random
) -> tuple[list[Instance], dict[str, int]]:
    """Draw one member's synthetic instances without replacement, label by label.

    `|D_synth,i,c| = ratio * |D_c|` for every label c; where fewer exist all are taken.

    Args:
        synthetic: The pool.
        num_gold: Gold training instances of each label.
        ratio: Synthetic instances for each gold one, >= 0 (the paper's r = 1.0).
        rng: Source of the draw; its own for each member.

    Returns:
        The sample, and for each label how many were missing.

    Source:
        Papanikolaou & Pierleoni 2020, arXiv:2004.13845, sec. 3.2, Algorithm 1. Deviation: the shortfall
        is recorded; the paper always has enough.
    """
    chosen: list[Instance] = []
    missing = {}
    for label in sorted(num_gold):
        pool = [instance for instance in synthetic if instance.label == label]
        wanted = round(ratio * num_gold[label])
        chosen += rng.sample(pool, min(wanted, len(pool)))
        if len(pool) < wanted:
            missing[label] = wanted - len(pool)
    return chosen, missing


def balanced_bag(instances: Sequence[Instance], *, rng: Random) -> list[Instance]:
    """Return all positives and an equal number of sampled negatives (Hido et al. 2009, as DARE uses it)."""
    positives = [instance for instance in instances if instance.label != NO_RELATION]
    negatives = [instance for instance in instances if instance.label == NO_RELATION]
    return positives + rng.sample(negatives, min(len(positives), len(negatives)))


def leave_out_rare(instances: Sequence[Instance]) -> tuple[list[Instance], dict[str, int]]:
    """Leave out the instances of labels that have only one: nothing general can be learnt from it.

    Calling them unrelated would teach the opposite of the truth, so they take no part at all.

    Returns:
        What is kept, and for each label left out its number of instances.
    """
    counts = Counter(label for instance in instances for label in instance.positive_labels)
    too_rare = {label: count for label, count in counts.items() if count < _LEAST_INSTANCES}
    return [one for one in instances if not one.positive_labels & too_rare.keys()], too_rare


def class_weights(num_gold: Mapping[str, int]) -> dict[str, float]:
    """Weigh each class by `freq_min / freq_c` (DARE eq. 4); classes without gold are left out."""
    present = {label: count for label, count in num_gold.items() if count > 0}
    smallest = min(present.values(), default=0)
    return {label: smallest / count for label, count in present.items()}
