"""What one-by-one review says about a label's synthetic sentences above a score.

A sentence is in the sample if its state comes from a decision that somebody made on it alone: what a bulk step
decided says nothing about how good the rest is. Its label is the one it was generated for, whatever a curator
made of it since.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import State
from db.queries.synthetic_history import ends_of_history
from db.tables import Decision, SyntheticRow


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """Sentences of one label above a score.

    Args:
        pending: Nobody decided them.
        reviewed: Decided one by one.
        unchanged: Those among the reviewed that were accepted as they were written.
        pending_agreement: Mean agreement of the pending ones, in [0, 1]; None where there are none.
        reviewed_agreement: Mean agreement of the reviewed ones.
    """

    pending: int
    reviewed: int
    unchanged: int
    pending_agreement: float | None
    reviewed_agreement: float | None


def count_sample(session: Session, project_id: int, *, label: str, min_agreement: float) -> SampleCounts:
    """Count the pending and the reviewed sentences of a label with at least an agreement in [0, 1]."""
    agreement = col(SyntheticRow.agreement)
    above: list[Any] = [SyntheticRow.project_id == project_id, agreement >= min_agreement]
    waiting = select(sa.func.count(), sa.func.avg(agreement)).where(
        *above, SyntheticRow.label == label, SyntheticRow.state == State.PENDING
    )
    pending, pending_agreement = session.exec(waiting).one()
    first, last = ends_of_history(project_id)
    begin, end = sa.orm.aliased(Decision), sa.orm.aliased(Decision)
    is_unchanged = sa.case((col(SyntheticRow.state) == State.ACCEPTED, 1), else_=0)
    decided: Any = (
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(is_unchanged), 0), sa.func.avg(agreement))
        .join(first, first.c.target_id == col(SyntheticRow.id))
        .join(last, last.c.target_id == col(SyntheticRow.id))
        .join(begin, col(begin.id) == first.c.decision_id)
        .join(end, col(end.id) == last.c.decision_id)
        .where(*above, col(SyntheticRow.state) != State.PENDING, col(end.batch_id).is_(None))
        .where(begin.before["label"].as_string() == label)
    )
    reviewed, unchanged, reviewed_agreement = session.execute(decided).one()
    return SampleCounts(pending, reviewed, unchanged, pending_agreement, reviewed_agreement)
