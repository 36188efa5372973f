"""What each event of a curator does to a synthetic sentence: values in, values out, no database."""

from collections.abc import Callable
from dataclasses import replace

from core.domain import NO_RELATION, Schema, State
from core.errors import SchemaError, SpanError
from core.workflows.curation.event_fields import MAX_COMMENT_LENGTH, Event, take_kind, take_text
from db.queries.synthetic_edits import SyntheticEdit

MAX_TEXT_LENGTH = 2_000
MAX_REASON_LENGTH = 200


def apply_event(sentence: SyntheticEdit, event: Event, schema: Schema) -> SyntheticEdit:
    """Return the sentence after an event.

    Raises:
        DomainError: The event is unknown or lacks a field.
        SpanError: An edited text does not hold each mask exactly once.
        SchemaError: A label is unknown or may not join the two types.
    """
    return HANDLERS[take_kind(event, HANDLERS)](sentence, event, schema)


def _accept(sentence: SyntheticEdit, _event: Event, _schema: Schema) -> SyntheticEdit:
    state = sentence.state if sentence.state.is_gold else State.ACCEPTED
    return replace(sentence, state=state, reason="")


def _reject(sentence: SyntheticEdit, event: Event, _schema: Schema) -> SyntheticEdit:
    reason = "" if event.get("reason") is None else take_text(event, "reason", max_length=MAX_REASON_LENGTH)
    return replace(sentence, state=State.REJECTED, reason=reason.strip())


def _edit(sentence: SyntheticEdit, event: Event, _schema: Schema) -> SyntheticEdit:
    """Take a new text, find the masks in it again, and keep the generator's text."""
    text = take_text(event, "text", max_length=MAX_TEXT_LENGTH).strip()
    if text == sentence.text:
        return sentence
    head = sentence.text[sentence.head_start : sentence.head_end]
    tail = sentence.text[sentence.tail_start : sentence.tail_end]
    head_start, tail_start = _find_mask(text, head), _find_mask(text, tail)
    return replace(
        sentence,
        text=text,
        head_start=head_start,
        head_end=head_start + len(head),
        tail_start=tail_start,
        tail_end=tail_start + len(tail),
        state=State.CORRECTED,
        reason="",
        original_text=sentence.original_text or sentence.text,
    )


def _find_mask(text: str, mask: str) -> int:
    if text.count(mask) != 1:
        raise SpanError(
            f"The text must hold {mask} exactly once, it has it {text.count(mask)} times; "
            "put it where the mention stands."
        )
    return text.index(mask)


def _relabel(sentence: SyntheticEdit, event: Event, schema: Schema) -> SyntheticEdit:
    name = take_text(event, "label")
    if name == sentence.label:
        return sentence
    if name != NO_RELATION:
        label = schema.find_label(name)
        if label is None:
            known = ", ".join((*schema.label_names, NO_RELATION))
            raise SchemaError(f"Unknown relation label {name!r}; known: {known}.")
        if not label.allows(sentence.head_type, sentence.tail_type):
            raise SchemaError(f"Label {name} may not join {sentence.head_type} → {sentence.tail_type}.")
    return replace(sentence, label=name, state=State.CORRECTED, reason="")


def _flag(sentence: SyntheticEdit, _event: Event, _schema: Schema) -> SyntheticEdit:
    return replace(sentence, is_flagged=not sentence.is_flagged)


def _comment(sentence: SyntheticEdit, event: Event, _schema: Schema) -> SyntheticEdit:
    return replace(sentence, comment=take_text(event, "text", max_length=MAX_COMMENT_LENGTH).strip())


def _skip(sentence: SyntheticEdit, _event: Event, _schema: Schema) -> SyntheticEdit:
    return sentence


HANDLERS: dict[str, Callable[[SyntheticEdit, Event, Schema], SyntheticEdit]] = {
    "accept": _accept,
    "reject": _reject,
    "edit": _edit,
    "relabel": _relabel,
    "flag": _flag,
    "comment": _comment,
    "skip": _skip,
}
