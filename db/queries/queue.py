"""The review queue: least certain sentences first, with a random share mixed in, a page at a time."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Split, State
from db.tables import DocumentRow, SentenceRow

RANDOM_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which sentences are in the queue; None takes all.

    Args:
        in_text_order: Read as the documents stand instead of by uncertainty.
    """

    project_id: int
    state: State | None = State.PENDING
    split: Split | None = None
    document_id: int | None = None
    is_flagged: bool | None = None
    in_text_order: bool = False


@dataclass(frozen=True, slots=True)
class QueueCursor:
    """Where the next page starts: how many were taken, and the last sentence of each stream.

    Args:
        num_taken: Place in the mixing pattern.
        certain: (uncertainty, id) of the last one by uncertainty; uncertainty None where no model has read it.
        random: (shuffle, id) of the last one of the random share.
        text: Id of the last one in text order.
    """

    num_taken: int = 0
    certain: tuple[float | None, int] | None = None
    random: tuple[float, int] | None = None
    text: int | None = None


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
    return session.exec(select(sa.func.count()).select_from(SentenceRow).where(*_conditions(queue))).one()


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
    if queue.in_text_order or queue.state is None:
        return _get_text_page(session, queue, limit=limit, after=after)
    cursor = after or QueueCursor(num_taken=_count_reviewed(session, queue.project_id))
    by_uncertainty = _take_certain(session, queue, cursor.certain, limit)
    by_chance = _take_random(session, queue, cursor.random, limit)
    taken: list[int] = []
    certain, random, position = cursor.certain, cursor.random, cursor.num_taken
    while len(taken) < limit and (by_uncertainty or by_chance):
        if by_chance and (is_random_turn(position) or not by_uncertainty):
            random = by_chance.pop(0)
            taken.append(random[1])
        else:
            certain = by_uncertainty.pop(0)
            taken.append(certain[1])
        position += 1
    is_last = len(taken) < limit
    return QueuePage(tuple(taken), None if is_last else QueueCursor(position, certain, random))


def _get_text_page(session: Session, queue: QueueFilter, *, limit: int, after: QueueCursor | None) -> QueuePage:
    query = select(SentenceRow.id).where(*_conditions(queue)).order_by(col(SentenceRow.id)).limit(limit)
    if after is not None and after.text is not None:
        query = query.where(SentenceRow.id > after.text)
    ids = tuple(session.exec(query))
    return QueuePage(ids, QueueCursor(text=ids[-1]) if len(ids) == limit else None)


def _conditions(queue: QueueFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[Any] = [SentenceRow.project_id == queue.project_id]
    if queue.state is not None:
        conditions.append(SentenceRow.state == queue.state)
    if queue.document_id is not None:
        conditions.append(SentenceRow.document_id == queue.document_id)
    if queue.is_flagged is not None:
        conditions.append(SentenceRow.is_flagged == queue.is_flagged)
    if queue.split is not None:
        same_document = col(DocumentRow.id) == col(SentenceRow.document_id)
        conditions.append(sa.exists().where(same_document, col(DocumentRow.split) == queue.split))
    return conditions


def _count_reviewed(session: Session, project_id: int) -> int:
    query = select(sa.func.count()).select_from(SentenceRow)
    return session.exec(query.where(SentenceRow.project_id == project_id, SentenceRow.state != State.PENDING)).one()


def _take_certain(
    session: Session, queue: QueueFilter, after: tuple[float | None, int] | None, limit: int
) -> list[tuple[float | None, int]]:
    """Take from the stream by uncertainty; sentences that no model has read come last, in text order."""
    rows: list[tuple[float | None, int]] = []
    if after is None or after[0] is not None:
        rows += session.exec(certain_query(queue, after, limit))
    if len(rows) < limit:
        last = after[1] if after is not None and after[0] is None else 0
        rows += session.exec(_unread_query(queue, last, limit - len(rows)))
    return rows


def certain_query(queue: QueueFilter, after: tuple[float | None, int] | None, limit: int) -> Any:  # noqa: ANN401
    """Select (uncertainty, id) of sentences outside the random share, least certain first."""
    uncertainty, sentence_id = col(SentenceRow.uncertainty), col(SentenceRow.id)
    query = (
        select(uncertainty, sentence_id)
        .where(*_conditions(queue), col(SentenceRow.shuffle) >= RANDOM_SHARE, uncertainty.is_not(None))
        .order_by(uncertainty.desc(), sentence_id.desc())
        .limit(limit)
    )
    return query if after is None else query.where(sa.tuple_(uncertainty, sentence_id) < sa.tuple_(*after))


def _unread_query(queue: QueueFilter, after_id: int, limit: int) -> Any:  # noqa: ANN401
    uncertainty, sentence_id = col(SentenceRow.uncertainty), col(SentenceRow.id)
    return (
        select(uncertainty, sentence_id)
        .where(*_conditions(queue), col(SentenceRow.shuffle) >= RANDOM_SHARE, uncertainty.is_(None))
        .where(sentence_id > after_id)
        .order_by(sentence_id)
        .limit(limit)
    )


def _take_random(
    session: Session, queue: QueueFilter, after: tuple[float, int] | None, limit: int
) -> list[tuple[float, int]]:
    """Take from the random share, in its fixed random order."""
    return list(session.exec(random_query(queue, after, limit)))


def random_query(queue: QueueFilter, after: tuple[float, int] | None, limit: int) -> Any:  # noqa: ANN401
    """Select (shuffle, id) of sentences in the random share."""
    shuffle, sentence_id = col(SentenceRow.shuffle), col(SentenceRow.id)
    query = (
        select(shuffle, sentence_id)
        .where(*_conditions(queue), shuffle < RANDOM_SHARE)
        .order_by(shuffle, sentence_id)
        .limit(limit)
    )
    return query if after is None else query.where(sa.tuple_(shuffle, sentence_id) > sa.tuple_(*after))


def filter_sentences(queue: QueueFilter) -> Any:  # noqa: ANN401
    """Select the ids of the sentences in the queue, in no order."""
    return select(SentenceRow.id).where(*_conditions(queue))
