"""Scores by how crowded a sentence is: overlapping relations (Normal, EPO, SEO) and how many there are."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

from core.domain import Instance
from core.evaluation.labels import LabelSets
from core.evaluation.protocols import CLASSIFICATION, score_classification
from core.evaluation.scores import Scores

NORMAL, EPO, SEO = "Normal", "EPO", "SEO"
SINGLE, DOUBLE, MULTIPLE = "Single", "Double", "Multiple"
UNRELATED = "No relation"
SITUATIONS = (NORMAL, EPO, SEO, SINGLE, DOUBLE, MULTIPLE, UNRELATED)


def situations_of(pairs: Sequence[tuple[Hashable, Hashable]]) -> frozenset[str]:
    """Return the situations of a sentence from the (head, tail) of each of its relations.

    EPO, entity pair overlap: two relations join the same two entities. SEO, single entity overlap: two
    relations share exactly one entity. A sentence may be both; it is Normal if it is neither. A pair has no
    order here: A to B and B to A overlap in their pair. The paper does not say; only so does NYT have more
    EPO than SEO sentences, as in its table 2, while CopyRE's code counts the reverse as SEO. A sentence
    without relations is of a situation of its own, where only false positives can be.

    Source:
        Li & Tian 2020, arXiv:2004.03786, sec. 4.3.
    """
    if not pairs:
        return frozenset({UNRELATED})
    count = {1: SINGLE, 2: DOUBLE}.get(len(pairs), MULTIPLE)
    times_joined = Counter(frozenset(pair) for pair in pairs)
    partners = Counter(entity for pair in times_joined for entity in pair)
    overlaps = {EPO} if max(times_joined.values()) > 1 else set()
    if max(partners.values()) > 1:
        overlaps.add(SEO)
    return frozenset({count, *(overlaps or {NORMAL})})


def score_by_situation(
    instances: Sequence[Instance],
    gold: LabelSets,
    predicted: LabelSets,
    labels: Sequence[str],
    *,
    protocol: str = CLASSIFICATION,
) -> dict[str, Scores]:
    """Score the instances of the sentences of each situation.

    A sentence is its text: equal sentences count as one, without repetition of their relations. An entity
    is a mention. Gold relations that no instance holds belong to no sentence and are in no situation.

    Args:
        instances: Every candidate pair of the sentences.
        gold: Instance id → positive labels.
        predicted: Instance id → positive labels, of those that the system saw.
        labels: The positive labels to score.
        protocol: The protocol that the situations are parts of.

    Returns:
        Situation → scores, in the order of `SITUATIONS`, of those that occur.
    """
    ids_by_situation: dict[str, set[str]] = defaultdict(set)
    for sentence in _group_by_text(instances):
        relations = {(one.head, one.tail, label) for one in sentence for label in gold.get(one.id, ())}
        for situation in situations_of([(head, tail) for head, tail, _ in relations]):
            ids_by_situation[situation] |= {one.id for one in sentence}
    return {
        situation: score_part(
            ids_by_situation[situation], gold, predicted, labels, f"{protocol}; sentences: {situation}"
        )
        for situation in SITUATIONS
        if situation in ids_by_situation
    }


def score_part(ids: set[str], gold: LabelSets, predicted: LabelSets, labels: Sequence[str], protocol: str) -> Scores:
    """Score some of the items."""
    return score_classification(
        {item: found for item, found in gold.items() if item in ids},
        {item: found for item, found in predicted.items() if item in ids},
        labels,
        protocol=protocol,
    )


def _group_by_text(instances: Sequence[Instance]) -> list[list[Instance]]:
    groups: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        groups[instance.text].append(instance)
    return list(groups.values())
