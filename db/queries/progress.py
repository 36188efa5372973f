"""How a project goes on: decisions by time, what is still pending at each time, how suggestions fared; all by SQL."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Source, State
from db.queries.decisions import KEEP, SENTENCE
from db.tables import Decision, DocumentRow, MentionRow, RelationRow, SentenceRow, SyntheticRow


class Period(StrEnum):
    """What times are gathered by, in UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


_SQLITE_FORMATS = {Period.MINUTE: "%Y-%m-%dT%H:%M", Period.HOUR: "%Y-%m-%dT%H", Period.DAY: "%Y-%m-%d"}
_POSTGRES_FORMATS = {
    Period.MINUTE: 'YYYY-MM-DD"T"HH24:MI',
    Period.HOUR: 'YYYY-MM-DD"T"HH24',
    Period.DAY: "YYYY-MM-DD",
}


@dataclass(frozen=True, slots=True)
class DecisionCount:
    """Decisions of one kind within one period, which begins at `at`."""

    at: datetime
    action: str
    number: int


@dataclass(frozen=True, slots=True)
class PendingCount:
    """Rows that nobody had decided at the end of the period that begins at `at`."""

    at: datetime
    pending: int


@dataclass(frozen=True, slots=True)
class SuggestionCount:
    """A model's suggestions of one label or entity type, by what people made of them."""

    name: str
    is_relation: bool
    accepted: int
    corrected: int
    rejected: int


def get_decision_span(session: Session, project_id: int, *, kind: str) -> tuple[datetime, datetime] | None:
    """Return when the first and the last decision on a kind of row were made, or None."""
    at = col(Decision.created_at)
    query = select(sa.func.min(at), sa.func.max(at)).where(Decision.project_id == project_id)
    first, last = session.exec(query.where(Decision.target_kind == kind)).one()
    return None if first is None else (first, last)


def count_decisions(session: Session, project_id: int, *, kind: str, period: Period) -> list[DecisionCount]:
    """Return the decisions on a kind of row, "sentence" or "synthetic", by period and action, the oldest first."""
    at, action = _bucket(session, col(Decision.created_at), period), col(Decision.action)
    query = (
        sa.select(at, action, sa.func.count())
        .where(col(Decision.project_id) == project_id, col(Decision.target_kind) == kind, action != KEEP)
        .group_by(at, action)
        .order_by(at, action)
    )
    return [DecisionCount(_parse(when, period), what, number) for when, what, number in session.execute(query)]


def get_burn_down(session: Session, project_id: int, *, kind: str, period: Period) -> list[PendingCount]:
    """Return how many rows of a kind were pending at the end of each period in which that changed.

    It is told from what is pending now and from the decisions on rows that still exist: a row was pending when it
    came if it is now, unless decisions changed that.
    """
    steps: defaultdict[str, int] = defaultdict(int)
    for came, number in _count_pending(session, project_id, kind, period):
        steps[came] += number
    for came, decided, change in _sum_changes(session, project_id, kind, period):
        steps[came] -= change
        steps[decided] += change
    points, pending = [], 0
    for when in sorted(steps):
        pending += steps[when]
        points.append(PendingCount(_parse(when, period), pending))
    return points


def _count_pending(session: Session, project_id: int, kind: str, period: Period) -> Sequence[Any]:
    """Count the rows that are pending now, by the period in which they came; 0 where none of them is."""
    came, state, rows, _ = _origin(session, kind, period)
    number = sa.func.sum(sa.case((state == State.PENDING, 1), else_=0))
    return session.execute(rows(sa.select(came, number), project_id).group_by(came)).all()


def _sum_changes(session: Session, project_id: int, kind: str, period: Period) -> Sequence[Any]:
    """Add up by how much decisions changed the number of pending rows, by when the rows came and the decision."""
    came, _, rows, row_id = _origin(session, kind, period)
    decided = _bucket(session, col(Decision.created_at), period)
    was, now = (getattr(Decision, name)["state"].as_string() == State.PENDING.value for name in ("before", "after"))
    change = sa.func.sum(sa.case((sa.and_(was, sa.not_(now)), -1), (sa.and_(sa.not_(was), now), 1), else_=0))
    query = rows(sa.select(came, decided, change), project_id).join(
        Decision, sa.and_(col(Decision.target_id) == row_id, col(Decision.target_kind) == kind)
    )
    return session.execute(query.group_by(came, decided)).all()


def _origin(session: Session, kind: str, period: Period) -> tuple[Any, Any, Any, Any]:
    """Return when a row of a kind came, its state, what adds its tables to a select, and its id."""
    if kind == SENTENCE:
        came = _bucket(session, col(DocumentRow.created_at), period)
        return came, col(SentenceRow.state), _from_sentences, col(SentenceRow.id)
    return (
        _bucket(session, col(SyntheticRow.created_at), period),
        col(SyntheticRow.state),
        _from_synthetic,
        col(SyntheticRow.id),
    )


def _from_sentences(query: Any, project_id: int) -> Any:  # noqa: ANN401 - any select
    joined = query.select_from(SentenceRow).join(DocumentRow, col(DocumentRow.id) == col(SentenceRow.document_id))
    return joined.where(col(SentenceRow.project_id) == project_id)


def _from_synthetic(query: Any, project_id: int) -> Any:  # noqa: ANN401 - any select
    return query.select_from(SyntheticRow).where(col(SyntheticRow.project_id) == project_id)


def count_suggestions(session: Session, project_id: int) -> list[SuggestionCount]:
    """Return how a model's decided suggestions fared: relation labels, then entity types, each by name."""
    return [
        *_count_suggested(session, project_id, RelationRow, col(RelationRow.label)),
        *_count_suggested(session, project_id, MentionRow, col(MentionRow.entity_type)),
    ]


def _count_suggested(
    session: Session,
    project_id: int,
    table: type[RelationRow] | type[MentionRow],
    name: Any,  # noqa: ANN401
) -> list[SuggestionCount]:
    state = col(table.state)
    query = (
        sa.select(name, state, sa.func.count())
        .where(col(table.project_id) == project_id, col(table.source) == Source.MODEL, state != State.PENDING)
        .group_by(name, state)
    )
    counts: defaultdict[str, dict[State, int]] = defaultdict(dict)
    for one, decided, number in session.execute(query):
        counts[one][State(decided)] = number
    states = (State.ACCEPTED, State.CORRECTED, State.REJECTED)
    return [
        SuggestionCount(one, table is RelationRow, *(by_state.get(each, 0) for each in states))
        for one, by_state in sorted(counts.items())
    ]


def _bucket(session: Session, column: Any, period: Period) -> Any:  # noqa: ANN401 - a column, an expression
    """Return the period of a time as text that sorts like time; neither database knows the other's function."""
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.to_char(sa.func.timezone("UTC", column), sa.literal_column(f"'{_POSTGRES_FORMATS[period]}'"))
    return sa.func.strftime(sa.literal_column(f"'{_SQLITE_FORMATS[period]}'"), column)


def _parse(text: str, period: Period) -> datetime:
    return datetime.strptime(text, _SQLITE_FORMATS[period]).replace(tzinfo=UTC)
