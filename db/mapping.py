"""Rows to domain types and back; nothing else knows both."""

import hashlib
from collections.abc import Iterable
from random import Random
from typing import Any, NamedTuple

from core.domain import (
    Document,
    DocumentFact,
    EntityType,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    Source,
    Span,
    State,
    SyntheticSentence,
)
from db.columns import utc_now
from db.tables import (
    DocumentFactRow,
    DocumentRow,
    EntityTypeRow,
    MentionRow,
    RelationLabelRow,
    RelationRow,
    SentenceRow,
    SyntheticRow,
)


class StoredMention(NamedTuple):
    """Ids of a stored mention and of its sentence; None where it crosses a sentence end."""

    id: int
    sentence_id: int | None


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text, by which a project recognises it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def draw_share(*key: object) -> float:
    """Return a number in [0, 1) that only depends on the key, for the random share of a queue."""
    return Random(":".join(map(str, key))).random()


def to_schema(types: Iterable[EntityTypeRow], labels: Iterable[RelationLabelRow]) -> Schema:
    """Return the schema of a project from its rows, in any order."""
    return Schema(
        tuple(EntityType(row.name, row.colour, row.guideline) for row in sorted(types, key=lambda r: r.position)),
        tuple(
            RelationLabel(
                row.name,
                tuple((head, tail) for head, tail in row.legal_types),
                is_symmetric=row.is_symmetric,
                colour=row.colour,
                guideline=row.guideline,
            )
            for row in sorted(labels, key=lambda r: r.position)
        ),
    )


def entity_type_row(entity_type: EntityType, *, project_id: int, position: int) -> EntityTypeRow:
    """Return the row of an entity type."""
    return EntityTypeRow(
        project_id=project_id,
        position=position,
        name=entity_type.name,
        colour=entity_type.colour,
        guideline=entity_type.guideline,
    )


def relation_label_row(label: RelationLabel, *, project_id: int, position: int) -> RelationLabelRow:
    """Return the row of a relation label."""
    return RelationLabelRow(
        project_id=project_id,
        position=position,
        name=label.name,
        is_symmetric=label.is_symmetric,
        colour=label.colour,
        guideline=label.guideline,
        legal_types=[list(pair) for pair in label.legal_types],
    )


def document_values(document: Document, *, project_id: int, source_name: str) -> dict[str, Any]:
    """Return the columns of a document without its parts."""
    return {
        "project_id": project_id,
        "external_id": document.id,
        "text": document.text,
        "content_hash": hash_text(document.text),
        "split": document.split,
        "metadata_": dict(document.metadata),
        "source_name": source_name,
        "created_at": utc_now(),
    }


def sentence_values(document: Document, *, project_id: int, document_id: int) -> list[dict[str, Any]]:
    """Return the columns of a stored document's sentences, in order."""
    text_hash, now = hash_text(document.text), utc_now()
    return [
        {
            "document_id": document_id,
            "project_id": project_id,
            "position": position,
            "start": sentence.span.start,
            "end": sentence.span.end,
            "state": sentence.state,
            "split": document.split,
            "is_flagged": sentence.is_flagged,
            "comment": sentence.comment,
            "version": 1,
            "shuffle": draw_share(text_hash, position),
            "updated_at": now,
        }
        for position, sentence in enumerate(document.sentences)
    ]


def mention_values(
    mention: Mention, *, project_id: int, document_id: int, sentence_id: int | None, shift: int = 0
) -> dict[str, Any]:
    """Return the columns of a mention; `shift` moves it to document coordinates."""
    return {
        "project_id": project_id,
        "document_id": document_id,
        "sentence_id": sentence_id,
        "start": mention.span.start + shift,
        "end": mention.span.end + shift,
        "entity_type": mention.entity_type,
        "concept_ids": list(mention.concept_ids),
        "names": list(mention.names),
        "score": mention.score,
        "state": mention.state,
        "source": mention.source,
    }


def to_mention(row: MentionRow, *, shift: int = 0) -> Mention:
    """Return the mention of a row; `shift` moves it, to sentence coordinates for one."""
    return Mention(
        Span(row.start + shift, row.end + shift),
        row.entity_type,
        concept_ids=tuple(row.concept_ids),
        names=tuple(row.names),
        score=row.score,
        state=row.state,
        source=row.source,
    )


def relation_values(
    relation: Relation, *, project_id: int, document_id: int, head: StoredMention, tail: StoredMention
) -> dict[str, Any]:
    """Return the columns of a relation between two stored mentions; it has a sentence if both lie in it."""
    return {
        "project_id": project_id,
        "document_id": document_id,
        "sentence_id": head.sentence_id if head.sentence_id == tail.sentence_id else None,
        "head_id": head.id,
        "tail_id": tail.id,
        "label": relation.label,
        "score": relation.score,
        "state": relation.state,
        "source": relation.source,
    }


def fact_values(fact: DocumentFact, *, document_id: int) -> dict[str, Any]:
    """Return the columns of a stored document's fact."""
    return {
        "document_id": document_id,
        "label": fact.label,
        "head_concept": fact.head_concept,
        "tail_concept": fact.tail_concept,
    }


def to_document(
    row: DocumentRow,
    *,
    sentences: Iterable[SentenceRow] = (),
    mentions: Iterable[MentionRow] = (),
    relations: Iterable[RelationRow] = (),
    facts: Iterable[DocumentFactRow] = (),
) -> Document:
    """Return the domain document of a row and its parts; parts come in the order to keep.

    A rejected relation between two mentions of one place and type would join a mention with itself, and is left out.
    """
    mention_by_id = {mention.id: to_mention(mention) for mention in mentions}
    return Document(
        id=row.external_id,
        text=row.text,
        sentences=tuple(Sentence(Span(s.start, s.end), s.state, s.is_flagged, s.comment) for s in sentences),
        mentions=tuple(mention_by_id.values()),
        relations=tuple(
            Relation(mention_by_id[r.head_id], mention_by_id[r.tail_id], r.label, r.score, r.state, r.source)
            for r in relations
            if not _is_void(r, mention_by_id[r.head_id], mention_by_id[r.tail_id])
        ),
        facts=tuple(DocumentFact(fact.label, fact.head_concept, fact.tail_concept) for fact in facts),
        split=row.split,
        metadata=tuple(row.metadata_.items()),
    )


def _is_void(row: RelationRow, head: Mention, tail: Mention) -> bool:
    """Return whether a relation is dead and its mentions are equal, as where one took the place of the other."""
    return head == tail and State.REJECTED in (row.state, head.state, tail.state)


def synthetic_row(sentence: SyntheticSentence, *, project_id: int, job_id: str | None) -> SyntheticRow:
    """Return the row of a synthetic sentence."""
    return SyntheticRow(
        project_id=project_id,
        label=sentence.label,
        text=sentence.text,
        head_start=sentence.head.span.start,
        head_end=sentence.head.span.end,
        head_type=sentence.head.entity_type,
        tail_start=sentence.tail.span.start,
        tail_end=sentence.tail.span.end,
        tail_type=sentence.tail.entity_type,
        state=sentence.state,
        reason=sentence.reason,
        provenance=dict(sentence.provenance),
        head_name=sentence.head_name,
        tail_name=sentence.tail_name,
        agreement=sentence.agreement,
        disagreement=sentence.disagreement,
        novelty=sentence.novelty,
        nearest_gold=sentence.nearest_gold,
        is_flagged=sentence.is_flagged,
        comment=sentence.comment,
        job_id=job_id,
        shuffle=draw_share(hash_text(sentence.text)),
    )


def to_synthetic(row: SyntheticRow) -> SyntheticSentence:
    """Return the synthetic sentence of a row; a generator is a model, so its masks come from one."""
    return SyntheticSentence(
        text=row.text,
        label=row.label,
        head=Mention(Span(row.head_start, row.head_end), row.head_type, source=Source.MODEL),
        tail=Mention(Span(row.tail_start, row.tail_end), row.tail_type, source=Source.MODEL),
        state=row.state,
        reason=row.reason,
        provenance=tuple(row.provenance.items()),
        head_name=row.head_name,
        tail_name=row.tail_name,
        agreement=row.agreement,
        disagreement=row.disagreement,
        novelty=row.novelty,
        nearest_gold=row.nearest_gold,
        is_flagged=row.is_flagged,
        comment=row.comment,
    )
