"""Pairs of mentions in approved sentences, counted in the database: related ones, and all that could be related."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Schema, Split, State
from db.tables import DocumentRow, MentionRow, RelationRow, SentenceRow

GOLD = (State.ACCEPTED, State.CORRECTED)


def in_gold_sentences(project_id: int, split: Split | None) -> sa.ColumnElement[bool]:
    """Return the condition of the sentences of a project that somebody has approved; of one split or of all."""
    reviewed = sa.and_(col(SentenceRow.project_id) == project_id, col(SentenceRow.state).in_(GOLD))
    if split is None:
        return reviewed
    same_document = col(DocumentRow.id) == col(SentenceRow.document_id)
    return sa.and_(reviewed, sa.exists().where(same_document, col(DocumentRow.split) == split))


def count_gold_relations(session: Session, reviewed: sa.ColumnElement[bool]) -> dict[str, int]:
    """Count the gold relations of sentences by label."""
    label = col(RelationRow.label)
    query = (
        select(label, sa.func.count())
        .join(SentenceRow, col(SentenceRow.id) == col(RelationRow.sentence_id))
        .where(reviewed, col(RelationRow.state).in_(GOLD))
        .group_by(label)
    )
    return dict(session.exec(query).all())


def count_related_pairs(session: Session, reviewed: sa.ColumnElement[bool]) -> int:
    """Count the ordered pairs of mentions of sentences that a gold relation joins."""
    pairs = (
        select(RelationRow.head_id, RelationRow.tail_id)
        .join(SentenceRow, col(SentenceRow.id) == col(RelationRow.sentence_id))
        .where(reviewed, col(RelationRow.state).in_(GOLD))
        .distinct()
        .subquery()
    )
    return session.exec(select(sa.func.count()).select_from(pairs)).one()


def count_candidates(session: Session, reviewed: sa.ColumnElement[bool], schema: Schema) -> int:
    """Count the pairs of `Schema.candidates` in the database; pairs for symmetric labels only count once."""
    head, tail = sa.orm.aliased(MentionRow), sa.orm.aliased(MentionRow)
    query = (
        select(col(head.entity_type), col(tail.entity_type), sa.func.count())
        .join(tail, sa.and_(col(tail.sentence_id) == col(head.sentence_id), col(tail.id) != col(head.id)))
        .join(SentenceRow, col(SentenceRow.id) == col(head.sentence_id))
        .where(reviewed, col(head.state).in_(GOLD), col(tail.state).in_(GOLD))
        .group_by(col(head.entity_type), col(tail.entity_type))
    )
    doubled = 0
    for head_type, tail_type, number in session.exec(query):
        labels = schema.legal_labels(head_type, tail_type)
        if labels:
            doubled += number if all(label.is_symmetric for label in labels) else 2 * number
    return doubled // 2
