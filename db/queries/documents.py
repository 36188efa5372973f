"""Documents: listed a page at a time, and streamed as domain values."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Document, Split, State
from db.columns import Table
from db.mapping import hash_text, to_document
from db.queries.decisions import SENTENCE
from db.tables import Decision, DocumentFactRow, DocumentRow, MentionRow, RelationRow, SentenceRow

STREAM_SIZE = 100

# A document and its parts, which are read together; a column that several have means the same in all of them.
_PARTS: tuple[type[Table], ...] = (DocumentRow, SentenceRow, MentionRow, RelationRow, DocumentFactRow)
_COLUMNS: dict[str, Any] = {column.name: column.type for table in _PARTS for column in sa.inspect(table).local_table.c}


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
    while batch := _read_batch(session, _choose(project_id, splits, only_reviewed=only_reviewed, after_id=after_id)):
        after_id, documents = batch
        yield from documents


def _choose(project_id: int, splits: Sequence[Split], *, only_reviewed: bool, after_id: int) -> sa.CTE:
    """Select the ids of the next documents."""
    query = (
        sa.select(col(DocumentRow.id))
        .where(col(DocumentRow.project_id) == project_id, col(DocumentRow.id) > after_id)
        .order_by(col(DocumentRow.id))
        .limit(STREAM_SIZE)
    )
    if splits:
        query = query.where(col(DocumentRow.split).in_(splits))
    if only_reviewed:
        same_document = col(SentenceRow.document_id) == col(DocumentRow.id)
        query = query.where(sa.exists().where(same_document, col(SentenceRow.state) != State.PENDING))
    return query.cte("chosen")


def _read_batch(session: Session, chosen: sa.CTE) -> tuple[int, list[Document]] | None:
    """Return chosen documents and the last id of them; None where there are none.

    All of it is one statement: between two a writer may store something, and relations would name mentions that
    were not read, or sentences would be of another moment than what is marked in them.
    """
    found = session.execute(sa.union_all(*(_select_part(table, chosen) for table in _PARTS)))
    rows: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in sorted(found, key=lambda row: row.id):  # The order in which it was stored.
        rows[row.table, row.of_document].append(row)
    ids = sorted(document_id for table, document_id in rows if table == DocumentRow.__tablename__)
    return (ids[-1], [_to_document(rows, document_id) for document_id in ids]) if ids else None


def _select_part(table: type[Table], chosen: sa.CTE) -> sa.Select[Any]:
    """Select what chosen documents have in a table, with empty columns where only other tables have them."""
    own = sa.inspect(table).local_table.c
    columns = [own[name] if name in own else sa.cast(sa.null(), kind).label(name) for name, kind in _COLUMNS.items()]
    of_document = own.id if table is DocumentRow else own.document_id
    head = (sa.literal(table.__tablename__).label("table"), of_document.label("of_document"))
    return sa.select(*head, *columns).where(of_document.in_(sa.select(chosen.c.id)))


def _to_document(rows: Mapping[tuple[str, int], list[Any]], document_id: int) -> Document:
    (document,), *parts = (rows.get((str(table.__tablename__), document_id), []) for table in _PARTS)
    sentences, mentions, relations, facts = parts
    return to_document(document, sentences=sentences, mentions=mentions, relations=relations, facts=facts)
