"""What the loser of a race sees and chooses: the card as it is now, and as their refused change would make it.

A decision on a whole card (accept, reject, every change of a synthetic sentence) is about the card that was seen, so
it is applied to that version and would replace the present one. A change of a part is applied to the present version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from core.errors import ConflictError, DareError
from core.workflows.curation import sentence_events, synthetic_events
from core.workflows.curation.event_fields import Event
from db.queries import annotations, decisions, edits, projects, synthetic, synthetic_edits, users
from db.queries.edits import Annotation
from db.queries.synthetic_edits import SyntheticEdit
from db.session import Session

Card: TypeAlias = Annotation | SyntheticEdit
Target = tuple[str, int]

_WHOLE_CARD = ("accept", "reject", "edit", "relabel")
_PARTS = ("mention_id", "relation_id")


@dataclass(frozen=True, slots=True)
class Clash:
    """Two versions of a card.

    Args:
        text: What the offsets of mentions are counted in; a synthetic sentence has its own.
        version: Of the card as it is now.
        present: The card as it is now.
        mine: The card as the refused changes would make it; None where they cannot be applied any more.
        error: Why they cannot.
        changed_by: Name of whoever changed the card last; None where it was a model.
        is_own_change: Whether the user themselves did, in another tab.
        changed_at: When; None where it was a model.
    """

    text: str
    version: int
    present: Card
    mine: Card | None
    error: str
    changed_by: str | None
    is_own_change: bool
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Stored:
    """A card as it is in the database; `row` is what its store function wants."""

    row: Any
    version: int
    card: Card
    text: str


def find_clash(
    session: Session, *, project_id: int, user_id: int, target: Target, seen_version: int, events: Sequence[Event]
) -> Clash:
    """Return both versions of a card.

    Args:
        session: An open session.
        project_id: The project.
        user_id: Whose change was refused.
        target: ("sentence" or "synthetic", id).
        seen_version: The version that the user saw.
        events: What they did, refused, in order.

    Raises:
        NotFoundError: The card is gone.
    """
    stored = _load(session, project_id, target)
    mine, error = _apply(session, project_id, target, stored, seen_version, events)
    last = _find_last(session, project_id, target)
    is_by_person = last is not None and edits.to_card(last.after) == stored.card.to_json()
    who = users.get_user_names(session).get(last.user_id) if last is not None and is_by_person else None
    return Clash(
        stored.text,
        stored.version,
        stored.card,
        mine,
        error,
        who,
        last is not None and is_by_person and last.user_id == user_id,
        last.created_at if last is not None and is_by_person else None,
    )


def apply_mine(
    session: Session,
    *,
    project_id: int,
    user_id: int,
    target: Target,
    version: int,
    seen_version: int,
    events: Sequence[Event],
) -> None:
    """Store the user's version of a card in the place of the present one, as a decision of theirs.

    Args:
        session: An open session; the caller commits.
        project_id: The project.
        user_id: Who decides.
        target: ("sentence" or "synthetic", id).
        version: Version of the present card that the user was shown beside their own.
        seen_version: The version that their refused changes were made on.
        events: What they did, in order.

    Raises:
        ConflictError: The card was changed once more; nothing was overwritten.
        DareError: The changes cannot be applied any more.
    """
    stored = _load(session, project_id, target)
    if stored.version != version:
        raise ConflictError(
            f"The card was changed once more: you were shown version {version}, it is at {stored.version}. "
            "Nothing was overwritten; compare the two versions again."
        )
    mine, error = _apply(session, project_id, target, stored, seen_version, events)
    if mine is None:
        raise ConflictError(error)
    if mine.to_json() == stored.card.to_json():
        return
    after: Card = mine
    if isinstance(mine, Annotation):
        after = edits.save_annotation(session, stored.row, mine)
    else:
        synthetic_edits.save_synthetic(session, stored.row, mine)
    decisions.add_decision(
        session,
        project_id=project_id,
        user_id=user_id,
        target=target,
        action=str(events[-1]["kind"]),
        before=stored.card.to_json(),
        after=after.to_json(),
    )


def _load(session: Session, project_id: int, target: Target) -> _Stored:
    kind, row_id = target
    if kind == decisions.SENTENCE:
        loaded = edits.load_sentence(session, row_id, project_id=project_id)
        text = annotations.get_sentence_text(session, row_id)
        return _Stored(loaded, loaded.version, loaded.annotation, text)
    view = synthetic.get_synthetic_view(session, row_id, project_id=project_id)
    return _Stored(view, view.version, synthetic_edits.to_edit(view), view.text)


def _apply(
    session: Session, project_id: int, target: Target, stored: _Stored, seen_version: int, events: Sequence[Event]
) -> tuple[Card | None, str]:
    """Return the user's version, or None and why there is none."""
    card = stored.card
    if any(_is_about_whole_card(event, target) for event in events):
        seen = _find_seen(session, project_id, target, stored, seen_version)
        card = stored.card if seen is None else seen
    schema = projects.get_schema(session, project_id)
    try:
        for event in events:
            if isinstance(card, Annotation):
                context = sentence_events.EventContext(schema, stored.text)
                card = sentence_events.apply_event(card, event, context)
            else:
                card = synthetic_events.apply_event(card, event, schema)
    except DareError as error:
        return None, f"Your change cannot be applied any more: {error}"
    return card, ""


def _is_about_whole_card(event: Event, target: Target) -> bool:
    if target[0] == decisions.SYNTHETIC:
        return True
    return event.get("kind") in _WHOLE_CARD and all(event.get(name) is None for name in _PARTS)


def _find_seen(session: Session, project_id: int, target: Target, stored: _Stored, seen_version: int) -> Card | None:
    """Return the card at an earlier version, or None where something else than decisions changed it since."""
    missing = stored.version - seen_version
    present: Mapping[str, Any] = stored.card.to_json()
    before_id: int | None = None
    while missing > 0:
        page = decisions.list_decisions(session, project_id=project_id, target=target, before_id=before_id)
        if not page:
            return None
        for decision in page:
            if decision.action == decisions.KEEP or not missing:  # Keeping a row as it is makes no version.
                continue
            if edits.to_card(decision.after) != present:
                return None
            present, missing = edits.to_card(decision.before), missing - 1
        before_id = page[-1].id
    return Annotation.from_json(present) if target[0] == decisions.SENTENCE else SyntheticEdit.from_json(present)


def _find_last(session: Session, project_id: int, target: Target) -> decisions.DecisionView | None:
    page = decisions.list_decisions(session, project_id=project_id, target=target, limit=10)
    return next((one for one in page if one.action != decisions.KEEP), None)
