"""What a card of the deck shows: frozen values that turn into JSON."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain import Schema, Source, State


class ItemKind(StrEnum):
    """Which table a card belongs to."""

    SENTENCE = "sentence"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class DeckMention:
    """A mention of a card; `start` and `end` are code points of the card's text, half open.

    `name` is shown in the place of the mention's own words, which are still what is edited and stored: a mask, for
    one, reads better as a name. Empty shows the text as it is.
    """

    id: int
    start: int
    end: int
    entity_type: str
    state: State = State.ACCEPTED
    score: float | None = None
    source: Source = Source.CURATOR
    name: str = ""


@dataclass(frozen=True, slots=True)
class DeckRelation:
    """A relation of a card; `head_id` and `tail_id` name mentions of the same card."""

    id: int
    head_id: int
    tail_id: int
    label: str
    state: State = State.ACCEPTED
    score: float | None = None
    source: Source = Source.CURATOR


@dataclass(frozen=True, slots=True)
class DeckItem:
    """One card: a sentence to annotate, or a synthetic sentence to judge.

    Args:
        kind: Sentence or synthetic sentence.
        id: Row id; unique within its kind.
        version: Version of the row that this card was read at; every event carries it back.
        text: Shown unchanged.
        mentions: Mentions of the card; for a synthetic sentence its head and tail masks.
        relations: Relations of the card; for a synthetic sentence one, from head to tail.
        state: A curator's decision on the whole card.
        is_flagged: Whether a curator marked it for later.
        reason: Why the card is in the queue ("uncertainty 0.41"), or why it was rejected.
        context_before: Text of the document before the sentence, shown on demand.
        context_after: Text of the document after the sentence, shown on demand.
        label: Relation label of a synthetic sentence.
        note: Where a synthetic sentence comes from, in one line.
        nearest: The gold sentence most like it; what both say is marked.
        scores: What was measured of a synthetic sentence, each in a few words with its number.
    """

    kind: ItemKind
    id: int
    version: int
    text: str
    mentions: tuple[DeckMention, ...] = ()
    relations: tuple[DeckRelation, ...] = ()
    state: State = State.PENDING
    is_flagged: bool = False
    reason: str = ""
    context_before: str = ""
    context_after: str = ""
    label: str = ""
    note: str = ""
    nearest: str = ""
    scores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeckExample:
    """A sentence that shows what a label means; `head` and `tail` are half-open code points of its text."""

    text: str
    head: tuple[int, int]
    tail: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Undecided:
    """The cards of a queue that nobody has decided: `count` of all `of`, the first at place `first`."""

    count: int
    of: int
    first: int


def encode_schema(schema: Schema) -> dict[str, object]:
    """Return the entity types and relation labels as the browser reads them."""
    return {
        "types": [
            {"name": entity_type.name, "colour": entity_type.colour, "guideline": entity_type.guideline}
            for entity_type in schema.entity_types
        ],
        "labels": [
            {
                "name": label.name,
                "colour": label.colour,
                "guideline": label.guideline,
                "symmetric": label.is_symmetric,
                "legal": [list(pair) for pair in label.legal_types],
            }
            for label in schema.relation_labels
        ],
    }
