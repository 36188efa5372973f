"""What a curator did on a card, as the browser reports it; nothing in it is trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TypeVar

from core.errors import DomainError
from pages.components.span_editor.items import ItemKind

# Those offered on keys; a curator may type another.
REJECT_REASONS = ("wrong label", "not fluent", "wrong direction", "copies gold", "nonsense")


class EventKind(StrEnum):
    """Everything a curator can do on a card."""

    ADD_MENTION = "add_mention"
    DELETE_MENTION = "delete_mention"
    SET_TYPE = "set_type"
    RESIZE_MENTION = "resize_mention"
    ADD_RELATION = "add_relation"
    REVERSE_RELATION = "reverse_relation"
    SET_LABEL = "set_label"
    DELETE_RELATION = "delete_relation"
    ACCEPT = "accept"
    REJECT = "reject"
    FLAG = "flag"
    EDIT = "edit"
    RELABEL = "relabel"
    UNDO = "undo"
    UNDO_LAST = "undo_last"
    SKIP = "skip"
    NEXT = "next"
    PREVIOUS = "previous"
    GOTO = "goto"
    RELOAD = "reload"

    @property
    def is_navigation(self) -> bool:
        """Whether the event changes which card is shown and nothing else."""
        return self in _NAVIGATION


_NAVIGATION = {EventKind.SKIP, EventKind.NEXT, EventKind.PREVIOUS, EventKind.GOTO, EventKind.RELOAD}

_REQUIRED: dict[EventKind, tuple[str, ...]] = {
    EventKind.ADD_MENTION: ("start", "end", "entity_type"),
    EventKind.DELETE_MENTION: ("mention_id",),
    EventKind.SET_TYPE: ("mention_id", "entity_type"),
    EventKind.RESIZE_MENTION: ("mention_id", "start", "end"),
    EventKind.ADD_RELATION: ("head_id", "tail_id", "label"),
    EventKind.REVERSE_RELATION: ("relation_id",),
    EventKind.SET_LABEL: ("relation_id", "label"),
    EventKind.DELETE_RELATION: ("relation_id",),
    EventKind.EDIT: ("text",),
    EventKind.RELABEL: ("label",),
}
_Member = TypeVar("_Member", bound=StrEnum)
_INTEGERS = {
    "seq", "position", "item_id", "version", "mention_id", "relation_id", "start", "end", "head_id", "tail_id"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeckEvent:
    """One thing a curator did; fields that its kind does not use are None.

    Args:
        kind: What was done.
        client: The browser view that sent it.
        seq: Its number within that view, from 1.
        session: The Streamlit session in which it was done.
        position: Place in the queue of the card shown after it.
        item_kind: Which table the card belongs to.
        item_id: The card; None only for navigation and UNDO_LAST.
        version: Version of the card's row that the curator saw.
        mention_id: The mention changed; with ACCEPT and REJECT, only that mention is decided.
        relation_id: The relation changed; with ACCEPT and REJECT, only that relation is decided.
        start: First code point of a mention, in the card's text.
        end: Code point after the last one.
        entity_type: Entity type of a mention.
        head_id: Mention that becomes the head.
        tail_id: Mention that becomes the tail.
        label: Relation label.
        text: New text of a synthetic sentence.
        reason: Why it was rejected, of REJECT_REASONS or in own words; None for no reason.
    """

    kind: EventKind
    client: str
    seq: int
    session: str
    position: int
    item_kind: ItemKind = ItemKind.SENTENCE
    item_id: int | None = None
    version: int | None = None
    mention_id: int | None = None
    relation_id: int | None = None
    start: int | None = None
    end: int | None = None
    entity_type: str | None = None
    head_id: int | None = None
    tail_id: int | None = None
    label: str | None = None
    text: str | None = None
    reason: str | None = None

    @property
    def decides_card(self) -> bool:
        """Whether the card as a whole is decided, and not one mention or relation of it."""
        is_decision = self.kind in (EventKind.ACCEPT, EventKind.REJECT)
        return is_decision and self.mention_id is None and self.relation_id is None


def parse_event(raw: object) -> DeckEvent:
    """Check an event that the browser sent.

    Args:
        raw: One entry of the event log, decoded from JSON.

    Raises:
        DomainError: A field is missing, unknown or of the wrong type.
    """
    if not isinstance(raw, Mapping):
        raise DomainError(f"An event must be an object, got {type(raw).__name__}.")
    known = {field.name for field in fields(DeckEvent)}
    values = {str(name): value for name, value in raw.items() if value is not None}
    if unknown := sorted(values.keys() - known):
        raise DomainError(f"Unknown event fields {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
    for name, value in values.items():
        _check_type(name, value)
    kind = _member(EventKind, values.get("kind"))
    item_kind = _member(ItemKind, values.get("item_kind", ItemKind.SENTENCE))
    needed = ("client", "seq", "session", "position", *_REQUIRED.get(kind, ()))
    if not kind.is_navigation and kind is not EventKind.UNDO_LAST:
        needed += ("item_id", "version")
    if missing := [name for name in needed if name not in values]:
        raise DomainError(f"Event {kind} lacks {', '.join(missing)}.")
    return DeckEvent(**(values | {"kind": kind, "item_kind": item_kind}))


def _check_type(name: str, value: object) -> None:
    expected = int if name in _INTEGERS else str
    if not isinstance(value, expected) or isinstance(value, bool):
        raise DomainError(f"Event field {name} must be {expected.__name__}, got {value!r}.")


def _member(enumeration: type[_Member], value: object) -> _Member:
    try:
        return enumeration(str(value))
    except ValueError as error:
        known = ", ".join(enumeration)
        raise DomainError(f"Unknown {enumeration.__name__} {value!r}; known: {known}.") from error
