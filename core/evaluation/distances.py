"""Scores by how many words stand between the two mentions: syntax is said to help those that are far apart."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from core.domain import Instance
from core.evaluation.labels import LabelSets
from core.evaluation.protocols import CLASSIFICATION
from core.evaluation.scores import Scores
from core.evaluation.situations import score_part

# Most words between the mentions in each group but the last, which is open.
DEFAULT_LIMITS = (5, 10, 20)


def count_words_between(instance: Instance) -> int:
    """Count the words, cut at white space, between two mentions; 0 where they touch or overlap."""
    first, second = sorted((instance.head.span, instance.tail.span))
    return len(instance.text[first.end : second.start].split())


def score_by_distance(
    instances: Sequence[Instance],
    gold: LabelSets,
    predicted: LabelSets,
    labels: Sequence[str],
    *,
    limits: Sequence[int] = DEFAULT_LIMITS,
    protocol: str = CLASSIFICATION,
) -> dict[str, Scores]:
    """Score the instances of each group of distances.

    Args:
        instances: Every candidate pair.
        gold: Instance id → positive labels.
        predicted: Instance id → positive labels, of those that the system saw.
        labels: The positive labels to score.
        limits: Most words of each group but the last, rising, >= 0.
        protocol: The protocol that the groups are parts of.

    Returns:
        "0-5", "6-10", … "21+" → scores, near ones first, of the groups that occur.
    """
    starts = [0, *(limit + 1 for limit in limits)]
    names = [f"{start}-{limit}" for start, limit in zip(starts, limits, strict=False)] + [f"{starts[-1]}+"]
    ids_by_group: dict[str, set[str]] = defaultdict(set)
    for instance in instances:
        ids_by_group[names[bisect_left(limits, count_words_between(instance))]].add(instance.id)
    return {
        name: score_part(ids_by_group[name], gold, predicted, labels, f"{protocol}; words between mentions: {name}")
        for name in names
        if name in ids_by_group
    }
