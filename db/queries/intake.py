"""Documents in: stored many at a time, with few statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core.domain import Document, Mention, State
from core.domain.placing import find_sentence
from db.bulk import insert_rows
from db.mapping import (
    StoredMention,
    document_values,
    fact_values,
    mention_values,
    relation_values,
    sentence_values,
)
from db.queries.projects import lock_project
from db.queries.search import index_sentences
from db.tables import DocumentFactRow, DocumentRow, MentionRow, RelationRow, SentenceRow

BATCH_SIZE = 100


def store_document(session: Session, project_id: int, document: Document, *, source_name: str) -> int:
    """Store a document with all its parts and return its id; the caller commits."""
    return store_documents(session, project_id, [document], source_name=source_name)[0]


def store_documents(session: Session, project_id: int, documents: Iterable[Document], *, source_name: str) -> list[int]:
    """Store documents with all their parts and return their ids; the caller commits.

    Args:
        session: An open session.
        project_id: Their project.
        documents: Read a batch at a time, so that few are in memory; none may have a text that the project has.
        source_name: Name of the file that they come from.
    """
    ids: list[int] = []
    lock_project(session, project_id)
    remaining = iter(documents)
    while batch := list(islice(remaining, BATCH_SIZE)):
        rows = [document_values(one, project_id=project_id, source_name=source_name) for one in batch]
        stored = list(zip(_insert(session, DocumentRow, rows), batch, strict=True))
        sentence_ids = _store_sentences(session, project_id, stored)
        mentions = _store_mentions(session, project_id, stored, sentence_ids)
        _store_relations(session, project_id, stored, mentions)
        ids += [document_id for document_id, _ in stored]
    return ids


def _insert(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> list[int]:  # noqa: ANN401 - a class
    """Insert rows and return their ids in the same order.

    Objects of the rows would take most of the time, and nobody looks at them. SQLite can return ids in order only
    from a statement a row, which takes most of what is left: there they are counted on, for its one writer.
    """
    if not rows:
        return []
    if session.get_bind().dialect.name != "sqlite":
        inserted = sa.insert(table).returning(table.id, sort_by_parameter_order=True)
        return list(session.scalars(inserted, rows))
    first = _find_last_id(session, table) + 1
    ids = range(first, first + len(rows))
    insert_rows(session, table, [{**row, "id": row_id} for row, row_id in zip(rows, ids, strict=True)])
    return list(ids)


def _find_last_id(session: Session, table: Any) -> int:  # noqa: ANN401 - a class
    """Return the highest id that a table of SQLite has, or had if its ids are never used again; 0 without any."""
    used = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    last = session.execute(used, {"name": table.__tablename__}).scalar() or 0
    return max(last, session.scalar(sa.select(sa.func.max(table.id))) or 0)


def _store_sentences(session: Session, project_id: int, stored: Sequence[tuple[int, Document]]) -> list[list[int]]:
    """Store the sentences, let them be found, and return their ids by document."""
    rows = [
        row
        for document_id, document in stored
        for row in sentence_values(document, project_id=project_id, document_id=document_id)
    ]
    ids = _insert(session, SentenceRow, rows)
    texts = (one.span.text(document.text) for _, document in stored for one in document.sentences)
    index_sentences(session, project_id, zip(ids, texts, strict=True))
    return list(_cut(ids, [len(document.sentences) for _, document in stored]))


def _store_mentions(
    session: Session, project_id: int, stored: Sequence[tuple[int, Document]], sentence_ids: Sequence[Sequence[int]]
) -> list[list[StoredMention]]:
    """Store the mentions and return their ids by document, in its order."""
    places = [
        [find_sentence(mention.span, document.sentences) for mention in document.mentions] for _, document in stored
    ]
    by_document = [
        [None if place is None else ids[place] for place in found]
        for found, ids in zip(places, sentence_ids, strict=True)
    ]
    rows = [
        mention_values(mention, project_id=project_id, document_id=document_id, sentence_id=sentence_id)
        for (document_id, document), found in zip(stored, by_document, strict=True)
        for mention, sentence_id in zip(document.mentions, found, strict=True)
    ]
    mention_ids = _cut(_insert(session, MentionRow, rows), [len(document.mentions) for _, document in stored])
    return [
        [StoredMention(*pair) for pair in zip(ids, found, strict=True)]
        for ids, found in zip(mention_ids, by_document, strict=True)
    ]


def _store_relations(
    session: Session,
    project_id: int,
    stored: Sequence[tuple[int, Document]],
    mentions: Sequence[Sequence[StoredMention]],
) -> None:
    """Store relations and document facts."""
    relations: list[dict[str, Any]] = []
    for (document_id, document), found in zip(stored, mentions, strict=True):
        by_mention = _find_ends(document, found)
        ids = {"project_id": project_id, "document_id": document_id}
        relations += [
            relation_values(one, **ids, head=by_mention[one.head], tail=by_mention[one.tail])
            for one in document.relations
        ]
    insert_rows(session, RelationRow, relations)
    facts = [fact_values(fact, document_id=document_id) for document_id, document in stored for fact in document.facts]
    insert_rows(session, DocumentFactRow, facts)


def _find_ends(document: Document, stored: Sequence[StoredMention]) -> dict[Mention, StoredMention]:
    """Return where relations end; of equal mentions, a rejected and a live one, they join the live one."""
    ends: dict[Mention, StoredMention] = {}
    for mention, one in zip(document.mentions, stored, strict=True):
        if mention not in ends or mention.state is not State.REJECTED:
            ends[mention] = one
    return ends


def _cut(ids: Sequence[int], lengths: Iterable[int]) -> Iterator[list[int]]:
    """Yield runs of the given lengths."""
    remaining = iter(ids)
    for length in lengths:
        yield list(islice(remaining, length))
