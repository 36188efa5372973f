"""Documents: listed a page at a time, and streamed as domain values."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Document, Split, State
from db.mapping import hash_text, to_document
from db.queries.decisions import SENTENCE
from db.tables import Decision, DocumentFactRow, DocumentRow, MentionRow, RelationRow, SentenceRow

STREAM_SIZE = 100

Part = TypeVar("Part", SentenceRow, MentionRow, RelationRow, DocumentFactRow)


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A line of the documents table."""

    id: int
    external_id: str
    split: Split
    source_name: str
    length: int
    sentences: int
    reviewed: int


def get_text_hash(text: str) -> str:
    """Return the hash by which a project recognises a text.

    Raises:
        UnicodeEncodeError: The text holds half a character (a lone surrogate).
    """
    return hash_text(text)


def find_stored_hashes(session: Session, project_id: int, hashes: Sequence[str]) -> dict[str, int]:
    """Return, for those text hashes that the project has, hash → document id."""
    found: dict[str, int] = {}
    for first in range(0, len(hashes), 500):  # SQLite takes a limited number of values a statement
        query = select(DocumentRow.content_hash, DocumentRow.id).where(
            DocumentRow.project_id == project_id,
            col(DocumentRow.content_hash).in_(hashes[first : first + 500]),
        )
        found.update(session.exec(query).all())
    return found


def list_sentence_ids(
    session: Session, document_ids: Sequence[int], *, state: State | None = None, only_unread: bool = False
) -> list[int]:
    """Return the sentence ids of documents, in text order.

    Args:
        session: An open session.
        document_ids: Documents to take; their order does not matter.
        state: Take sentences in this state only.
        only_unread: Leave out sentences that are reviewed or that a model has read.
    """
    ids: list[int] = []
    for first in range(0, len(document_ids), 500):
        chosen = col(SentenceRow.document_id).in_(document_ids[first : first + 500])
        query = select(SentenceRow.id).where(chosen).order_by(col(SentenceRow.id))
        if state is not None:
            query = query.where(SentenceRow.state == state)
        if only_unread:
            query = query.where(SentenceRow.state == State.PENDING, col(SentenceRow.predicted_by).is_(None))
        ids += session.exec(query)
    return sorted(ids)


def find_documents_of_sentences(session: Session, sentence_ids: Sequence[int]) -> dict[int, int]:
    """Return sentence id → id of its document; ids that do not exist are left out."""
    found: dict[int, int] = {}
    for first in range(0, len(sentence_ids), 500):
        chosen = col(SentenceRow.id).in_(sentence_ids[first : first + 500])
        rows = session.exec(select(SentenceRow.id, SentenceRow.document_id).where(chosen))
        found |= {sentence_id: document_id for sentence_id, document_id in rows if sentence_id is not None}
    return found


def list_pending_sentence_ids(session: Session, project_id: int, *, document_id: int | None = None) -> list[int]:
    """Return the ids of all sentences of a project, or of one document, that no person has reviewed, in text order."""
    query = select(SentenceRow.id).where(SentenceRow.project_id == project_id, SentenceRow.state == State.PENDING)
    if document_id is not None:
        query = query.where(SentenceRow.document_id == document_id)
    return list(session.exec(query.order_by(col(SentenceRow.id))))


def list_documents(
    session: Session, project_id: int, *, split: Split | None = None, after_id: int = 0, limit: int = 50
) -> list[DocumentView]:
    """Return a page of documents by id; `after_id` is the last id of the page before."""
    reviewed = sa.func.sum(sa.case((col(SentenceRow.state) != State.PENDING, 1), else_=0))
    query = (
        sa.select(DocumentRow, sa.func.count(col(SentenceRow.id)), sa.func.coalesce(reviewed, 0))
        .outerjoin(SentenceRow, col(SentenceRow.document_id) == col(DocumentRow.id))
        .where(col(DocumentRow.project_id) == project_id, col(DocumentRow.id) > after_id)
        .group_by(col(DocumentRow.id))
        .order_by(col(DocumentRow.id))
        .limit(limit)
    )
    if split is not None:
        query = query.where(col(DocumentRow.split) == split)
    return [
        DocumentView(row.id, row.external_id, row.split, row.source_name, len(row.text), sentences, int(done))
        for row, sentences, done in session.execute(query)
    ]


def find_decided_sentences(session: Session, project_id: int, user_id: int) -> set[tuple[str, int]]:
    """Return the sentences that a user decided on, as (hash of the document's text, start of the sentence)."""
    decided = sa.exists().where(
        col(Decision.target_id) == col(SentenceRow.id),
        col(Decision.target_kind) == SENTENCE,
        col(Decision.user_id) == user_id,
    )
    query = (
        select(DocumentRow.content_hash, SentenceRow.start)
        .join(SentenceRow, col(SentenceRow.document_id) == col(DocumentRow.id))
        .where(DocumentRow.project_id == project_id, decided)
    )
    return set(session.exec(query).all())


def get_document_text(session: Session, document_id: int) -> str:
    """Return the text of a document, empty if it does not exist."""
    return session.exec(select(DocumentRow.text).where(DocumentRow.id == document_id)).first() or ""


def count_documents(session: Session, project_id: int) -> dict[Split, int]:
    """Return the number of documents by split."""
    query = select(DocumentRow.split, sa.func.count()).where(DocumentRow.project_id == project_id)
    return {Split(split): number for split, number in session.exec(query.group_by(col(DocumentRow.split)))}


def stream_documents(
    session: Session,
    project_id: int,
    *,
    splits: Sequence[Split] = (),
    only_reviewed: bool = False,
) -> Iterator[Document]:
    """Yield the documents of a project with everything in them, a hundred in memory at a time.

    Args:
        session: An open session.
        project_id: The project.
        splits: Splits to take; empty takes all.
        only_reviewed: Leave out documents without a reviewed sentence, as training does.
    """
    after_id = 0
    while rows := _read_rows(session, project_id, splits, only_reviewed=only_reviewed, after_id=after_id):
        after_id = rows[-1].id
        yield from read_documents(session, rows)


def _read_rows(
    session: Session, project_id: int, splits: Sequence[Split], *, only_reviewed: bool, after_id: int
) -> list[DocumentRow]:
    query = (
        select(DocumentRow)
        .where(DocumentRow.project_id == project_id, DocumentRow.id > after_id)
        .order_by(col(DocumentRow.id))
        .limit(STREAM_SIZE)
    )
    if splits:
        query = query.where(col(DocumentRow.split).in_(splits))
    if only_reviewed:
        same_document = col(SentenceRow.document_id) == col(DocumentRow.id)
        query = query.where(sa.exists().where(same_document, col(SentenceRow.state) != State.PENDING))
    return list(session.exec(query))


def read_documents(session: Session, rows: Sequence[DocumentRow]) -> list[Document]:
    """Return the domain documents of rows; four queries for all of them."""
    ids = [row.id for row in rows]
    sentences = _parts(session, SentenceRow, ids)
    mentions = _parts(session, MentionRow, ids)
    relations = _parts(session, RelationRow, ids)
    facts = _parts(session, DocumentFactRow, ids)
    return [
        to_document(
            row,
            sentences=sentences[row.id],
            mentions=mentions[row.id],
            relations=relations[row.id],
            facts=facts[row.id],
        )
        for row in rows
    ]


def _parts(session: Session, table: type[Part], document_ids: Sequence[int]) -> defaultdict[int, list[Part]]:
    """Read parts of documents in the order they were stored, outside the session's memory."""
    query = select(table).where(col(table.document_id).in_(document_ids)).order_by(col(table.id))
    parts: defaultdict[int, list[Part]] = defaultdict(list)
    for row in session.exec(query.execution_options(populate_existing=True)):
        parts[row.document_id].append(row)
    return parts
