"""Labels of items, as every classification protocol reads them: item id → its positive labels."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from core.domain import NO_RELATION

# An empty collection is NO_RELATION; an item that a system never saw is absent from what it predicted.
LabelSets = Mapping[str, Collection[str]]


def label_sets(labels: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Turn single labels into sets of positive labels; NO_RELATION becomes the empty set."""
    return {item: frozenset({label}) - {NO_RELATION} for item, label in labels.items()}


def is_right(gold: LabelSets, predicted: LabelSets) -> list[bool]:
    """Tell for every gold item, in order, whether a system gave it exactly its labels."""
    return [set(labels) == set(predicted.get(item, ())) for item, labels in gold.items()]


def confusion(gold: LabelSets, predicted: LabelSets) -> list[dict[str, Any]]:
    """Count items by (gold label, predicted label); an item that was never seen is NO_RELATION.

    An item with at most one label on either side is one cell. Where there are more, equal labels are paired
    off and every label left over stands against NO_RELATION, so such an item fills several cells.

    Returns:
        Rows with "gold", "predicted" and "count", sorted, without empty cells.
    """
    counts = Counter(cell for item, labels in gold.items() for cell in _cells(set(labels), predicted.get(item, ())))
    return [{"gold": g, "predicted": p, "count": count} for (g, p), count in sorted(counts.items())]


def _cells(gold: set[str], predicted: Collection[str]) -> Iterator[tuple[str, str]]:
    given = set(predicted)
    if len(gold) <= 1 and len(given) <= 1:
        yield next(iter(gold), NO_RELATION), next(iter(given), NO_RELATION)
        return
    yield from ((label, label) for label in gold & given)
    yield from ((label, NO_RELATION) for label in gold - given)
    yield from ((NO_RELATION, label) for label in given - gold)
