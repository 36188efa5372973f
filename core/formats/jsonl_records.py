"""The records of the native JSONL format, and their way from and to the domain."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

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
    Split,
    State,
    SyntheticSentence,
)
from core.errors import FormatError
from core.formats.checks import locate, shorten

FORMAT_NAME = "dare-curator"
FORMAT_VERSION = 1

Score = Annotated[float, Field(ge=0.0, le=1.0)]
Pairs = tuple[tuple[str, str], ...]


class Record(BaseModel):
    """Base of all records: unknown keys and wrong types are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class EntityTypeRecord(Record):
    """An entity type of the schema."""

    name: str
    colour: str = EntityType("").colour
    guideline: str = ""


class RelationLabelRecord(Record):
    """A relation label of the schema."""

    name: str
    legal_types: Pairs
    is_symmetric: bool = False
    colour: str = RelationLabel("", ()).colour
    guideline: str = ""


class SchemaRecord(Record):
    """The schema of the project that wrote the file."""

    entity_types: tuple[EntityTypeRecord, ...]
    relation_labels: tuple[RelationLabelRecord, ...]

    @classmethod
    def from_domain(cls, schema: Schema) -> Self:
        """Return the record of a schema."""
        return cls(
            entity_types=tuple(
                EntityTypeRecord(name=item.name, colour=item.colour, guideline=item.guideline)
                for item in schema.entity_types
            ),
            relation_labels=tuple(
                RelationLabelRecord(
                    name=item.name,
                    legal_types=item.legal_types,
                    is_symmetric=item.is_symmetric,
                    colour=item.colour,
                    guideline=item.guideline,
                )
                for item in schema.relation_labels
            ),
        )

    def to_domain(self) -> Schema:
        """Return the schema.

        Raises:
            SchemaError: A name is used twice, reserved or unknown.
        """
        return Schema(
            tuple(EntityType(item.name, item.colour, item.guideline) for item in self.entity_types),
            tuple(
                RelationLabel(item.name, item.legal_types, item.is_symmetric, item.colour, item.guideline)
                for item in self.relation_labels
            ),
        )


class HeaderRecord(Record):
    """The first line of a file."""

    format: Literal["dare-curator"] = FORMAT_NAME
    version: int = FORMAT_VERSION
    schema_record: SchemaRecord | None = Field(default=None, alias="schema")


class SentenceRecord(Record):
    """A sentence and what was decided about it."""

    start: int
    end: int
    state: State = State.PENDING
    is_flagged: bool = False
    comment: str = ""


class ArgumentRecord(Record):
    """A mention without an id, as synthetic sentences have two; `text` repeats the characters under it."""

    start: int
    end: int
    text: str | None = None
    entity_type: str
    concept_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    score: Score | None = None
    state: State = State.ACCEPTED
    source: Source = Source.IMPORT

    def to_domain(self, text: str) -> tuple[Mention, str]:
        """Return the mention, and what was repaired ("" where nothing was).

        Raises:
            FormatError: The span does not fit the text.
        """
        span, repair = locate(text, start=self.start, end=self.end, surface=self.text)
        mention = Mention(
            span, self.entity_type, self.concept_ids, self.names, self.score, self.state, self.source
        )
        return mention, repair


class MentionRecord(ArgumentRecord):
    """A mention; its id counts only inside its record."""

    id: str


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


def _argument_fields(mention: Mention, text: str) -> dict[str, object]:
    return {
        "start": mention.span.start,
        "end": mention.span.end,
        "text": mention.span.text(text),
        "entity_type": mention.entity_type,
        "concept_ids": mention.concept_ids,
        "names": mention.names,
        "score": mention.score,
        "state": mention.state,
        "source": mention.source,
    }
