"""The append-only record of what people decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.columns import utc_now
from db.tables import Decision, SentenceRow

SENTENCE = "sentence"
SYNTHETIC = "synthetic"
MODEL = "model"
UNDO = "undo"
# Actions that say nothing about whether a sentence is good.
NO_VERDICTS = ("flag", "comment")
# Stands where an undo found a row changed since: the row was left as it is.
KEEP = "keep"
# Bulk steps read and write plain rows: objects would cost most of their time.
_TABLE: Any = sa.inspect(Decision).local_table


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
        created_at=utc_now(),
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


@dataclass(frozen=True, slots=True)
class Change:
    """One row's part in a bulk step: the row, its JSON before and after, and the decision that it takes back."""

    target_id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    undoes_id: int | None = None


def add_bulk_decisions(
    session: Session,
    changes: Sequence[Change],
    *,
    project_id: int,
    user_id: int,
    target_kind: str,
    action: str,
    batch_id: str,
) -> None:
    """Record a bulk step, one decision a row, in the transaction of its change."""
    common = {
        "project_id": project_id,
        "user_id": user_id,
        "created_at": utc_now(),
        "target_kind": target_kind,
        "action": action,
        "batch_id": batch_id,
    }
    rows = [
        {
            **common,
            "target_id": change.target_id,
            "before": dict(change.before),
            "after": dict(change.after),
            "undoes_id": change.undoes_id,
        }
        for change in changes
    ]
    if rows:
        session.execute(sa.insert(_TABLE), rows)


@dataclass(frozen=True, slots=True)
class BulkStep:
    """A bulk step that can be taken back: how many rows it changed, and when."""

    batch_id: str
    action: str
    num_changed: int
    created_at: datetime


def find_last_bulk_step(session: Session, *, project_id: int, user_id: int, target_kind: str) -> BulkStep | None:
    """Return the user's newest bulk step on one kind of row that is not undone, or None."""
    batch, at = col(Decision.batch_id), sa.func.min(Decision.created_at)
    query = (
        select(batch, sa.func.min(Decision.action), sa.func.count(), at)
        .where(Decision.project_id == project_id, Decision.user_id == user_id, Decision.target_kind == target_kind)
        .where(batch.is_not(None), *stands())
        .group_by(batch)
        .order_by(sa.func.max(Decision.id).desc())
        .limit(1)
    )
    found = session.exec(query).first()
    return None if found is None else BulkStep(found[0] or "", found[1], found[2], found[3])


def stands() -> list[Any]:
    """Return the conditions of decisions that take nothing back and are not taken back."""
    undoing = sa.orm.aliased(Decision)
    return [col(Decision.undoes_id).is_(None), ~sa.exists().where(col(undoing.undoes_id) == col(Decision.id))]


def _steps(project_id: int, user_id: int) -> list[Any]:
    """Conditions of a user's decisions on sentences and synthetic sentences that stand."""
    return [*are_steps(project_id, user_id), *stands()]


def are_steps(project_id: int, user_id: int) -> list[Any]:
    """Return the conditions of a user's decisions of curation, undone ones too, on what has not been removed since."""
    kinds = col(Decision.target_kind).in_([SENTENCE, SYNTHETIC])
    is_there = sa.exists().where(col(SentenceRow.id) == col(Decision.target_id))
    is_kept = sa.or_(col(Decision.target_kind) != SENTENCE, is_there)
    return [Decision.project_id == project_id, Decision.user_id == user_id, kinds, is_kept]


def find_last(
    session: Session, *, project_id: int, user_id: int, target: tuple[str, int] | None = None
) -> DecisionView | None:
    """Return the user's last decision of curation that is not undone, or None.

    Promotions of models are decisions too, but not steps of curation: they are rolled back on their own.

    Args:
        session: An open session.
        project_id: The project.
        user_id: Whose decision.
        target: Only decisions on this row, as (kind, id).
    """
    query = select(Decision).where(*_steps(project_id, user_id)).order_by(col(Decision.id).desc())
    if target is not None:
        query = query.where(Decision.target_kind == target[0], Decision.target_id == target[1])
    last = session.exec(query.limit(1)).first()
    return None if last is None else _view(last)


def find_bulk_decision(session: Session, batch_id: str, *, project_id: int, user_id: int) -> DecisionView | None:
    """Return a decision of a user's bulk step, or None where there is no such step or it is undone already."""
    query = select(Decision).where(*_steps(project_id, user_id), Decision.batch_id == batch_id)
    found = session.exec(query.order_by(col(Decision.id).desc()).limit(1)).first()
    return None if found is None else _view(found)


def list_step_ids(session: Session, decision: DecisionView) -> list[int]:
    """Return the decisions of the same step that are not undone, newest first: itself, or all of a bulk step."""
    query = select(Decision.id).where(*_steps(decision.project_id, decision.user_id))
    if decision.batch_id is None:
        query = query.where(Decision.id == decision.id)
    else:
        query = query.where(Decision.batch_id == decision.batch_id)
    return list(session.exec(query.order_by(col(Decision.id).desc())))


def list_ids_since(session: Session, decision: DecisionView) -> list[int]:
    """Return the same user's decisions from the step of this one on that are not undone, newest first."""
    first = min(list_step_ids(session, decision), default=decision.id)
    query = select(Decision.id).where(*_steps(decision.project_id, decision.user_id), Decision.id >= first)
    return list(session.exec(query.order_by(col(Decision.id).desc())))


def get_decisions(session: Session, decision_ids: Sequence[int]) -> list[DecisionView]:
    """Return decisions in the order asked for, some hundred at a time; ids that do not exist are left out."""
    found = session.execute(sa.select(*_TABLE.c).where(_TABLE.c.id.in_(decision_ids)))
    rows = {row.id: row for row in found}
    return [_view(rows[decision_id]) for decision_id in decision_ids if decision_id in rows]


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


def _view(row: Any) -> DecisionView:  # noqa: ANN401 - a Decision or the row of its columns
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
