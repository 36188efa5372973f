"""What a training would learn from: reviewed sentences and gold relations, by split."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Split
from db.queries.synthetic import GOLD
from db.tables import DocumentRow, RelationRow, SentenceRow


@dataclass(frozen=True, slots=True)
class SplitData:
    """Reviewed data of one split.

    Args:
        documents: Documents with a reviewed sentence.
        sentences: Reviewed sentences.
        relations: Gold relations within a reviewed sentence, by label.
    """

    documents: int
    sentences: int
    relations: dict[str, int]


def get_training_data(session: Session, project_id: int) -> dict[Split, SplitData]:
    """Return the reviewed data of every split."""
    split = col(DocumentRow.split)
    reviewed = sa.and_(col(SentenceRow.project_id) == project_id, col(SentenceRow.state).in_(GOLD))
    in_document = col(DocumentRow.id) == col(SentenceRow.document_id)
    sentences = (
        select(split, sa.func.count(sa.distinct(col(DocumentRow.id))), sa.func.count())
        .join(SentenceRow, in_document)
        .where(reviewed)
        .group_by(split)
    )
    relations = (
        select(split, col(RelationRow.label), sa.func.count())
        .join(SentenceRow, in_document)
        .join(RelationRow, col(RelationRow.sentence_id) == col(SentenceRow.id))
        .where(reviewed, col(RelationRow.state).in_(GOLD))
        .group_by(split, col(RelationRow.label))
    )
    by_label: dict[Split, dict[str, int]] = {one: {} for one in Split}
    for one, label, number in session.exec(relations):
        by_label[Split(one)][label] = number
    counts = {Split(one): (num_documents, number) for one, num_documents, number in session.exec(sentences)}
    return {one: SplitData(*counts.get(one, (0, 0)), by_label[one]) for one in Split}
