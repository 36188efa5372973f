"""Recognises a change that a curator's browser sends again because the server ended before it could confirm it."""

from typing import Any

from core.errors import DareError
from core.workflows.curation import sentence_events, synthetic_events
from core.workflows.curation.event_fields import Event
from db.queries import annotations, decisions, edits, projects, synthetic, synthetic_edits
from db.queries.decisions import DecisionView
from db.session import Session


def find_replayed(
    session: Session, *, project_id: int, user_id: int, target: tuple[str, int], version: int, event: Event
) -> int | None:
    """Return the version right after an event if the event is stored already, else None.

    Every change takes a row one version further, so of the changes since the version that the curator saw the
    first one must be this event: by the same person, of the same kind, with the same effect.

    Args:
        session: An open session.
        project_id: The project.
        user_id: Who decided.
        target: The row, as ("sentence" or "synthetic", id).
        version: The version that the curator saw.
        event: What the curator did.

    Raises:
        NotFoundError: The project has no such row.
    """
    num_changes = _present_version(session, project_id, target) - version
    if num_changes <= 0:
        return None
    since = decisions.list_decisions(session, project_id=project_id, target=target, limit=num_changes)
    if not since or since[-1].user_id != user_id or since[-1].action != event.get("kind"):
        return None
    return version + 1 if _has_effect(session, project_id, since[-1], event) else None


def _present_version(session: Session, project_id: int, target: tuple[str, int]) -> int:
    kind, row_id = target
    if kind == decisions.SENTENCE:
        return edits.load_sentence(session, row_id, project_id=project_id).version
    return synthetic.get_synthetic_view(session, row_id, project_id=project_id).version


def _has_effect(session: Session, project_id: int, decision: DecisionView, event: Event) -> bool:
    """Return whether an event makes of a row what a decision made of it."""
    if decision.action == decisions.UNDO:
        return True  # it names no step, and takes back the last one
    schema = projects.get_schema(session, project_id)
    try:
        if decision.target_kind == decisions.SYNTHETIC:
            edit = synthetic_edits.SyntheticEdit.from_json(decision.before)
            return synthetic_events.apply_event(edit, event, schema).to_json() == dict(decision.after)
        context = sentence_events.EventContext(schema, annotations.get_sentence_text(session, decision.target_id))
        annotation = edits.Annotation.from_json(decision.before)
        after = sentence_events.apply_event(annotation, event, context).to_json()
    except DareError:
        return False
    return after == _with_new_ids(decision)


def _with_new_ids(decision: DecisionView) -> dict[str, Any]:
    """Return what a decision left, with new items named as they were before they were stored."""
    after = edits.to_card(decision.after)
    for group in ("mentions", "relations"):
        known = {item["id"] for item in decision.before[group]}
        items = [item if item["id"] in known else item | {"id": sentence_events.NEW_ID} for item in after[group]]
        after[group] = sorted(items, key=lambda item: item["id"])
    return after
