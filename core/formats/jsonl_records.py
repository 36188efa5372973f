"""The document and synthetic records of the native JSONL format, from and to the domain."""

from collections.abc import Callable
from dataclasses import asdict
from operator import not_
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
_FROM_ZERO = {"minimum": 0}  # a reader names the mention or sentence, which the record's own check could not
Start = Annotated[
    int, Field(description="First character, counted in Unicode code points.", json_schema_extra=_FROM_ZERO)
]
End = Annotated[int, Field(description="Character after the last one.", json_schema_extra=_FROM_ZERO)]
ModelScore = Annotated[Score | None, Field(description="Probability that a model gave; null without a model.")]
Decision = Annotated[State, Field(description="What a curator decided; pending: nothing yet.")]
MadeBy = Annotated[Source, Field(description="Who made it.")]


class SentenceRecord(Record):
    """A sentence and what was decided about it."""

    start: Start
    end: End
    state: Decision = State.PENDING
    is_flagged: bool = Field(False, description="Whether somebody marked it to be looked at again.")
    comment: str = Field("", description="What a reviewer wrote about it.")


class MentionRecord(Record):
    """A mention; its id counts only inside its record, `text` repeats the characters under it."""

    id: str = Field(description="Name by which relations of this record call it.")
    start: Start
    end: End
    text: str | None = Field(None, description="The characters from start to end, checked in reading; null: unchecked.")
    entity_type: str = Field(description="Name of an entity type.")
    concept_ids: tuple[str, ...] = Field((), description="Identifiers of what is mentioned; several if composite.")
    names: tuple[str, ...] = Field((), description="The single names inside a composite or discontinuous mention.")
    score: ModelScore = None
    state: Decision = State.ACCEPTED
    source: MadeBy = Source.IMPORT

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

    label: str = Field(description="Name of a relation label.")
    head: str = Field(description="Id of the mention that is its first argument.")
    tail: str = Field(description="Id of the mention that is its second argument.")
    score: ModelScore = None
    state: Decision = State.ACCEPTED
    source: MadeBy = Source.IMPORT


class FactRecord(Record):
    """A relation between two concepts of a document."""

    label: str = Field(description="Name of a relation label.")
    head_concept: str = Field(description="Concept id of its first argument.")
    tail_concept: str = Field(description="Concept id of its second argument.")


class DocumentRecord(Record):
    """A document with everything known about it."""

    kind: Literal["document"] = Field("document", description="Says that the line is a document.")
    id: str = Field(description="Identifier that its source gives it; once in a file.")
    text: str = Field(description="The text, unchanged; without NUL.")
    split: Split = Field(Split.TRAIN, description="Part of the corpus that it belongs to.")
    metadata: Pairs = Field((), description="Pairs of key and value: what its source says beside the text.")
    sentences: tuple[SentenceRecord, ...] = Field((), description="In order, disjoint; empty: not split yet.")
    mentions: tuple[MentionRecord, ...] = Field((), description="Its mentions, rejected ones too.")
    relations: tuple[RelationRecord, ...] = Field((), description="Relations between its mentions.")
    facts: tuple[FactRecord, ...] = Field((), description="Relations between concepts of the whole document.")

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

    kind: Literal["synthetic"] = Field("synthetic", description="Says that the line is a synthetic sentence.")
    text: str = Field(description="The sentence with a mask for each argument.")
    label: str = Field(description="Relation label that it was written for.")
    head: MentionRecord = Field(description="The mask of the first argument.")
    tail: MentionRecord = Field(description="The mask of the second argument.")
    state: Decision = State.PENDING
    reason: str = Field("", description="Why it was rejected.")
    provenance: Pairs = Field((), description="Pairs of key and value: generator, base, data, seed, settings.")
    head_name: str = Field("", description="Name to read the first argument by.")
    tail_name: str = Field("", description="Name to read the second argument by.")
    agreement: float | None = Field(None, description="Mean probability of the label among the judges; null: unjudged.")
    disagreement: float | None = Field(None, description="Mutual information between the judges, in nats.")
    novelty: float | None = Field(None, description="1 minus its likeness to the nearest gold sentence, in [0, 1].")
    nearest_gold: str = Field("", description="The gold sentence that it resembles most.")
    # Younger than the rest: left out where there is nothing to say, so that older data keep their bytes and hash.
    is_flagged: bool = Field(False, exclude_if=not_, description="Whether somebody marked it to be looked at again.")
    comment: str = Field("", exclude_if=not_, description="What a reviewer wrote about it.")

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
            is_flagged=sentence.is_flagged,
            comment=sentence.comment,
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
            is_flagged=self.is_flagged,
            comment=self.comment,
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
