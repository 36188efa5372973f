"""From facts about concepts to relations between mentions of one sentence."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from core.domain import Document, DocumentFact, Mention, Relation, Schema, Source, State

NO_CONCEPT = "-1"
FACT_ONLY_KEY = "fact_only"


class FactProjector:
    """Finds, in one document, the mention pairs that a fact speaks of.

    A pair counts when both mentions lie in one sentence, are not rejected, carry the fact's head and
    tail concept, and the label may join their types. A symmetric label's head is the first mention.

    Args:
        document: Its sentences decide what "one sentence" is; without sentences nothing is projected.
        schema: Says which types a label may join; None allows all.
    """

    def __init__(self, document: Document, schema: Schema | None) -> None:
        self.schema = schema
        self._mentions = _group_by_concept(document)

    def project(self, fact: DocumentFact) -> tuple[Relation, ...]:
        """Return the relations of one fact, in text order of their sentences."""
        heads = self._mentions.get(fact.head_concept, {})
        tails = self._mentions.get(fact.tail_concept, {})
        pairs = (
            self._join(fact, head, tail)
            for position in sorted(heads.keys() & tails.keys())
            for head in heads[position]
            for tail in tails[position]
        )
        return tuple(dict.fromkeys(relation for relation in pairs if relation is not None))

    def _join(self, fact: DocumentFact, head: Mention, tail: Mention) -> Relation | None:
        if head == tail:
            return None
        is_symmetric = False
        if self.schema is not None:
            label = self.schema.find_label(fact.label)
            if label is None or not label.allows(head.entity_type, tail.entity_type):
                return None
            is_symmetric = label.is_symmetric
        if is_symmetric and (tail.span, tail.entity_type) < (head.span, head.entity_type):
            head, tail = tail, head
        return Relation(head, tail, fact.label, source=Source.PROJECTED)


def project_facts(document: Document, schema: Schema | None) -> tuple[Relation, ...]:
    """Return the relations that a document's facts imply and that it does not state already.

    Facts that a file marked "fact-only" are left out: their relations are stated one by one.
    """
    projector = FactProjector(document, schema)
    kept = get_fact_only(document)
    stated = set(document.relations)
    implied = (relation for fact in document.facts if fact not in kept for relation in projector.project(fact))
    return tuple(relation for relation in dict.fromkeys(implied) if relation not in stated)


def get_fact_only(document: Document) -> frozenset[DocumentFact]:
    """Return the facts of a document that are never projected."""
    value = dict(document.metadata).get(FACT_ONLY_KEY, "[]")
    return frozenset(DocumentFact(*fields) for fields in json.loads(value))


def make_fact_only(facts: Iterable[DocumentFact]) -> tuple[str, str]:
    """Return the metadata entry that keeps facts from being projected."""
    rows = [[fact.label, fact.head_concept, fact.tail_concept] for fact in facts]
    return FACT_ONLY_KEY, json.dumps(rows, ensure_ascii=False)


def _group_by_concept(document: Document) -> dict[str, dict[int, list[Mention]]]:
    """Return mentions by concept id, then by position of their sentence."""
    groups: dict[str, dict[int, list[Mention]]] = defaultdict(lambda: defaultdict(list))
    for position, mention in _place(document):
        for concept_id in dict.fromkeys(mention.concept_ids):
            if concept_id != NO_CONCEPT:
                groups[concept_id][position].append(mention)
    return groups


def _place(document: Document) -> Iterator[tuple[int, Mention]]:
    """Yield the position of the sentence that holds a mention, and the mention."""
    starts = [sentence.span.start for sentence in document.sentences]
    for mention in document.mentions:
        position = bisect_right(starts, mention.span.start) - 1
        is_inside = position >= 0 and document.sentences[position].span.contains(mention.span)
        if is_inside and mention.state is not State.REJECTED:
            yield position, mention
