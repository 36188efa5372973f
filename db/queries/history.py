"""The steps of one person, newest first, as a history panel shows them: a bulk step is one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.queries.decisions import KEEP, SENTENCE, SYNTHETIC, are_steps
from db.tables import Decision, DocumentRow, SentenceRow, SyntheticRow

_PAGE = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One decision, or all decisions of a bulk step.

    Args:
        decision_id: The decision; of a bulk step its newest one.
        target_kind: "sentence" or "synthetic".
        target_id: The row; of a bulk step one of its rows.
        num_rows: Rows that it changed, 1 where it is no bulk step.
        is_undone: Whether it was taken back.
        was_left: Whether an undo found its row changed since, and left it as it was.
    """

    decision_id: int
    created_at: datetime
    target_kind: str
    target_id: int
    action: str
    batch_id: str | None
    num_rows: int
    is_undone: bool
    was_left: bool


def list_steps(session: Session, *, project_id: int, user_id: int, limit: int = 50) -> list[Step]:
    """Return the user's last steps of curation, undone ones too, newest first; undos are no steps of their own."""
    found: list[Any] = []
    batches: list[str] = []
    before: int | None = None
    while len(found) < limit:
        page = _read_page(session, project_id, user_id, batches, before)
        for row in page:
            if row.batch_id not in batches:
                found.append(row)
                batches += [row.batch_id] if row.batch_id is not None else []
        if len(page) < _PAGE:
            break
        before = page[-1].id
    numbers = _count_rows(session, project_id, user_id, batches)
    return [_step(row, numbers.get(row.batch_id, 1)) for row in found[:limit]]


def _read_page(
    session: Session, project_id: int, user_id: int, batches: Sequence[str], before: int | None
) -> Sequence[Any]:
    """Read decisions before an id, the newest first, each with how it was taken back; none of known bulk steps."""
    undoing, batch = sa.orm.aliased(Decision), col(Decision.batch_id)
    undone_by = select(undoing.action).where(col(undoing.undoes_id) == col(Decision.id)).limit(1).scalar_subquery()
    names = ("id", "created_at", "target_kind", "target_id", "action", "batch_id")
    query: Any = (
        sa.select(*(getattr(Decision, name) for name in names), undone_by.label("undone_by"))
        .where(*_conditions(project_id, user_id))
        .where(sa.or_(batch.is_(None), batch.not_in(batches)))
        .order_by(col(Decision.id).desc())
        .limit(_PAGE)
    )
    return list(session.execute(query if before is None else query.where(col(Decision.id) < before)))


def _conditions(project_id: int, user_id: int) -> list[Any]:
    return [*are_steps(project_id, user_id), col(Decision.undoes_id).is_(None)]


def _count_rows(session: Session, project_id: int, user_id: int, batches: Sequence[str]) -> dict[str | None, int]:
    if not batches:
        return {}
    batch = col(Decision.batch_id)
    query = select(batch, sa.func.count()).where(*_conditions(project_id, user_id), batch.in_(batches))
    return dict(session.exec(query.group_by(batch)).all())


def _step(row: Any, num_rows: int) -> Step:  # noqa: ANN401 - a row of columns
    return Step(
        row.id,
        row.created_at,
        row.target_kind,
        row.target_id,
        row.action,
        row.batch_id,
        num_rows,
        row.undone_by is not None,
        row.undone_by == KEEP,
    )


def get_short_texts(session: Session, steps: Sequence[Step], *, length: int = 80) -> dict[tuple[str, int], str]:
    """Return the first characters of the rows of steps, by (kind, id); rows that are gone are left out."""
    start, end = col(SentenceRow.start), col(SentenceRow.end)
    stop = sa.case((end - start > length, length), else_=end - start)
    sentences = (
        select(SentenceRow.id, sa.func.substr(DocumentRow.text, start + 1, stop))
        .join(DocumentRow, col(DocumentRow.id) == col(SentenceRow.document_id))
        .where(col(SentenceRow.id).in_([step.target_id for step in steps if step.target_kind == SENTENCE]))
    )
    generated = select(SyntheticRow.id, sa.func.substr(SyntheticRow.text, 1, length)).where(
        col(SyntheticRow.id).in_([step.target_id for step in steps if step.target_kind == SYNTHETIC])
    )
    found = {(SENTENCE, row_id): text for row_id, text in session.exec(sentences)}
    return found | {(SYNTHETIC, row_id): text for row_id, text in session.exec(generated)}


def get_contents(session: Session, steps: Sequence[Step]) -> dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return what steps of one row recorded, before and after, by decision; bulk steps are left out."""
    ids = [step.decision_id for step in steps if step.num_rows == 1]
    query = select(Decision.id, Decision.before, Decision.after).where(col(Decision.id).in_(ids))
    return {decision_id: (before, after) for decision_id, before, after in session.exec(query)}
