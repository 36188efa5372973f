"""The streams of sentences that the review queue is put together from; each is read through its own index."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from core.domain import State
from db.queries.queue_filter import (
    RANDOM_SHARE,
    QueueFilter,
    QueueOrder,
    conditions,
    is_outside_random_share,
    unindexed,
)
from db.tables import RelationRow, SentenceRow


def text_query(queue: QueueFilter, after_id: int, limit: int) -> Any:  # noqa: ANN401 - SQLModel's type of it is private
    """Select ids in text order."""
    sentence_id = col(SentenceRow.id)
    query = select(sentence_id).where(*conditions(queue)).limit(limit)
    if queue.document_id is None:
        return query.where(sentence_id > after_id).order_by(sentence_id)
    in_document = (col(SentenceRow.document_id), col(SentenceRow.position))
    return query.where(unindexed(SentenceRow.id) > after_id).order_by(*in_document)


def value_query(queue: QueueFilter, after: tuple[float | None, int] | None, limit: int) -> Any:  # noqa: ANN401
    """Select (value, id) of sentences outside the random share that a model has read, the highest value first."""
    value, sentence_id = _value(queue), col(SentenceRow.id)
    query = (
        select(value, sentence_id)
        .where(*conditions(queue), is_outside_random_share(), value.is_not(None))
        .order_by(value.desc(), sentence_id.desc())
        .limit(limit)
    )
    return query if after is None else query.where(sa.tuple_(value, sentence_id) < sa.tuple_(*after))


def rest_query(queue: QueueFilter, after_id: int, limit: int) -> Any:  # noqa: ANN401
    """Select ids of sentences outside the random share that the order says nothing about, in text order."""
    sentence_id = col(SentenceRow.id)
    is_rest: Any = _value(queue).is_(None)
    if queue.order is QueueOrder.LABELS:
        suggested = sa.exists().where(
            col(RelationRow.sentence_id) == sentence_id, col(RelationRow.state) == State.PENDING
        )
        is_rest = ~suggested
    query = select(sentence_id).where(*conditions(queue), is_outside_random_share(), is_rest)
    return query.where(sentence_id > after_id).order_by(sentence_id).limit(limit)


def random_query(queue: QueueFilter, after: tuple[float, int] | None, limit: int) -> Any:  # noqa: ANN401
    """Select (shuffle, id) of sentences in their fixed random order; of the random share if there is one."""
    shuffle, sentence_id = col(SentenceRow.shuffle), col(SentenceRow.id)
    query = select(shuffle, sentence_id).where(*conditions(queue))
    if queue.has_random_share:
        query = query.where(shuffle < RANDOM_SHARE)
    query = query.order_by(shuffle, sentence_id).limit(limit)
    return query if after is None else query.where(sa.tuple_(shuffle, sentence_id) > sa.tuple_(*after))


def _value(queue: QueueFilter) -> Any:  # noqa: ANN401
    return col(SentenceRow.disagreement if queue.order is QueueOrder.DISAGREEMENT else SentenceRow.uncertainty)
