"""Suggestions above a score in the sentences of a queue: counted and listed in the database."""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from core.domain import Schema, State
from db.queries.gold_pairs import GOLD
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


@dataclass(frozen=True, slots=True)
class Outline:
    """What a sentence holds after the step, without its words.

    Args:
        types: Entity types of its mentions, in text order.
        relations: (head, tail, label), the mentions by their place in `types`.
    """

    types: tuple[str, ...]
    relations: tuple[tuple[int, int, str], ...] = ()


def count_above(session: Session, chosen: AboveScore, schema: Schema) -> AboveCounts:
    """Count the suggestions above a score, and the sentences that they are in."""
    relations, mentions = _above(chosen, schema)
    touched, rest = _touched(chosen, relations, mentions)
    counts = [sa.select(sa.func.count()).select_from(part).scalar_subquery() for part in (mentions, relations, touched)]
    unfinished = sa.select(sa.func.count()).select_from(rest).scalar_subquery()
    return AboveCounts(*session.execute(sa.select(*counts, unfinished)).one())


def read_finished(session: Session, chosen: AboveScore, schema: Schema, *, limit: int) -> list[Outline]:
    """Return what the open sentences hold that the step leaves nothing to decide in, at most `limit` of them.

    Whatever is not rejected in such a sentence is gold afterwards.
    """
    touched, rest = _touched(chosen, *_above(chosen, schema))
    finished = (
        sa.select(touched.c.sentence_id)
        .join(SentenceRow, col(SentenceRow.id) == touched.c.sentence_id)
        .where(col(SentenceRow.state) == State.PENDING, touched.c.sentence_id.not_in(sa.select(rest.c.sentence_id)))
        .order_by(touched.c.sentence_id)
        .limit(limit)
        .cte("finished")
    )
    mention, relation = MentionRow, RelationRow
    kept = sa.select(col(mention.sentence_id), col(mention.id), col(mention.entity_type)).where(
        col(mention.sentence_id).in_(sa.select(finished.c.sentence_id)), col(mention.state) != State.REJECTED
    )
    place = (col(mention.sentence_id), col(mention.start), col(mention.end), col(mention.entity_type))
    links = sa.select(
        col(relation.sentence_id), col(relation.head_id), col(relation.tail_id), col(relation.label)
    ).where(col(relation.sentence_id).in_(sa.select(finished.c.sentence_id)), col(relation.state) != State.REJECTED)
    by_sentence = _group(session.execute(links.order_by(col(relation.sentence_id))))
    found = groupby(session.execute(kept.order_by(*place)), key=itemgetter(0))
    return [_outline(list(rows), by_sentence.get(sentence_id, [])) for sentence_id, rows in found]


def _group(rows: Any) -> dict[int, list[Any]]:  # noqa: ANN401 - rows of columns
    """Return rows by their first column, by which they are ordered."""
    return {key: list(found) for key, found in groupby(rows, key=itemgetter(0))}


def _outline(mentions: list[Any], relations: list[Any]) -> Outline:
    types = tuple(row[2] for row in mentions)
    if not relations:
        return Outline(types)
    at = {row[1]: place for place, row in enumerate(mentions)}
    # A relation whose mention was rejected is none.
    links = sorted((at[head], at[tail], label) for _, head, tail, label in relations if head in at and tail in at)
    return Outline(types, tuple(links))


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


def _touched(chosen: AboveScore, relations: sa.CTE, mentions: sa.CTE) -> tuple[sa.CTE, sa.CTE]:
    """Select the sentences with a suggestion above the score, and those of them that keep others."""
    touched = sa.union(sa.select(relations.c.sentence_id), sa.select(mentions.c.sentence_id)).cte("touched")
    rest = sa.union(
        _open_items(MentionRow, chosen, touched).where(col(MentionRow.id).not_in(sa.select(mentions.c.id))),
        _open_items(RelationRow, chosen, touched).where(col(RelationRow.id).not_in(sa.select(relations.c.id))),
    ).cte("rest")
    return touched, rest


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
