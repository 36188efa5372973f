"""What each event of a curator does to the annotation of a sentence: values in, values out, no database."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.domain import Mention, Relation, Schema, Source, Span, State
from core.errors import NotFoundError, SchemaError, SpanError
from core.workflows.curation.event_fields import (
    MAX_COMMENT_LENGTH,
    Event,
    find_integer,
    take_integer,
    take_kind,
    take_text,
)
from db.queries.edits import Annotation, RelationLink

NEW_ID = -1


@dataclass(frozen=True, slots=True)
class EventContext:
    """What an event is checked against: the project's schema and the sentence's text."""

    schema: Schema
    text: str


def apply_event(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    """Return the annotation after an event; a relation of a rejected mention is rejected with it.

    A rejected mention is out of the way, so another one may take its place and type. A relation between these two,
    rejected like the first of them, would join a mention with itself then, and is dropped.

    Raises:
        DomainError: The event is unknown or lacks a field.
        SpanError: A span is outside the sentence or taken.
        SchemaError: A type or label is unknown, or illegal.
        NotFoundError: The event names a mention or relation that the sentence does not show.
    """
    after = HANDLERS[take_kind(event, HANDLERS)](annotation, event, context)
    live = {mention_id for mention_id, mention in after.mentions.items() if mention.state is not State.REJECTED}
    relations = {
        relation_id: link if {link.head_id, link.tail_id} <= live else replace(link, state=State.REJECTED)
        for relation_id, link in after.relations.items()
        if after.mentions[link.head_id] != after.mentions[link.tail_id]
    }
    return replace(after, relations=relations)


def _add_mention(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    mention = Mention(
        Span(take_integer(event, "start"), take_integer(event, "end")),
        take_text(event, "entity_type"),
        source=Source.CURATOR,
    )
    return _with_mention(annotation, NEW_ID, mention, context)


def _delete_mention(annotation: Annotation, event: Event, _context: EventContext) -> Annotation:
    mention_id = take_integer(event, "mention_id")
    rejected = replace(_live_mention(annotation, mention_id), state=State.REJECTED)
    return replace(annotation, mentions={**annotation.mentions, mention_id: rejected})


def _set_type(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    """Change a type; predicted relations that become illegal are rejected, decided ones stop the change."""
    mention_id = take_integer(event, "mention_id")
    mention, entity_type = _live_mention(annotation, mention_id), take_text(event, "entity_type")
    if mention.entity_type == entity_type:
        return annotation
    # A concept of another type would be wrong, so it goes with the type.
    changed = replace(mention, entity_type=entity_type, concept_ids=(), names=(), state=_changed_state(mention))
    after = _with_mention(annotation, mention_id, changed, context)
    relations = dict(after.relations)
    for relation_id, link in after.relations.items():
        if link.state is State.REJECTED or mention_id not in (link.head_id, link.tail_id):
            continue
        try:
            _check_legal(after, link, context)
        except SchemaError as error:
            if link.state.is_gold:
                raise SchemaError(f"{error} Delete or change that relation first.") from error
            relations[relation_id] = replace(link, state=State.REJECTED)
    return replace(after, relations=relations)


def _resize_mention(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    mention_id = take_integer(event, "mention_id")
    mention = _live_mention(annotation, mention_id)
    span = Span(take_integer(event, "start"), take_integer(event, "end"))
    if span == mention.span:
        return annotation
    changed = replace(mention, span=span, state=_changed_state(mention))
    return _with_mention(annotation, mention_id, changed, context)


def _add_relation(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    link = RelationLink(take_integer(event, "head_id"), take_integer(event, "tail_id"), take_text(event, "label"))
    same_id = _find_same(annotation, NEW_ID, link, context)
    if same_id is not None and annotation.relations[same_id].state is State.PENDING:
        return _accept_relation(annotation, same_id, context)
    return _with_relation(annotation, NEW_ID, link, context)


def _reverse_relation(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    relation_id = take_integer(event, "relation_id")
    link = _live_relation(annotation, relation_id)
    turned = replace(link, head_id=link.tail_id, tail_id=link.head_id, state=_changed_state(link))
    return _with_relation(annotation, relation_id, turned, context)


def _set_label(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    relation_id = take_integer(event, "relation_id")
    link, label = _live_relation(annotation, relation_id), take_text(event, "label")
    if link.label == label:
        return annotation
    return _with_relation(annotation, relation_id, replace(link, label=label, state=_changed_state(link)), context)


def _delete_relation(annotation: Annotation, event: Event, _context: EventContext) -> Annotation:
    relation_id = take_integer(event, "relation_id")
    rejected = replace(_live_relation(annotation, relation_id), state=State.REJECTED)
    return replace(annotation, relations={**annotation.relations, relation_id: rejected})


def _accept(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    """Accept one item, or everything that is pending and with it the sentence."""
    mention_id, relation_id = find_integer(event, "mention_id"), find_integer(event, "relation_id")
    if mention_id is not None:
        return _accept_mention(annotation, mention_id, context)
    if relation_id is not None:
        return _accept_relation(annotation, relation_id, context)
    after = annotation
    for pending_id, mention in annotation.mentions.items():
        if mention.state is State.PENDING:
            after = _accept_mention(after, pending_id, context)
    for pending_id, link in annotation.relations.items():
        if link.state is State.PENDING:
            after = _accept_relation(after, pending_id, context)
    return replace(after, state=State.ACCEPTED)


def _reject(annotation: Annotation, event: Event, context: EventContext) -> Annotation:
    """Reject one item, or everything that is pending; then the sentence is reviewed and holds the rest."""
    if event.get("mention_id") is not None:
        return _delete_mention(annotation, event, context)
    if event.get("relation_id") is not None:
        return _delete_relation(annotation, event, context)
    mentions = {
        mention_id: replace(mention, state=State.REJECTED) if mention.state is State.PENDING else mention
        for mention_id, mention in annotation.mentions.items()
    }
    relations = {
        relation_id: replace(link, state=State.REJECTED) if link.state is State.PENDING else link
        for relation_id, link in annotation.relations.items()
    }
    return replace(annotation, state=State.ACCEPTED, mentions=mentions, relations=relations)


def _flag(annotation: Annotation, _event: Event, _context: EventContext) -> Annotation:
    return replace(annotation, is_flagged=not annotation.is_flagged)


def _comment(annotation: Annotation, event: Event, _context: EventContext) -> Annotation:
    return replace(annotation, comment=take_text(event, "text", max_length=MAX_COMMENT_LENGTH).strip())


def _reopen(annotation: Annotation, _event: Event, _context: EventContext) -> Annotation:
    return replace(annotation, state=State.PENDING)


HANDLERS: dict[str, Callable[[Annotation, Event, EventContext], Annotation]] = {
    "add_mention": _add_mention,
    "delete_mention": _delete_mention,
    "set_type": _set_type,
    "resize_mention": _resize_mention,
    "add_relation": _add_relation,
    "reverse_relation": _reverse_relation,
    "set_label": _set_label,
    "delete_relation": _delete_relation,
    "accept": _accept,
    "reject": _reject,
    "flag": _flag,
    "comment": _comment,
    "reopen": _reopen,
}


def _changed_state(item: Mention | RelationLink) -> State:
    """Return the state after a curator changed an item: what a curator made is not a correction."""
    return State.ACCEPTED if item.source is Source.CURATOR else State.CORRECTED


def _live_mention(annotation: Annotation, mention_id: int) -> Mention:
    mention = annotation.mentions.get(mention_id)
    if mention is None or mention.state is State.REJECTED:
        raise NotFoundError(f"Mention {mention_id} is not in this sentence; load the sentence again.")
    return mention


def _live_relation(annotation: Annotation, relation_id: int) -> RelationLink:
    link = annotation.relations.get(relation_id)
    if link is None or link.state is State.REJECTED:
        raise NotFoundError(f"Relation {relation_id} is not in this sentence; load the sentence again.")
    return link


def _with_mention(annotation: Annotation, mention_id: int, mention: Mention, context: EventContext) -> Annotation:
    """Store a mention after checking type, span, and that no live one is equal."""
    context.schema.check_mention(mention, context.text)
    for other_id, other in annotation.mentions.items():
        if other_id != mention_id and other == mention and other.state is not State.REJECTED:
            surface = mention.span.text(context.text)
            raise SpanError(f"{surface!r} is marked as {mention.entity_type} already; change or delete that mention.")
    return replace(annotation, mentions={**annotation.mentions, mention_id: mention})


def _with_relation(annotation: Annotation, relation_id: int, link: RelationLink, context: EventContext) -> Annotation:
    """Store a decided relation after checking that it is legal and new; its mentions become decided too."""
    _check_legal(annotation, link, context)
    if _find_same(annotation, relation_id, link, context) is not None:
        raise SchemaError(f"These two mentions are joined by {link.label} already; choose another label.")
    after = replace(annotation, relations={**annotation.relations, relation_id: link})
    for mention_id in (link.head_id, link.tail_id):
        after = _accept_mention(after, mention_id, context)
    return after


def _check_legal(annotation: Annotation, link: RelationLink, context: EventContext) -> None:
    head, tail = _live_mention(annotation, link.head_id), _live_mention(annotation, link.tail_id)
    context.schema.check_relation(Relation(head, tail, link.label))


def _find_same(annotation: Annotation, relation_id: int, link: RelationLink, context: EventContext) -> int | None:
    """Return the live relation that says the same; a symmetric label says the same in both directions."""
    label = context.schema.find_label(link.label)
    ends = [(link.head_id, link.tail_id)]
    if label is not None and label.is_symmetric:
        ends.append((link.tail_id, link.head_id))
    for other_id, other in annotation.relations.items():
        is_live = other_id != relation_id and other.state is not State.REJECTED
        if is_live and other.label == link.label and (other.head_id, other.tail_id) in ends:
            return other_id
    return None


def _accept_mention(annotation: Annotation, mention_id: int, context: EventContext) -> Annotation:
    mention = _live_mention(annotation, mention_id)
    if mention.state is not State.PENDING:
        return annotation
    context.schema.check_mention(mention, context.text)
    accepted = replace(mention, state=State.ACCEPTED)
    return replace(annotation, mentions={**annotation.mentions, mention_id: accepted})


def _accept_relation(annotation: Annotation, relation_id: int, context: EventContext) -> Annotation:
    """Accept a relation; what it joins is true as well, so its mentions are accepted with it."""
    link = _live_relation(annotation, relation_id)
    if link.state is not State.PENDING:
        return annotation
    _check_legal(annotation, link, context)
    accepted = replace(link, state=State.ACCEPTED)
    after = replace(annotation, relations={**annotation.relations, relation_id: accepted})
    for mention_id in (link.head_id, link.tail_id):
        after = _accept_mention(after, mention_id, context)
    return after
