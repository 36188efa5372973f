"""The document and synthetic records of the native JSONL format, from and to the domain."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Literal, Self

from pydantic import Field

from core.domain import (
    Document,
    DocumentFact,
    Mention,
    Relation,
    Sentence,
    Source,
    Span,
    Split,
    State,
    SyntheticSentence,
)
from core.errors import FormatError
from core.formats.checks import check_sentence_order, locate, shorten
from core.formats.jsonl_header import Pairs, Record

Score = Annotated[float, Field(ge=0.0, le=1.0)]


class SentenceRecord(Record):
    """A sentence and what was decided about it."""

    start: int
    end: int
    state: State = State.PENDING
    is_flagged: bool = False
    comment: str = ""


class MentionRecord(Record):
    """A mention; its id counts only inside its record, `text` repeats the characters under it."""

    id: str
    start: int
    end: int
    text: str | None = None
    entity_type: str
    concept_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    score: Score | None = None
    state: State = State.ACCEPTED
    source: Source = Source.IMPORT

    @classmethod
    def from_domain(cls, mention: Mention, *, mention_id: str, text: str) -> Self:
        """Return the record of a mention of a text."""
        return cls(
            id=mention_id,
            start=mention.span.start,
            end=mention.span.end,
            text=mention.span.text(text),
            entity_type=mention.entity_type,
            concept_ids=mention.concept_ids,
            names=mention.names,
            score=mention.score,
            state=mention.state,
            source=mention.source,
        )

    def to_domain(self, text: str) -> tuple[Mention, str]:
        """Return the mention, and what was repaired ("" where nothing was).

        Raises:
            FormatError: The span does not fit the text.
        """
        span, repair = locate(text, start=self.start, end=self.end, surface=self.text)
        mention = Mention(span, self.entity_type, self.concept_ids, self.names, self.score, self.state, self.source)
        return mention, repair


class RelationRecord(Record):
    """A relation; head and tail are ids of mentions of the same record."""

    label: str
    head: str
    tail: str
    score: Score | None = None
    state: State = State.ACCEPTED
    source: Source = Source.IMPORT


class FactRecord(Record):
    """A relation between two concepts of a document."""

    label: str
    head_concept: str
    tail_concept: str


class DocumentRecord(Record):
    """A document with everything known about it."""

    kind: Literal["document"] = "document"
    id: str
    text: str
    split: Split = Split.TRAIN
    metadata: Pairs = ()
    sentences: tuple[SentenceRecord, ...] = ()
    mentions: tuple[MentionRecord, ...] = ()
    relations: tuple[RelationRecord, ...] = ()
    facts: tuple[FactRecord, ...] = ()

    @classmethod
    def from_domain(cls, document: Document) -> Self:
        """Return the record of a document; its mentions are T1, T2 and so on."""
        get_id = _make_id_lookup(document)
        return cls(
            id=document.id,
            text=document.text,
            split=document.split,
            metadata=document.metadata,
            sentences=tuple(
                SentenceRecord(
                    start=sentence.span.start,
                    end=sentence.span.end,
                    state=sentence.state,
                    is_flagged=sentence.is_flagged,
                    comment=sentence.comment,
                )
                for sentence in document.sentences
            ),
            mentions=tuple(
                MentionRecord.from_domain(mention, mention_id=f"T{number}", text=document.text)
                for number, mention in enumerate(document.mentions, start=1)
            ),
            relations=tuple(
                RelationRecord(
                    label=relation.label,
                    head=get_id(relation.head),
                    tail=get_id(relation.tail),
                    score=relation.score,
                    state=relation.state,
                    source=relation.source,
                )
                for relation in document.relations
            ),
            facts=tuple(FactRecord(**asdict(fact)) for fact in document.facts),
        )

    def to_domain(self) -> tuple[Document, tuple[str, ...]]:
        """Return the document and what was repaired.

        Raises:
            FormatError: An id, span or sentence does not fit the record.
            SpanError: A sentence lies outside the text.
            SchemaError: A relation joins a mention with itself.
        """
        repairs: list[str] = []
        mentions: dict[str, Mention] = {}
        for record in self.mentions:
            if record.id in mentions:
                raise FormatError(f"Mention id {shorten(record.id)} is given twice. Give every mention its own id.")
            mentions[record.id], repair = record.to_domain(self.text)
            repairs += [repair] if repair else []
        document = Document(
            id=self.id,
            text=self.text,
            sentences=self._read_sentences(),
            mentions=tuple(mentions.values()),
            relations=tuple(self._read_relation(record, mentions) for record in self.relations),
            facts=tuple(DocumentFact(fact.label, fact.head_concept, fact.tail_concept) for fact in self.facts),
            split=self.split,
            metadata=self.metadata,
        )
        return document, tuple(repairs)

    def _read_sentences(self) -> tuple[Sentence, ...]:
        sentences = tuple(
            Sentence(Span(record.start, record.end), record.state, record.is_flagged, record.comment)
            for record in self.sentences
        )
        check_sentence_order(sentences)
        return sentences

    def _read_relation(self, record: RelationRecord, mentions: dict[str, Mention]) -> Relation:
        for mention_id in (record.head, record.tail):
            if mention_id not in mentions:
                fault = f"Relation {record.label} joins the missing mention {shorten(mention_id)}"
                raise FormatError(f"{fault}. Add the mention or correct the id.")
        head, tail = mentions[record.head], mentions[record.tail]
        return Relation(head, tail, record.label, record.score, record.state, record.source)


class SyntheticRecord(Record):
    """A synthetic sentence with its two masks."""

    kind: Literal["synthetic"] = "synthetic"
    text: str
    label: str
    head: MentionRecord
    tail: MentionRecord
    state: State = State.PENDING
    reason: str = ""
    provenance: Pairs = ()
    head_name: str = ""
    tail_name: str = ""
    agreement: float | None = None
    disagreement: float | None = None
    novelty: float | None = None
    nearest_gold: str = ""

    @classmethod
    def from_domain(cls, sentence: SyntheticSentence) -> Self:
        """Return the record of a synthetic sentence."""
        return cls(
            text=sentence.text,
            label=sentence.label,
            head=MentionRecord.from_domain(sentence.head, mention_id="head", text=sentence.text),
            tail=MentionRecord.from_domain(sentence.tail, mention_id="tail", text=sentence.text),
            state=sentence.state,
            reason=sentence.reason,
            provenance=sentence.provenance,
            head_name=sentence.head_name,
            tail_name=sentence.tail_name,
            agreement=sentence.agreement,
            disagreement=sentence.disagreement,
            novelty=sentence.novelty,
            nearest_gold=sentence.nearest_gold,
        )

    def to_domain(self) -> SyntheticSentence:
        """Return the synthetic sentence.

        Raises:
            FormatError: A mask does not fit the text.
        """
        (head, head_repair), (tail, tail_repair) = self.head.to_domain(self.text), self.tail.to_domain(self.text)
        if head_repair or tail_repair:
            raise FormatError(f"{head_repair or tail_repair} Masks are not repaired; correct the offsets.")
        return SyntheticSentence(
            self.text,
            self.label,
            head,
            tail,
            self.state,
            self.reason,
            self.provenance,
            head_name=self.head_name,
            tail_name=self.tail_name,
            agreement=self.agreement,
            disagreement=self.disagreement,
            novelty=self.novelty,
            nearest_gold=self.nearest_gold,
        )


def _make_id_lookup(document: Document) -> Callable[[Mention], str]:
    """Return a function from a mention of the document to its id in the record."""
    ids = {_identity(mention): f"T{number}" for number, mention in enumerate(document.mentions, start=1)}
    # A relation may hold an older copy of its mention: then span and type must do.
    ids_by_equality = {mention: ids[_identity(mention)] for mention in reversed(document.mentions)}
    return lambda mention: ids.get(_identity(mention)) or ids_by_equality[mention]


def _identity(mention: Mention) -> tuple[object, ...]:
    """Return all fields of a mention, also those that take no part in equality."""
    return (
        mention.span,
        mention.entity_type,
        mention.concept_ids,
        mention.names,
        mention.score,
        mention.state,
        mention.source,
    )
