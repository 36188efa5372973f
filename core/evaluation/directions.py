"""Protocols that see one item where a classifier sees two: the unordered pair, its label and its direction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.domain import Instance, Mention
from core.errors import ModelError
from core.evaluation.labels import LabelSets
from core.evaluation.matching import count_matches
from core.evaluation.protocols import PROTOCOLS
from core.evaluation.scores import Counts, Scores

LabelScores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, order=True)
class DirectedLabel:
    """A label and whether its head is the mention that stands second in the text: SemEval's (e2,e1)."""

    label: str
    is_reversed: bool = False


# Pair id → its directed labels, best first; without any, the pair is Other.
DirectedLabels = Mapping[str, Sequence[DirectedLabel]]


def join_directions(
    instances: Sequence[Instance], labels: LabelSets, scores: LabelScores | None = None
) -> dict[str, tuple[DirectedLabel, ...]]:
    """Join the two orders of each pair of mentions to one item.

    A system that labels both orders contradicts itself; its labels are put in order of their scores, and
    equal ones in the order of the instances, so that a protocol that allows one label takes the first.

    Args:
        instances: Both orders of a pair, or the only order that the schema allows; in sentence order.
        labels: Instance id → positive labels, gold or predicted.
        scores: Instance id → label → its score; what is absent counts as 0.

    Returns:
        Id of the pair's first instance → directed labels; every pair is listed.
    """
    rows: dict[str, list[tuple[float, DirectedLabel]]] = {}
    for instance, pair_id in zip(instances, _pair_ids(instances), strict=True):
        is_reversed = instance.tail.span < instance.head.span
        by_label = (scores or {}).get(instance.id, {})
        rows.setdefault(pair_id, []).extend(
            (by_label.get(label, 0.0), DirectedLabel(label, is_reversed))
            for label in sorted(labels.get(instance.id, ()))
        )
    return {
        pair_id: tuple(directed for _, directed in sorted(found, key=lambda row: -row[0]))
        for pair_id, found in rows.items()
    }


def _pair_ids(instances: Iterable[Instance]) -> list[str]:
    """Return each instance's pair id; each instance is the reverse of at most one other."""
    waiting: dict[tuple[str, Mention, Mention], str] = {}
    pair_ids: list[str] = []
    for one in instances:
        # Taken out when met: the same sentence may stand in another document, with pairs of its own.
        pair_id = waiting.pop((one.text, one.tail, one.head), None)
        if pair_id is None:
            pair_id = waiting[one.text, one.head, one.tail] = one.id
        pair_ids.append(pair_id)
    return pair_ids


def score_semeval_official(gold: DirectedLabels, predicted: DirectedLabels) -> Scores:
    """Score as SemEval-2010 Task 8 does: macro-F1 of the relations, taking direction into account.

    A relation is right if label and direction are. One in the wrong direction is a false positive and a
    miss of its relation. Other takes part in confusions but has no row, and a pair that was not seen is
    Other. The mean is over the relations that gold has; a predicted relation that gold never has makes
    its pair a miss and nothing else.

    Args:
        gold: At most one directed label for each pair; none is Other.
        predicted: Directed labels of the pairs that were seen; the first counts.

    Raises:
        ModelError: A gold pair has several labels.

    Source:
        Hendrickx et al. 2010, SemEval-2010 Task 8; rules of its scorer, version 1.2, evaluation
        "(9+1)-way, taking directionality into account".
    """
    crowded = [item for item, found in gold.items() if len(found) > 1]
    if crowded:
        raise ModelError(
            f"Protocol 'semeval-official' allows one label a pair; {crowded[0]} has {len(gold[crowded[0]])}. "
            "Use the protocol 'classification'."
        )
    relations = sorted({directed.label for found in gold.values() for directed in found})
    chosen = {item: found[:1] for item, found in predicted.items()}
    by_label = {label: _count_label(gold, chosen, label) for label in relations}
    return Scores(PROTOCOLS["semeval-official"], by_label, average="macro")


def score_redn_paper(gold: DirectedLabels, predicted: DirectedLabels, labels: Sequence[str]) -> Scores:
    """Score as REDN's authors do: micro-F1 over the pairs that have a gold relation.

    Pairs without one (SemEval's Other) are dropped, so what is predicted for them is never counted: the
    score is not comparable with the official one, nor with `classification`.

    Args:
        gold: Directed labels of every pair.
        predicted: Directed labels of the pairs that were seen; several are allowed.
        labels: The positive labels to score.

    Source:
        Li & Tian 2020, arXiv:2004.03786, table 3; the dropped pairs only show in the authors' code.
    """
    kept = {item: found for item, found in gold.items() if found}
    seen = {item: found for item, found in predicted.items() if item in kept}
    return Scores(PROTOCOLS["redn-paper"], {label: _count_label(kept, seen, label) for label in labels})


def _count_label(gold: DirectedLabels, predicted: DirectedLabels, label: str) -> Counts:
    return count_matches(
        ((item, one) for item, found in gold.items() for one in found if one.label == label),
        ((item, one) for item, found in predicted.items() for one in found if one.label == label),
    )
