"""From what the deck reports to the workflow that stores it: fields, versions, undo, replays; one session an event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import ConflictError, NotFoundError
from core.workflows.curation import replays
from core.workflows.curation.undo import Undone, undo
from db.session import Session, session_scope
from pages.components.review_queue import ReviewQueue
from pages.components.session import get_engine, get_settings, notify
from pages.components.span_editor import DeckEvent, EventKind
from pages.components.undo_wording import describe_undone

_FIELDS = (
    *("mention_id", "relation_id", "start", "end", "entity_type"),
    *("head_id", "tail_id", "label", "text", "reason"),
)

# Stores one change of a card: (session, card id, version, fields of the event) → new version.
Change = Callable[[Session, int, int, dict[str, Any]], int]


@dataclass(frozen=True, slots=True)
class Desk:
    """Who reviews what.

    Args:
        project_id: The project.
        user_id: The person.
        target_kind: "sentence" or "synthetic", as decisions name it.
        elsewhere: Where the other kind is reviewed, to say so.
        change: Stores one change.
    """

    project_id: int
    user_id: int
    target_kind: str
    elsewhere: str
    change: Change


def apply_event(event: DeckEvent, desk: Desk, queue: ReviewQueue[Any]) -> int | None:
    """Store one event and return the card's new version; it is committed when this returns.

    Raises:
        DareError: The event was refused; nothing was changed.
    """
    if event.kind is EventKind.RELOAD and event.item_id is not None:
        queue.refused.pop(event.item_id, None)
    if event.kind.is_navigation:
        return None
    if event.kind is EventKind.UNDO_LAST:
        _undo_last(desk, queue)
        return None
    if event.item_id is None or event.version is None:
        raise NotFoundError(f"Event {event.kind} names no card; load the page again.")
    with session_scope(get_engine(get_settings().resolved_database_url)) as session:
        return _change(session, desk, queue, (event.item_id, event.version), to_fields(event))


def apply_replay(event: DeckEvent, desk: Desk, queue: ReviewQueue[Any]) -> int | None:
    """Store an event that was made before the server was started anew, unless it is stored already.

    The place in the queue follows: the one that the browser named belonged to a queue that is gone.

    Raises:
        DareError: The event was refused; nothing was changed.
    """
    if event.kind.is_navigation or event.item_id is None or event.version is None:
        return apply_event(event, desk, queue)
    with session_scope(get_engine(get_settings().resolved_database_url)) as session:
        stored = replays.find_replayed(
            session,
            project_id=desk.project_id,
            user_id=desk.user_id,
            target=(desk.target_kind, event.item_id),
            version=event.version,
            event=to_fields(event),
        )
    queue.follow(event.item_id, is_done=event.decides_card)
    return apply_event(event, desk, queue) if stored is None else stored


def change_beside(
    session: Session, desk: Desk, queue: ReviewQueue[Any], card: tuple[int, int], fields: dict[str, Any]
) -> None:
    """Store a change that a widget beside the deck makes to the card (id, version)."""
    _change(session, desk, queue, card, fields)


def _change(
    session: Session, desk: Desk, queue: ReviewQueue[Any], card: tuple[int, int], fields: dict[str, Any]
) -> int:
    """Store a change of a card (id, version seen) and return its new version; keep one that met a conflict."""
    card_id, seen = card
    before = queue.present_version(card_id, seen)
    try:
        after = desk.change(session, card_id, before, fields)
    except ConflictError as error:
        if fields["kind"] == EventKind.UNDO:
            raise
        queue.note_refusal(card_id, seen=before, event=fields)
        raise ConflictError(
            "This card was changed elsewhere while you decided. Nothing was overwritten; both versions are shown "
            "below the card: choose one."
        ) from error
    queue.note_change(card_id, before=before, after=after)
    queue.refused.pop(card_id, None)
    return after


def to_fields(event: DeckEvent) -> dict[str, Any]:
    """Return the event as workflows read it: its kind and the fields that it uses."""
    values = {name: getattr(event, name) for name in _FIELDS}
    return {"kind": event.kind.value} | {name: value for name, value in values.items() if value is not None}


def _undo_last(desk: Desk, queue: ReviewQueue[Any]) -> None:
    """Take back the user's last step, made before this deck was opened or on the other page, and show its card."""
    with session_scope(get_engine(get_settings().resolved_database_url)) as session:
        undone = undo(session, desk.project_id, desk.user_id)
    if not undone.restored:
        raise NotFoundError("You have nothing left to undo in this project.")
    here = find_here(desk, undone)
    if here is not None:
        queue.go_to(here)
    if here is None:
        notify(f"{describe_undone(undone)} It was on the {desk.elsewhere} page; History below the card leads there.")
    elif len(undone.restored) > 1 or undone.left:
        notify(describe_undone(undone))
    queue.is_outdated = len(undone.restored) > 1


def find_here(desk: Desk, undone: Undone) -> int | None:
    """Return a card of this desk that an undo restored, or None."""
    return next((row_id for kind, row_id in undone.restored if kind == desk.target_kind), None)
