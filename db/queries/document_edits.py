"""What may change about stored documents: their split, and whether they are there at all; never their text."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Split
from db.queries.search import forget_documents
from db.tables import DocumentRow, SentenceRow

_BATCH_SIZE = 500  # a statement of SQLite bears some thousand values


def move_documents(session: Session, project_id: int, document_ids: Sequence[int], split: Split) -> int:
    """Put documents and their sentences into a split; returns how many of them are in the project."""
    number = 0
    for ids in _list_stored(session, project_id, document_ids):
        session.execute(sa.update(DocumentRow).where(col(DocumentRow.id).in_(ids)).values(split=split))
        session.execute(sa.update(SentenceRow).where(col(SentenceRow.document_id).in_(ids)).values(split=split))
        number += len(ids)
    session.expire_all()
    return number


def remove_documents(session: Session, project_id: int, document_ids: Sequence[int]) -> int:
    """Remove documents with all that is marked in them; returns how many of them were in the project.

    What people decided in them stays on record, but is no step any more that could be undone.
    """
    number = 0
    for ids in _list_stored(session, project_id, document_ids):
        forget_documents(session, project_id, ids)
        session.execute(sa.delete(DocumentRow).where(col(DocumentRow.id).in_(ids)))
        number += len(ids)
    session.expire_all()
    return number


def _list_stored(session: Session, project_id: int, document_ids: Sequence[int]) -> Iterator[list[int]]:
    """Yield those of the documents that the project has, some hundred at a time."""
    for first in range(0, len(document_ids), _BATCH_SIZE):
        chosen = col(DocumentRow.id).in_(document_ids[first : first + _BATCH_SIZE])
        query = select(DocumentRow.id).where(DocumentRow.project_id == project_id, chosen)
        if found := list(session.exec(query)):
            yield found
