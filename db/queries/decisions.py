"""The append-only record of what people decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.tables import Decision

SENTENCE = "sentence"
SYNTHETIC = "synthetic"
MODEL = "model"
UNDO = "undo"


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision: who, when, on what, and the target before and after as JSON."""

    id: int
    project_id: int
    user_id: int
    created_at: datetime
    target_kind: str
    target_id: int
    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    batch_id: str | None
    undoes_id: int | None


def add_decision(
    session: Session,
    *,
    project_id: int,
    user_id: int,
    target: tuple[str, int],
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    batch_id: str | None = None,
    undoes_id: int | None = None,
) -> int:
    """Record a decision in the transaction of its change and return its id.

    Args:
        session: The session of the change itself.
        project_id: The project.
        user_id: Who decided.
        target: What kind of row, SENTENCE, SYNTHETIC or MODEL, and its id.
        action: What was done, one word.
        before: The target before, as JSON.
        after: The target after, as JSON.
        batch_id: Joins the decisions of one bulk step.
        undoes_id: The decision that this one takes back.
    """
    row = Decision(
        project_id=project_id,
        user_id=user_id,
        target_kind=target[0],
        target_id=target[1],
        action=action,
        before=dict(before),
        after=dict(after),
        batch_id=batch_id,
        undoes_id=undoes_id,
    )
    session.add(row)
    session.flush()
    return row.id


def find_last_step(
    session: Session, *, project_id: int, user_id: int, target: tuple[str, int] | None = None
) -> list[DecisionView]:
    """Return the user's last curation step that is not undone, newest decision first; all of a bulk step.

    Promotions of models are decisions too, but not steps of curation: they are rolled back on their own.

    Args:
        session: An open session.
        project_id: The project.
        user_id: Whose decisions.
        target: Only decisions on this row, as (kind, id).
    """
    undoing = sa.orm.aliased(Decision)
    query = (
        select(Decision)
        .where(Decision.project_id == project_id, Decision.user_id == user_id)
        .where(col(Decision.undoes_id).is_(None), col(Decision.target_kind).in_([SENTENCE, SYNTHETIC]))
        .where(~sa.exists().where(col(undoing.undoes_id) == col(Decision.id)))
        .order_by(col(Decision.id).desc())
    )
    if target is not None:
        query = query.where(Decision.target_kind == target[0], Decision.target_id == target[1])
    last = session.exec(query.limit(1)).first()
    if last is None:
        return []
    if last.batch_id is None:
        return [_view(last)]
    whole = select(Decision).where(Decision.project_id == project_id, Decision.batch_id == last.batch_id)
    return [_view(row) for row in session.exec(whole.order_by(col(Decision.id).desc()))]


def list_decisions(
    session: Session,
    *,
    project_id: int,
    target: tuple[str, int] | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[DecisionView]:
    """Return decisions, newest first; `before_id` is the last id of the page before."""
    query = select(Decision).where(Decision.project_id == project_id).order_by(col(Decision.id).desc()).limit(limit)
    if target is not None:
        query = query.where(Decision.target_kind == target[0], Decision.target_id == target[1])
    if before_id is not None:
        query = query.where(Decision.id < before_id)
    return [_view(row) for row in session.exec(query)]


def _view(row: Decision) -> DecisionView:
    return DecisionView(
        row.id,
        row.project_id,
        row.user_id,
        row.created_at,
        row.target_kind,
        row.target_id,
        row.action,
        row.before,
        row.after,
        row.batch_id,
        row.undoes_id,
    )
