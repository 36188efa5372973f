"""Concept-level scoring of documents: unique (label, head concept, tail concept), from labelled mention pairs."""

from collections.abc import Collection, Iterable, Sequence
from itertools import product

from core.domain import DocumentFact, Relation
from core.evaluation.matching import count_matches
from core.evaluation.protocols import PROTOCOLS
from core.evaluation.scores import Counts, Scores

# What PubTator writes where a mention has no concept.
NO_CONCEPT = "-1"


def state_facts(relations: Iterable[Relation]) -> frozenset[DocumentFact]:
    """Return the facts that labelled mention pairs of one document state.

    A pair states its label for every combination of the two mentions' concepts, of which a composite mention
    has several. A mention without a concept states nothing.
    """
    return frozenset(
        DocumentFact(relation.label, head, tail)
        for relation in relations
        for head, tail in product(relation.head.concept_ids, relation.tail.concept_ids)
        if NO_CONCEPT not in (head, tail)
    )


def score_concept_pairs(
    gold: Sequence[Collection[DocumentFact]],
    predicted: Sequence[Collection[DocumentFact]],
    labels: Sequence[str],
    *,
    symmetric: Collection[str] = (),
) -> Scores:
    """Score the facts of each document.

    The concepts come from the given mentions: end to end this needs a linker, which no model here has.

    Args:
        gold: Every fact of each document, also those whose concepts share no sentence: they are misses.
        predicted: Facts that the same documents' mention pairs were said to state; see `state_facts`.
        labels: The positive labels to score.
        symmetric: Labels whose two concepts have no order.

    Source:
        BioCreative V CDR task (Wei et al. 2016): chemical-disease pairs of concept identifiers per document.
    """
    totals = {label: Counts() for label in labels}
    for gold_facts, predicted_facts in zip(gold, predicted, strict=True):
        for label in labels:
            totals[label] += count_matches(
                _pairs(gold_facts, label, is_symmetric=label in symmetric),
                _pairs(predicted_facts, label, is_symmetric=label in symmetric),
            )
    return Scores(PROTOCOLS["concept-pair"], totals)


def _pairs(facts: Iterable[DocumentFact], label: str, *, is_symmetric: bool) -> list[tuple[str, ...]]:
    pairs = [(fact.head_concept, fact.tail_concept) for fact in facts if fact.label == label]
    return [tuple(sorted(pair)) for pair in pairs] if is_symmetric else list(pairs)
