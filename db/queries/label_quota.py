"""The order by labels: sentences that suggest the label with the fewest gold relations come first.

Every label wants as many gold relations as the richest one has, and 20 at least. The next card suggests the label
that has the fewest, each card taken counted as one more; so the poor labels come first, and then all take turns. A
sentence with several labels belongs to the one that was the poorest when the queue began.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import State
from db.queries.queue_filter import QueueFilter, conditions, is_outside_random_share
from db.tables import RelationLabelRow, RelationRow, SentenceRow

MIN_WANTED = 20
GOLD = (State.ACCEPTED, State.CORRECTED)


@dataclass(frozen=True, slots=True)
class LabelQuota:
    """Gold relations of one label, and how many are wanted."""

    label: str
    gold: int
    wanted: int


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """Where one label stands in the order by labels.

    Args:
        count: Its gold relations when the queue began, and the sentences taken for it since.
        last_id: Last sentence taken for it.
    """

    label: str
    count: int
    last_id: int = 0


def get_quotas(session: Session, project_id: int) -> list[LabelQuota]:
    """Return the labels of a project's schema, the one with the fewest gold relations first."""
    same_label = (
        col(RelationRow.project_id) == project_id,
        col(RelationRow.label) == col(RelationLabelRow.name),
        col(RelationRow.state).in_(GOLD),
    )
    gold = sa.select(sa.func.count()).select_from(RelationRow).where(*same_label).scalar_subquery()
    query = sa.select(col(RelationLabelRow.name), gold).where(col(RelationLabelRow.project_id) == project_id)
    found = session.execute(query.order_by(col(RelationLabelRow.position))).all()
    wanted = max([MIN_WANTED, *(number for _, number in found)])
    return [LabelQuota(label, number, wanted) for label, number in sorted(found, key=lambda pair: pair[1])]


def start_places(session: Session, project_id: int) -> tuple[LabelPlace, ...]:
    """Return where each label stands before the first card, the poorest first."""
    return tuple(LabelPlace(quota.label, quota.gold) for quota in get_quotas(session, project_id))


def take_by_label(
    session: Session, queue: QueueFilter, places: Sequence[LabelPlace], *, limit: int
) -> Iterator[tuple[int, tuple[LabelPlace, ...]]]:
    """Yield sentences in the order by labels, each with the places after it.

    Args:
        session: An open session.
        queue: Which sentences.
        places: Where each label stands, in the order of `start_places`.
        limit: Most sentences.
    """
    now = list(places)
    streams = [_read(session, queue, now, rank, limit) for rank in range(len(now))]
    turns = [(place.count, rank) for rank, place in enumerate(now)]
    heapq.heapify(turns)
    taken = 0
    while turns and taken < limit:
        count, rank = heapq.heappop(turns)
        sentence_id = next(streams[rank], None)
        if sentence_id is None:
            continue
        now[rank] = replace(now[rank], count=count + 1, last_id=sentence_id)
        heapq.heappush(turns, (count + 1, rank))
        taken += 1
        yield sentence_id, tuple(now)


def _read(session: Session, queue: QueueFilter, places: Sequence[LabelPlace], rank: int, limit: int) -> Iterator[int]:
    """Yield the sentences of one label, asked for when the first is needed."""
    poorer = [place.label for place in places[:rank]]
    yield from session.exec(label_query(queue, places[rank].label, poorer, places[rank].last_id, limit))


def label_query(queue: QueueFilter, label: str, poorer: Iterable[str], after_id: int, limit: int) -> Any:  # noqa: ANN401
    """Select ids of sentences that suggest a label and none of the poorer ones, in text order."""
    relation_of = col(RelationRow.sentence_id)
    other = sa.orm.aliased(RelationRow)
    in_queue = sa.exists().where(col(SentenceRow.id) == relation_of, *conditions(queue), is_outside_random_share())
    query = select(relation_of).where(
        RelationRow.project_id == queue.project_id,
        RelationRow.label == label,
        RelationRow.state == State.PENDING,
        relation_of > after_id,
        in_queue,
    )
    if names := list(poorer):
        is_theirs = sa.exists().where(
            col(other.sentence_id) == relation_of, col(other.state) == State.PENDING, col(other.label).in_(names)
        )
        query = query.where(~is_theirs)
    return query.group_by(relation_of).order_by(relation_of).limit(limit)
