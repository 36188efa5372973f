"""What is marked in a text: spans, mentions, relations, and what a curator decided about them."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import SchemaError, SpanError


class State(StrEnum):
    """What a curator has decided about a prediction, a sentence or a synthetic sentence."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"

    @property
    def is_gold(self) -> bool:
        """Whether a person approved the item."""
        return self in (State.ACCEPTED, State.CORRECTED)


class Source(StrEnum):
    """Where a mention or relation came from."""

    CURATOR = "curator"
    MODEL = "model"
    IMPORT = "import"
    PROJECTED = "projected"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open interval of Unicode code points: `start <= position < end`.

    Raises:
        SpanError: The span is empty, reversed or starts before 0.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise SpanError(f"Span {self.start}:{self.end} must satisfy 0 <= start < end.")

    def text(self, text: str) -> str:
        """Return the characters under the span.

        Raises:
            SpanError: The span ends beyond the text.
        """
        if self.end > len(text):
            raise SpanError(f"Span {self.start}:{self.end} ends beyond its text of {len(text)} characters.")
        return text[self.start : self.end]

    def contains(self, other: "Span") -> bool:
        """Return whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Return whether the two spans share a character."""
        return self.start < other.end and other.start < self.end

    def shifted(self, by: int) -> "Span":
        """Return the span moved by a number of code points, negative to the left."""
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class Mention:
    """One occurrence of an entity. Two mentions are equal when span and type are equal.

    Args:
        span: Where the mention stands, in the coordinates of its document or of its sentence.
        entity_type: Name of an entity type of the schema.
        concept_ids: Identifiers of what is mentioned; several for a composite mention.
        names: The single names inside a composite mention ("skin toxicity", "liver toxicity").
        score: Probability in [0, 1] given by a model; None where a person made the mention.
        state: A curator's decision.
        source: Who made the mention.
    """

    span: Span
    entity_type: str
    concept_ids: tuple[str, ...] = field(default=(), compare=False)
    names: tuple[str, ...] = field(default=(), compare=False)
    score: float | None = field(default=None, compare=False)
    state: State = field(default=State.ACCEPTED, compare=False)
    source: Source = field(default=Source.IMPORT, compare=False)


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed relation between two mentions; score, state and source take no part in equality."""

    head: Mention
    tail: Mention
    label: str
    score: float | None = field(default=None, compare=False)
    state: State = field(default=State.ACCEPTED, compare=False)
    source: Source = field(default=Source.IMPORT, compare=False)

    def __post_init__(self) -> None:
        if self.head == self.tail:
            raise SchemaError(f"Relation {self.label} joins a mention with itself at {self.head.span}.")
