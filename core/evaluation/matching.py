"""Which predicted items match which gold items, under a named criterion."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable

from core.domain import Mention, Relation
from core.evaluation.labels import LabelSets
from core.evaluation.scores import Counts

RelationKey = Callable[[Relation], Hashable]


def strict_key(relation: Relation) -> Hashable:
    """Both spans, both types and the label must agree."""
    return (_typed(relation.head), _typed(relation.tail), relation.label)


def boundaries_key(relation: Relation) -> Hashable:
    """Both spans and the label must agree; types may differ."""
    return (relation.head.span, relation.tail.span, relation.label)


def end_token_key(relation: Relation) -> Hashable:
    """Ends and types of both mentions and the label must agree; starts may differ.

    The released code of Giorgi et al. 2019 compares relations by the tags of the mentions' last tokens; their
    paper does not say.
    """
    head, tail = relation.head, relation.tail
    return ((head.span.end, head.entity_type), (tail.span.end, tail.entity_type), relation.label)


def _typed(mention: Mention) -> Hashable:
    return (mention.span, mention.entity_type)


def count_matches(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> Counts:
    """Count matches between two sets; a gold item that was never proposed is a miss."""
    gold_set, predicted_set = set(gold), set(predicted)
    tp = len(gold_set & predicted_set)
    return Counts(tp=tp, fp=len(predicted_set) - tp, fn=len(gold_set) - tp)


def count_by_label(gold: LabelSets, predicted: LabelSets, labels: Iterable[str]) -> dict[str, Counts]:
    """Count matches of labelled items for each of `labels`.

    Args:
        gold: Item → its positive labels.
        predicted: Item → the labels given to it; a label of an item that gold does not list is false.
        labels: The positive labels to count; others on either side are left out.
    """
    tp = Counter(label for item, names in gold.items() for label in set(names) & set(predicted.get(item, ())))
    num_gold, num_predicted = _count_labels(gold), _count_labels(predicted)
    return {
        label: Counts(tp=tp[label], fp=num_predicted[label] - tp[label], fn=num_gold[label] - tp[label])
        for label in labels
    }


def _count_labels(items: LabelSets) -> Counter[str]:
    return Counter(label for names in items.values() for label in set(names))
