"""Where the state of synthetic sentences comes from: the decision that stands, and the label they began with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.queries.decisions import NO_VERDICTS, SYNTHETIC
from db.tables import Decision


@dataclass(frozen=True, slots=True)
class History:
    """The decision that gave a sentence what it holds now.

    Args:
        user_id: Who made it.
        action: What was done, one word.
        decided_at: When.
        is_bulk: Whether it was part of a bulk step.
        first_label: The label before anybody decided: the one that the sentence was generated for.
    """

    user_id: int
    action: str
    decided_at: datetime
    is_bulk: bool
    first_label: str


def ends_of_history(project_id: int) -> tuple[Any, Any]:
    """Select, by sentence, its first decision and the last one that takes nothing back and is not taken back.

    Flags and comments decide nothing, so they are never the last one.

    Returns:
        Two subqueries with the columns target_id and decision_id.
    """
    of_synthetic: list[Any] = [Decision.project_id == project_id, Decision.target_kind == SYNTHETIC]
    undoing = sa.orm.aliased(Decision)
    target = col(Decision.target_id)
    first = sa.select(target, sa.func.min(Decision.id).label("decision_id")).where(*of_synthetic)
    last = (
        sa.select(target, sa.func.max(Decision.id).label("decision_id"))
        .where(*of_synthetic, col(Decision.undoes_id).is_(None), col(Decision.action).not_in(NO_VERDICTS))
        .where(~sa.exists().where(col(undoing.undoes_id) == col(Decision.id)))
    )
    return first.group_by(target).subquery(), last.group_by(target).subquery()


def get_histories(session: Session, synthetic_ids: Sequence[int], *, project_id: int) -> dict[int, History]:
    """Return the history of sentences by id; those that nobody decided, or all of whose decisions are undone, lack."""
    first, last = ends_of_history(project_id)
    begin, end = sa.orm.aliased(Decision), sa.orm.aliased(Decision)
    query = (
        select(end, begin)
        .join(last, last.c.decision_id == col(end.id))
        .join(first, first.c.target_id == col(end.target_id))
        .join(begin, first.c.decision_id == col(begin.id))
        .where(col(end.target_id).in_(synthetic_ids))
    )
    return {
        stands.target_id: History(
            stands.user_id,
            stands.action,
            stands.created_at,
            stands.batch_id is not None,
            str(began.before["label"]),
        )
        for stands, began in session.exec(query)
    }
