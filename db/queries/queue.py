"""The review queue: in one of several orders, with a random share mixed in, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import sqlalchemy as sa
from sqlmodel import Session, select

from core.domain import State
from db.queries.label_quota import LabelPlace, start_places, take_by_label
from db.queries.queue_filter import RANDOM_SHARE, QueueFilter, QueueOrder, conditions
from db.queries.queue_streams import random_query, rest_query, text_query, value_query
from db.tables import SentenceRow

__all__ = [
    "RANDOM_SHARE",
    "QueueCursor",
    "QueueFilter",
    "QueueOrder",
    "QueuePage",
    "count_queue",
    "count_reviewed",
    "get_queue_page",
    "is_random_turn",
]

# The last sentence taken: (value, id), value None where no model has read it; or the place of every label.
ValuePlace = tuple[float | None, int]
Place = ValuePlace | tuple[LabelPlace, ...]


@dataclass(frozen=True, slots=True)
class QueueCursor:
    """Where the next page starts: how many were taken, and where each stream stands.

    Args:
        num_taken: Place in the mixing pattern.
        first: Place in what the order puts first.
        rest: Id of the last sentence of those that the order says nothing about; None before the first.
        random: (shuffle, id) of the last one drawn at random.
    """

    num_taken: int = 0
    first: Place | None = None
    rest: int | None = None
    random: tuple[float, int] | None = None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Sentence ids in review order, and where the next page starts; None at the end."""

    sentence_ids: tuple[int, ...]
    next: QueueCursor | None


def is_random_turn(position: int) -> bool:
    """Return whether the random share gives the sentence at this place, counted from 0."""
    return int((position + 1) * RANDOM_SHARE) > int(position * RANDOM_SHARE)


def count_queue(session: Session, queue: QueueFilter) -> int:
    """Return how many sentences are in the queue."""
    return session.exec(select(sa.func.count()).select_from(SentenceRow).where(*conditions(queue))).one()


def count_reviewed(session: Session, project_id: int) -> int:
    """Return how many sentences of a project a person has decided."""
    query = select(sa.func.count()).select_from(SentenceRow)
    return session.exec(query.where(SentenceRow.project_id == project_id, SentenceRow.state != State.PENDING)).one()


def get_queue_page(
    session: Session, queue: QueueFilter, *, limit: int = 40, after: QueueCursor | None = None
) -> QueuePage:
    """Return one page of the queue.

    The mixing pattern starts at the number of sentences already reviewed, so the first page after a review
    goes on where the one before stood, and every seventh or so card is a random one even for a curator who
    always takes the first.

    Args:
        session: An open session.
        queue: Which sentences, in which order.
        limit: Most sentences of a page.
        after: `next` of the page before; None for the first page.
    """
    if queue.in_text_order:
        ids = list(session.exec(text_query(queue, after.rest or 0 if after else 0, limit)))
        return _make_page(ids, QueueCursor(rest=ids[-1]) if ids else None, limit)
    if not queue.has_random_share:
        drawn = list(session.exec(random_query(queue, after.random if after else None, limit)))
        cursor = QueueCursor(random=(drawn[-1][0], drawn[-1][1])) if drawn else None
        return _make_page([sentence_id for _, sentence_id in drawn], cursor, limit)
    return _get_mixed_page(session, queue, limit, after)


def _make_page(ids: list[int], cursor: QueueCursor | None, limit: int) -> QueuePage:
    return QueuePage(tuple(ids), cursor if len(ids) == limit else None)


def _get_mixed_page(session: Session, queue: QueueFilter, limit: int, after: QueueCursor | None) -> QueuePage:
    cursor = after or QueueCursor(num_taken=count_reviewed(session, queue.project_id))
    chosen = _read_chosen(session, queue, cursor, limit)
    by_chance = list(session.exec(random_query(queue, cursor.random, limit)))[::-1]
    ids: list[int] = []
    following = next(chosen, None)
    while len(ids) < limit and (following or by_chance):
        if by_chance and (is_random_turn(cursor.num_taken) or following is None):
            shuffle, sentence_id = by_chance.pop()
            cursor = replace(cursor, random=(shuffle, sentence_id))
        elif following is not None:
            sentence_id, place = following
            cursor = replace(cursor, rest=sentence_id) if place is None else replace(cursor, first=place)
            following = next(chosen, None)
        ids.append(sentence_id)
        cursor = replace(cursor, num_taken=cursor.num_taken + 1)
    return _make_page(ids, cursor, limit)


def _read_chosen(
    session: Session, queue: QueueFilter, cursor: QueueCursor, limit: int
) -> Iterator[tuple[int, Place | None]]:
    """Yield what the order puts first, each with the place after it, and then the rest, without one."""
    if cursor.rest is None:
        yield from _read_first(session, queue, cursor.first, limit)
    for sentence_id in session.exec(rest_query(queue, cursor.rest or 0, limit)):
        yield sentence_id, None


def _read_first(
    session: Session, queue: QueueFilter, place: Place | None, limit: int
) -> Iterator[tuple[int, Place | None]]:
    if queue.order is QueueOrder.LABELS:
        places = cast(tuple[LabelPlace, ...] | None, place) or start_places(session, queue.project_id)
        yield from take_by_label(session, queue, places, limit=limit)
        return
    for value, sentence_id in session.exec(value_query(queue, cast(ValuePlace | None, place), limit)):
        yield sentence_id, (value, sentence_id)
