"""What a foreign format has no field for, as one JSON object that its free-form metadata carries along.

Mentions and relations are named by their span, type and label, so that what was changed in the other tool wins:
an extra whose mention is gone says nothing.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any, Self

from pydantic import ValidationError

from core.domain import Document, DocumentFact, Mention, Relation, Sentence, Source, Span, Split, State
from core.errors import FormatError
from core.formats.checks import check_sentence_order
from core.formats.json_items import explain_invalid
from core.formats.jsonl_header import Pairs, Record
from core.formats.jsonl_records import FactRecord, Score, SentenceRecord

EXTRAS_KEY = "dare"
Place = tuple[int, int, str]


class MentionExtra(Record):
    """What is known of a mention beyond span and type."""

    start: int
    end: int
    entity_type: str
    concept_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    score: Score | None = None
    state: State = State.ACCEPTED
    source: Source = Source.IMPORT


class RelationExtra(Record):
    """What is known of a relation beyond its ends and label; ends are (start, end, entity type)."""

    head: Place
    tail: Place
    label: str
    score: Score | None = None
    state: State = State.ACCEPTED
    source: Source = Source.IMPORT


class Extras(Record):
    """Everything of a document that the other format has no field for; offsets are code points."""

    id: str | None = None
    split: Split = Split.TRAIN
    metadata: Pairs = ()
    sentences: tuple[SentenceRecord, ...] = ()
    facts: tuple[FactRecord, ...] = ()
    mentions: tuple[MentionExtra, ...] = ()
    relations: tuple[RelationExtra, ...] = ()

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return what is not the default of a document, its mentions and relations."""
        return cls(
            id=document.id,
            split=document.split,
            metadata=document.metadata,
            sentences=tuple(
                SentenceRecord(
                    start=one.span.start,
                    end=one.span.end,
                    state=one.state,
                    is_flagged=one.is_flagged,
                    comment=one.comment,
                )
                for one in document.sentences
            ),
            facts=tuple(FactRecord(**asdict(fact)) for fact in document.facts),
            mentions=tuple(_mention_extras(document.mentions)),
            relations=tuple(_relation_extras(document.relations)),
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the object that goes into the file, without defaults."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return plain

    def apply(self, document: Document) -> Document:
        """Return the document with everything that still fits it.

        Raises:
            SpanError: A sentence lies outside the text.
            FormatError: Sentences overlap.
        """
        by_place = {(one.start, one.end, one.entity_type): one for one in self.mentions}
        mentions = {mention: _complete(mention, by_place.get(_place(mention))) for mention in document.mentions}
        by_ends = {(one.head, one.tail, one.label): one for one in self.relations}
        relations = []
        for relation in document.relations:
            extra = by_ends.get((_place(relation.head), _place(relation.tail), relation.label))
            relation = replace(relation, head=mentions[relation.head], tail=mentions[relation.tail])
            if extra is not None:
                relation = replace(relation, score=extra.score, state=extra.state, source=extra.source)
            relations.append(relation)
        sentences = tuple(
            Sentence(Span(one.start, one.end), one.state, one.is_flagged, one.comment) for one in self.sentences
        )
        check_sentence_order(sentences)
        facts = tuple(DocumentFact(one.label, one.head_concept, one.tail_concept) for one in self.facts)
        return replace(
            document,
            id=self.id if self.id is not None else document.id,
            split=self.split,
            metadata=tuple(dict.fromkeys((*self.metadata, *document.metadata))),
            sentences=sentences or document.sentences,
            facts=tuple(dict.fromkeys((*document.facts, *facts))),
            mentions=tuple(mentions.values()),
            relations=tuple(relations),
        )


def apply_extras(document: Document, source: str | bytes | None) -> Document:
    """Return the document with the extras that a JSON text holds.

    Raises:
        FormatError: They are not what `Extras` describes.
    """
    if not source:
        return document
    try:
        extras = Extras.model_validate_json(source)
    except ValidationError as error:
        message = f'The entry "{EXTRAS_KEY}", which DARE Curator wrote, is damaged: {explain_invalid(error)} Remove it.'
        raise FormatError(message) from error
    return extras.apply(document)


def _mention_extras(mentions: Iterable[Mention]) -> Iterable[MentionExtra]:
    for mention in mentions:
        if _is_plain(mention) and not (mention.concept_ids or mention.names):
            continue
        yield MentionExtra(
            start=mention.span.start,
            end=mention.span.end,
            entity_type=mention.entity_type,
            concept_ids=mention.concept_ids,
            names=mention.names,
            score=mention.score,
            state=mention.state,
            source=mention.source,
        )


def _relation_extras(relations: Iterable[Relation]) -> Iterable[RelationExtra]:
    for relation in relations:
        if not _is_plain(relation):
            yield RelationExtra(
                head=_place(relation.head),
                tail=_place(relation.tail),
                label=relation.label,
                score=relation.score,
                state=relation.state,
                source=relation.source,
            )


def _is_plain(item: Mention | Relation) -> bool:
    return item.score is None and item.state is State.ACCEPTED and item.source is Source.IMPORT


def _place(mention: Mention) -> Place:
    return mention.span.start, mention.span.end, mention.entity_type


def _complete(mention: Mention, extra: MentionExtra | None) -> Mention:
    """Return the mention with its extras; what the other format states itself is kept."""
    if extra is None:
        return mention
    return replace(
        mention,
        concept_ids=extra.concept_ids or mention.concept_ids,
        names=extra.names or mention.names,
        score=extra.score,
        state=extra.state,
        source=extra.source,
    )
