"""Synthetic sentences: stored once a text, listed in the order of a queue, counted."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import State, SyntheticSentence
from core.errors import NotFoundError
from db.mapping import synthetic_row, to_synthetic
from db.tables import SyntheticRow

GOLD = (State.ACCEPTED, State.CORRECTED)
# Rows that one statement names: SQLite takes 32,766 values, Postgres 65,535.
CHUNK = 1_000
# Sorts after every score.
_NO_SCORE = 1e9
# Place of a sentence in a queue: what it is sorted by, smallest first; its random number; its id.
Place: TypeAlias = tuple[float, float, int]


@dataclass(frozen=True, slots=True)
class SyntheticView:
    """A synthetic sentence as pages show it; spans are code points of `text`."""

    id: int
    version: int
    label: str
    text: str
    head_start: int
    head_end: int
    head_type: str
    tail_start: int
    tail_end: int
    tail_type: str
    state: State
    reason: str
    is_flagged: bool
    comment: str
    original_text: str | None
    head_name: str
    tail_name: str
    agreement: float | None
    disagreement: float | None
    novelty: float | None
    nearest_gold: str
    provenance: Mapping[str, str]
    job_id: str | None


class SyntheticOrder(StrEnum):
    """Order of a queue of synthetic sentences; those without the score come last, ties in random order."""

    RANDOM = "random"
    MOST_AGREED = "most agreed"
    LEAST_AGREED = "least agreed"
    MOST_DISPUTED = "most disputed"
    MOST_NOVEL = "most novel"
    LEAST_NOVEL = "least novel"


_SHOWN = tuple(field.name for field in fields(SyntheticView))


def find_known(session: Session, project_id: int) -> set[bytes]:
    """Return a digest of the label and text of each synthetic sentence of a project, for `add_synthetic`."""
    query = select(SyntheticRow.label, SyntheticRow.text).where(SyntheticRow.project_id == project_id)
    return {_digest(*row) for row in session.exec(query.execution_options(yield_per=1000))}


def _digest(label: str, text: str) -> bytes:
    return hashlib.sha256(f"{label}\0{text}".encode()).digest()


def add_synthetic(
    session: Session,
    project_id: int,
    sentences: Iterable[SyntheticSentence],
    *,
    job_id: str | None = None,
    known: set[bytes] | None = None,
) -> int:
    """Store synthetic sentences and return how many; a text that the project has for that label is left out.

    Args:
        session: An open session.
        project_id: Their project.
        sentences: What to store.
        job_id: The job that wrote them.
        known: What `find_known` gave, for calls that follow one another; it learns what is stored.
    """
    known = find_known(session, project_id) if known is None else known
    num_before = len(known)
    for sentence in sentences:
        digest = _digest(sentence.label, sentence.text)
        if digest not in known:
            known.add(digest)
            session.add(synthetic_row(sentence, project_id=project_id, job_id=job_id))
    session.flush()
    return len(known) - num_before


def list_synthetic(
    session: Session,
    project_id: int,
    *,
    label: str | None = None,
    state: State | None = State.PENDING,
    job_id: str | None = None,
    min_agreement: float | None = None,
    is_flagged: bool | None = None,
    order: SyntheticOrder = SyntheticOrder.RANDOM,
    after: Place | None = None,
    limit: int = 40,
) -> list[SyntheticView]:
    """Return a page of synthetic sentences.

    Args:
        session: An open session.
        project_id: The project.
        label: Only this label.
        state: Only this state; None takes all.
        job_id: Only those that one job wrote.
        min_agreement: Only those with at least this agreement, in [0, 1]; None takes unscored ones too.
        is_flagged: Only flagged ones, or only others.
        order: What comes first.
        after: `get_queue_key` of the last one of the page before, in the same order.
        limit: Most sentences of a page.
    """
    keys = _sort_keys(order)
    query = select(SyntheticRow).where(*_conditions(project_id, label, state, job_id, min_agreement, is_flagged))
    if after is not None:
        query = query.where(sa.tuple_(*keys) > sa.tuple_(*after[-len(keys) :]))
    query = query.order_by(*keys).limit(limit).execution_options(populate_existing=True)
    return [_view(row) for row in session.exec(query)]


def list_ids(
    session: Session,
    project_id: int,
    *,
    label: str | None = None,
    state: State | None = State.PENDING,
    min_agreement: float | None = None,
) -> list[int]:
    """Return the ids of all synthetic sentences of a queue, in the order they were written."""
    conditions = _conditions(project_id, label, state, None, min_agreement)
    return list(session.exec(select(SyntheticRow.id).where(*conditions).order_by(col(SyntheticRow.id))))


def get_queue_key(session: Session, synthetic_id: int, *, order: SyntheticOrder = SyntheticOrder.RANDOM) -> Place:
    """Return the place of a synthetic sentence in a queue of that order."""
    keys = _sort_keys(order)
    found = session.execute(sa.select(*keys).where(col(SyntheticRow.id) == synthetic_id)).first()
    if found is None:
        raise _missing(synthetic_id)
    score = 0.0 if len(keys) == 2 else float(found[0])
    return score, float(found[-2]), int(found[-1])


def _sort_keys(order: SyntheticOrder) -> list[Any]:
    """Return what a queue is sorted by, ascending; the random order needs no score, so that its index serves."""
    agreement, novelty = col(SyntheticRow.agreement), col(SyntheticRow.novelty)
    by_score: dict[SyntheticOrder, Any] = {
        SyntheticOrder.MOST_AGREED: -agreement,
        SyntheticOrder.LEAST_AGREED: agreement,
        SyntheticOrder.MOST_DISPUTED: -col(SyntheticRow.disagreement),
        SyntheticOrder.MOST_NOVEL: -novelty,
        SyntheticOrder.LEAST_NOVEL: novelty,
    }
    scores = [sa.func.coalesce(by_score[order], _NO_SCORE)] if order in by_score else []
    return [*scores, col(SyntheticRow.shuffle), col(SyntheticRow.id)]


def count_queue(
    session: Session,
    project_id: int,
    *,
    label: str | None = None,
    state: State | None = State.PENDING,
    job_id: str | None = None,
    min_agreement: float | None = None,
    is_flagged: bool | None = None,
) -> int:
    """Return how many synthetic sentences a queue has."""
    query = select(sa.func.count()).select_from(SyntheticRow)
    return session.exec(query.where(*_conditions(project_id, label, state, job_id, min_agreement, is_flagged))).one()


def _conditions(
    project_id: int,
    label: str | None,
    state: State | None,
    job_id: str | None,
    min_agreement: float | None,
    is_flagged: bool | None = None,
) -> list[Any]:
    conditions: list[Any] = [SyntheticRow.project_id == project_id]
    if label is not None:
        conditions.append(SyntheticRow.label == label)
    if state is not None:
        conditions.append(SyntheticRow.state == state)
    if job_id is not None:
        conditions.append(SyntheticRow.job_id == job_id)
    if min_agreement is not None:
        conditions.append(col(SyntheticRow.agreement) >= min_agreement)
    if is_flagged is not None:
        conditions.append(SyntheticRow.is_flagged == is_flagged)
    return conditions


def count_synthetic(session: Session, project_id: int) -> dict[str, dict[State, int]]:
    """Return the number of synthetic sentences by label and state."""
    label, state = col(SyntheticRow.label), col(SyntheticRow.state)
    query = select(label, state, sa.func.count()).where(SyntheticRow.project_id == project_id)
    counts: dict[str, dict[State, int]] = {}
    for name, item_state, number in session.exec(query.group_by(label, state)):
        counts.setdefault(name, {})[item_state] = number
    return counts


def count_reject_reasons(session: Session, project_id: int) -> dict[str, dict[str, int]]:
    """Return the number of rejected sentences by label and reason; the reason is empty where none was given."""
    label, reason = col(SyntheticRow.label), col(SyntheticRow.reason)
    query = select(label, reason, sa.func.count()).where(
        SyntheticRow.project_id == project_id, SyntheticRow.state == State.REJECTED
    )
    counts: dict[str, dict[str, int]] = {}
    for name, why, number in session.exec(query.group_by(label, reason)):
        counts.setdefault(name, {})[why] = number
    return counts


def get_synthetic_views(
    session: Session, synthetic_ids: Sequence[int], *, project_id: int | None = None
) -> list[SyntheticView]:
    """Return synthetic sentences in the order asked for; ids that do not exist are left out."""
    rows: dict[int, SyntheticRow] = {}
    for start in range(0, len(synthetic_ids), CHUNK):
        query = select(SyntheticRow).where(col(SyntheticRow.id).in_(synthetic_ids[start : start + CHUNK]))
        if project_id is not None:
            query = query.where(SyntheticRow.project_id == project_id)
        rows |= {row.id: row for row in session.exec(query.execution_options(populate_existing=True))}
    return [_view(rows[synthetic_id]) for synthetic_id in synthetic_ids if synthetic_id in rows]


def get_synthetic_view(session: Session, synthetic_id: int, *, project_id: int) -> SyntheticView:
    """Return one synthetic sentence.

    Raises:
        NotFoundError: The project has no such synthetic sentence.
    """
    views = get_synthetic_views(session, [synthetic_id], project_id=project_id)
    if not views:
        raise _missing(synthetic_id)
    return views[0]


def stream_synthetic(
    session: Session, project_id: int, *, states: Sequence[State] = GOLD, labels: Sequence[str] = ()
) -> Iterator[SyntheticSentence]:
    """Yield synthetic sentences as domain values in the order they were written; accepted ones by default."""
    query = select(SyntheticRow).where(SyntheticRow.project_id == project_id, col(SyntheticRow.state).in_(states))
    if labels:
        query = query.where(col(SyntheticRow.label).in_(labels))
    query = query.order_by(col(SyntheticRow.id)).limit(CHUNK).execution_options(populate_existing=True)
    after_id = 0
    while rows := session.exec(query.where(SyntheticRow.id > after_id)).all():
        yield from map(to_synthetic, rows)
        after_id = rows[-1].id


def _missing(synthetic_id: int) -> NotFoundError:
    return NotFoundError(f"Synthetic sentence {synthetic_id} is not in this project; it may have been removed.")


def _view(row: SyntheticRow) -> SyntheticView:
    return SyntheticView(**{name: getattr(row, name) for name in _SHOWN})
