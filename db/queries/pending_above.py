"""Suggestions above a score in the sentences of a queue: counted and listed in the database."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from core.domain import Schema, State
from db.queries.projects import GOLD
from db.queries.queue import QueueFilter, filter_sentences
from db.tables import MentionRow, RelationRow, SentenceRow


@dataclass(frozen=True, slots=True)
class AboveScore:
    """Which suggestions are meant.

    A relation is above the score if its own score is and each of its mentions is decided or above it as well;
    one that the schema does not allow, and a suggestion without a score, never is.

    Args:
        queue: The sentences.
        min_score: Least score, in [0, 1].
        label: Only relations of this label, with their mentions; None takes all mentions and relations.
    """

    queue: QueueFilter
    min_score: float
    label: str | None = None


@dataclass(frozen=True, slots=True)
class AboveCounts:
    """How many suggestions are above a score.

    Args:
        mentions: Mentions above it.
        relations: Relations above it.
        sentences: Sentences with any of them.
        unfinished: Sentences among these that keep suggestions below the score.
    """

    mentions: int
    relations: int
    sentences: int
    unfinished: int


def count_above(session: Session, chosen: AboveScore, schema: Schema) -> AboveCounts:
    """Count the suggestions above a score, and the sentences that they are in."""
    relations, mentions = _above(chosen, schema)
    touched = sa.union(sa.select(relations.c.sentence_id), sa.select(mentions.c.sentence_id)).cte("touched")
    rest = sa.union(
        _open_items(MentionRow, chosen, touched).where(col(MentionRow.id).not_in(sa.select(mentions.c.id))),
        _open_items(RelationRow, chosen, touched).where(col(RelationRow.id).not_in(sa.select(relations.c.id))),
    ).cte("rest")
    counts = [sa.select(sa.func.count()).select_from(part).scalar_subquery() for part in (mentions, relations, touched)]
    unfinished = sa.select(sa.func.count()).select_from(rest).scalar_subquery()
    return AboveCounts(*session.execute(sa.select(*counts, unfinished)).one())


def list_versions_above(session: Session, chosen: AboveScore, schema: Schema) -> dict[int, int]:
    """Return the versions of the sentences with a suggestion above a score, by their ids and in text order."""
    relations, mentions = _above(chosen, schema)
    found = sa.union(sa.select(relations.c.sentence_id), sa.select(mentions.c.sentence_id)).subquery()
    query = (
        sa.select(col(SentenceRow.id), col(SentenceRow.version))
        .join(found, found.c.sentence_id == col(SentenceRow.id))
        .order_by(col(SentenceRow.id))
    )
    return {row.id: row.version for row in session.execute(query)}


def _above(chosen: AboveScore, schema: Schema) -> tuple[sa.CTE, sa.CTE]:
    """Select the relations (id, sentence, head, tail) and the mentions (id, sentence) above the score."""
    relations = _relations_above(chosen, schema).cte("relations_above")
    mention = col(MentionRow.id)
    query: Any = sa.select(mention, col(MentionRow.sentence_id)).where(*_open(MentionRow, chosen))
    if chosen.label is None:
        query = query.where(col(MentionRow.score) >= chosen.min_score)
        query = query.where(col(MentionRow.entity_type).in_(schema.type_names))
    else:
        ends = sa.union(sa.select(relations.c.head_id), sa.select(relations.c.tail_id))
        query = query.where(mention.in_(ends))
    return relations, query.cte("mentions_above")


def _relations_above(chosen: AboveScore, schema: Schema) -> Any:  # noqa: ANN401 - a select of four columns
    head, tail = sa.orm.aliased(MentionRow), sa.orm.aliased(MentionRow)
    label = col(RelationRow.label)
    columns = (col(RelationRow.id), col(RelationRow.sentence_id), col(RelationRow.head_id), col(RelationRow.tail_id))
    query = (
        sa.select(*columns)
        .join(head, col(head.id) == col(RelationRow.head_id))
        .join(tail, col(tail.id) == col(RelationRow.tail_id))
        .where(*_open(RelationRow, chosen), col(RelationRow.score) >= chosen.min_score)
        .where(_is_sure(head, chosen, schema), _is_sure(tail, chosen, schema))
        .where(sa.tuple_(label, col(head.entity_type), col(tail.entity_type)).in_(_legal(schema)))
    )
    return query if chosen.label is None else query.where(label == chosen.label)


def _open(table: type[MentionRow] | type[RelationRow], chosen: AboveScore) -> list[Any]:
    """Conditions of pending items in the sentences of the queue."""
    project = col(table.project_id) == chosen.queue.project_id
    return [project, col(table.state) == State.PENDING, col(table.sentence_id).in_(filter_sentences(chosen.queue))]


def _is_sure(mention: Any, chosen: AboveScore, schema: Schema) -> Any:  # noqa: ANN401 - an alias, a condition
    """Condition of a mention that is decided or above the score itself."""
    is_above = sa.and_(
        mention.state == State.PENDING,
        mention.score >= chosen.min_score,
        mention.entity_type.in_(schema.type_names),
    )
    return sa.or_(mention.state.in_(GOLD), is_above)


def _legal(schema: Schema) -> list[tuple[str, str, str]]:
    """Return every (label, head type, tail type) that the schema allows."""
    types = schema.type_names
    return [
        (label.name, head, tail)
        for label in schema.relation_labels
        for head in types
        for tail in types
        if label.allows(head, tail)
    ]


def _open_items(table: type[MentionRow] | type[RelationRow], chosen: AboveScore, touched: sa.CTE) -> Any:  # noqa: ANN401
    """Select the touched sentences that have a pending item of a table."""
    return sa.select(col(table.sentence_id)).where(
        col(table.project_id) == chosen.queue.project_id,
        col(table.state) == State.PENDING,
        col(table.sentence_id).in_(sa.select(touched.c.sentence_id)),
    )
