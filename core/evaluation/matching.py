"""Which predicted items match which gold items, under a named criterion."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping

from core.domain import Mention, Relation
from core.evaluation.scores import Counts

RelationKey = Callable[[Relation], Hashable]


def strict_key(relation: Relation) -> Hashable:
    """Both spans, both types and the label must agree."""
    return (_typed(relation.head), _typed(relation.tail), relation.label)


def boundaries_key(relation: Relation) -> Hashable:
    """Both spans and the label must agree; types may differ."""
    return (relation.head.span, relation.tail.span, relation.label)


def end_token_key(relation: Relation) -> Hashable:
    """Ends and types of both mentions and the label must agree; starts may differ (Giorgi et al. 2019)."""
    head, tail = relation.head, relation.tail
    return ((head.span.end, head.entity_type), (tail.span.end, tail.entity_type), relation.label)


def _typed(mention: Mention) -> Hashable:
    return (mention.span, mention.entity_type)


def count_matches(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> Counts:
    """Count matches between two sets; a gold item that was never proposed is a miss."""
    gold_set, predicted_set = set(gold), set(predicted)
    tp = len(gold_set & predicted_set)
    return Counts(tp=tp, fp=len(predicted_set) - tp, fn=len(gold_set) - tp)


def count_by_label(
    gold: Mapping[Hashable, str], predicted: Mapping[Hashable, str], labels: Iterable[str]
) -> dict[str, Counts]:
    """Count matches of labelled items for each of `labels`.

    Args:
        gold: Item → its label; items without a positive label may be left out.
        predicted: Item → the label given to it.
        labels: The positive labels.
    """
    tp = Counter(label for item, label in gold.items() if predicted.get(item) == label)
    num_gold, num_predicted = Counter(gold.values()), Counter(predicted.values())
    return {
        label: Counts(tp=tp[label], fp=num_predicted[label] - tp[label], fn=num_gold[label] - tp[label])
        for label in labels
    }
