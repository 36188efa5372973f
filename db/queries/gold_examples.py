"""Sentences that show what a label means: approved relations of the training split, where they stand in the text."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from core.domain import Split
from db.queries.synthetic import GOLD
from db.tables import DocumentRow, MentionRow, RelationRow, SentenceRow

MAX_LENGTH = 400
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class GoldExample:
    """A sentence with one gold relation; `head` and `tail` are half-open code points of `text`."""

    text: str
    head: tuple[int, int]
    tail: tuple[int, int]


def list_gold_examples(
    session: Session, project_id: int, labels: Sequence[str], *, num_each: int = 3
) -> dict[str, list[GoldExample]]:
    """Return, for each label, the newest gold relations in reviewed training sentences, of as many sentences.

    Sentences of more than 400 characters explain little beside a card, so they are left out.
    """
    return {label: _list_of_label(session, project_id, label, num_each) for label in labels}


def _list_of_label(session: Session, project_id: int, label: str, number: int) -> list[GoldExample]:
    head, tail = sa.orm.aliased(MentionRow), sa.orm.aliased(MentionRow)
    start, end = col(SentenceRow.start), col(SentenceRow.end)
    query = (
        sa.select(
            col(SentenceRow.id),
            sa.func.substr(col(DocumentRow.text), start + 1, end - start),
            *(column - start for column in (col(head.start), col(head.end), col(tail.start), col(tail.end))),
        )
        .select_from(RelationRow)
        .join(SentenceRow, col(SentenceRow.id) == col(RelationRow.sentence_id))
        .join(DocumentRow, col(DocumentRow.id) == col(SentenceRow.document_id))
        .join(head, col(head.id) == col(RelationRow.head_id))
        .join(tail, col(tail.id) == col(RelationRow.tail_id))
        .where(col(RelationRow.project_id) == project_id, col(RelationRow.label) == label)
        .where(col(RelationRow.state).in_(GOLD), col(SentenceRow.state).in_(GOLD))
        .where(col(DocumentRow.split) == Split.TRAIN, end - start <= MAX_LENGTH)
        .order_by(col(RelationRow.id).desc())
        .limit(_LOOKED_AT)
    )
    found: dict[int, GoldExample] = {}
    for sentence_id, text, head_start, head_end, tail_start, tail_end in session.execute(query):
        found.setdefault(sentence_id, GoldExample(text, (head_start, head_end), (tail_start, tail_end)))
    return list(found.values())[:number]
