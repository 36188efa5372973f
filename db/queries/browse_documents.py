"""Documents as a table: filtered, sorted and counted in the database, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Split, State
from db.queries.browse import MAX_COUNTED
from db.queries.search import matches
from db.tables import DocumentRow, SentenceRow


class DocumentSort(StrEnum):
    """What comes first in the table of documents."""

    STORED = "stored"
    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents are listed; None and empty take all.

    Args:
        search: Part of the document's name, or words and phrases that one of its sentences holds.
        is_open: Whether a sentence of it waits for review.
    """

    project_id: int
    search: str = ""
    split: Split | None = None
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line of the table of documents; `length` is in characters."""

    id: int
    external_id: str
    split: Split
    source_name: str
    length: int
    sentences: int
    reviewed: int
    flagged: int
    created_at: datetime


def count_documents(session: Session, chosen: DocumentFilter, *, limit: int = MAX_COUNTED) -> int:
    """Return how many documents are listed, counted up to `limit` and one more."""
    some = select(DocumentRow.id).where(*_conditions(chosen)).limit(limit + 1).subquery()
    return session.exec(select(sa.func.count()).select_from(some)).one()


def list_documents(
    session: Session,
    chosen: DocumentFilter,
    *,
    sort: DocumentSort = DocumentSort.STORED,
    offset: int = 0,
    limit: int = 50,
) -> list[DocumentLine]:
    """Return a page of documents; `offset` is how many lie before it."""
    document_id = col(DocumentRow.id)
    orders: dict[DocumentSort, tuple[Any, ...]] = {
        DocumentSort.STORED: (document_id,),
        DocumentSort.NEWEST: (document_id.desc(),),
        DocumentSort.NAME: (col(DocumentRow.external_id), document_id),
    }
    query = select(DocumentRow.id).where(*_conditions(chosen)).order_by(*orders[sort]).offset(offset).limit(limit)
    ids = list(session.exec(query))
    lines = {line.id: line for line in _read_lines(session, ids)}
    return [lines[one] for one in ids]


def list_document_ids(session: Session, chosen: DocumentFilter) -> list[int]:
    """Return the ids of all documents that a filter takes."""
    return list(session.exec(select(DocumentRow.id).where(*_conditions(chosen)).order_by(col(DocumentRow.id))))


def _conditions(chosen: DocumentFilter) -> list[Any]:
    found: list[Any] = [DocumentRow.project_id == chosen.project_id]
    if chosen.split is not None:
        found.append(DocumentRow.split == chosen.split)
    if chosen.is_open is not None:
        waits = sa.exists().where(
            col(SentenceRow.document_id) == col(DocumentRow.id), col(SentenceRow.state) == State.PENDING
        )
        found.append(waits if chosen.is_open else ~waits)
    if chosen.search.strip():
        holding = select(SentenceRow.document_id).where(
            SentenceRow.project_id == chosen.project_id, matches(chosen.project_id, chosen.search)
        )
        is_named = col(DocumentRow.external_id).icontains(chosen.search.strip(), autoescape=True)
        found.append(sa.or_(is_named, col(DocumentRow.id).in_(holding)))
    return found


def _read_lines(session: Session, ids: list[int]) -> list[DocumentLine]:
    reviewed = sa.func.sum(sa.case((col(SentenceRow.state) != State.PENDING, 1), else_=0))
    flagged = sa.func.sum(sa.case((col(SentenceRow.is_flagged), 1), else_=0))
    document = (
        col(DocumentRow.id), col(DocumentRow.external_id), col(DocumentRow.split), col(DocumentRow.source_name),
    )  # fmt: skip
    length, created = sa.func.length(col(DocumentRow.text)), col(DocumentRow.created_at)
    query = (
        sa.select(*document, length, sa.func.count(col(SentenceRow.id)), reviewed, flagged, created)
        .outerjoin(SentenceRow, col(SentenceRow.document_id) == col(DocumentRow.id))
        .where(col(DocumentRow.id).in_(ids))
        .group_by(col(DocumentRow.id))
    )
    return [
        DocumentLine(
            *(document_id, name, split, source, length),
            *(sentences, int(reviewed or 0), int(flagged or 0), created_at),
        )
        for document_id, name, split, source, length, sentences, reviewed, flagged, created_at in session.execute(query)
    ]
