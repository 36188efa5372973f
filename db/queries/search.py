"""Full-text search over sentences: SQLite's FTS5 or Postgres' tsvector behind the same functions.

The index holds words that `db.words` folded, so both databases find the same. It keeps no text: on SQLite it is a
contentless table. Words of a query are quoted, so nothing that a person types is read as the databases' syntax.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col

from db.tables import DocumentRow, SentenceRow
from db.words import split_words

MIN_PREFIX = 2  # characters; shorter beginnings stand for too many words
BATCH_SIZE = 100

_INDEX: Any = sa.table("sentence_search", sa.column("rowid", sa.Integer))
_INSERT = {
    "sqlite": "INSERT INTO sentence_search (rowid, project, words) VALUES (:id, :project, :words)",
    "postgresql": "INSERT INTO sentence_search (rowid, words) VALUES (:id, CAST(:words AS tsvector))",
}
# A contentless table forgets a row only when it is told the row's words again.
_DELETE = (
    "INSERT INTO sentence_search (sentence_search, rowid, project, words) VALUES ('delete', :id, :project, :words)"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side; the last one may be the beginning of a word."""

    words: tuple[str, ...]
    is_open: bool = False


def parse_search(text: str) -> tuple[Phrase, ...]:
    """Return what a person looks for: every phrase must be in a sentence.

    What stands between double quotes is one phrase, and so is a word with hyphens. The last word may go on, unless
    it is quoted, followed by a space or a single letter.
    """
    phrases: list[Phrase] = []
    parts = text.split('"')
    for number, part in enumerate(parts):
        is_quoted = number % 2 == 1
        pieces = [part] if is_quoted else part.split()
        phrases += [Phrase(tuple(words)) for piece in pieces if (words := split_words(piece))]
    ends_open = len(parts) % 2 == 1 and text[-1:].isalnum()
    if phrases and ends_open and len(phrases[-1].words[-1]) >= MIN_PREFIX:
        phrases[-1] = Phrase(phrases[-1].words, is_open=True)
    return tuple(phrases)


class _Match(FunctionElement[Any]):
    """Whether a row of the index matches: its clauses are the query in the words of SQLite and of Postgres."""

    type = sa.types.NullType()  # a Boolean would be compared with 1, which SQLite's MATCH does not bear
    name = "sentence_search_match"
    inherit_cache = True


@compiles(_Match, "sqlite")
def _match_sqlite(element: _Match, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401
    return f"sentence_search MATCH {compiler.process(list(element.clauses)[0], **more)}"


@compiles(_Match, "postgresql")
def _match_postgresql(element: _Match, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401
    return f"sentence_search.words @@ CAST({compiler.process(list(element.clauses)[1], **more)} AS tsquery)"


def matches(project_id: int, text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a sentence holds what a person looks for; without words, none does.

    It comes beside the condition on the project, which alone says so on Postgres; SQLite's index is quicker with it.
    """
    phrases = parse_search(text)
    if not phrases:
        return sa.false()
    found = _Match(_write_fts5(project_id, phrases), _write_tsquery(phrases))
    return col(SentenceRow.id).in_(sa.select(_INDEX.c.rowid).where(found))


def _write_fts5(project_id: int, phrases: Sequence[Phrase]) -> str:
    wanted = " AND ".join(f'"{" ".join(one.words)}"{" *" if one.is_open else ""}' for one in phrases)
    return f'project : "{project_id}" AND words : ({wanted})'


def _write_tsquery(phrases: Sequence[Phrase]) -> str:
    written = []
    for phrase in phrases:
        words = [f"'{word}'" for word in phrase.words]
        words[-1] += ":*" if phrase.is_open else ""
        written.append(f"({' <-> '.join(words)})")
    return " & ".join(written)


def index_sentences(session: Session | sa.Connection, project_id: int, texts: Iterable[tuple[int, str]]) -> None:
    """Let sentences be found; the caller stores them in the same transaction.

    Args:
        session: An open session, or the connection of a migration.
        project_id: Their project.
        texts: Id and text of each.
    """
    dialect = _dialect(session)
    if rows := [_make_row(dialect, project_id, sentence_id, text) for sentence_id, text in texts]:
        session.execute(sa.text(_INSERT[dialect]), rows)


def _make_row(dialect: str, project_id: int, sentence_id: int, text: str) -> dict[str, object]:
    words = split_words(text)
    if dialect == "postgresql":
        # Written as a tsvector, so that Postgres does not cut the words its own way; it counts to 16,383.
        written = " ".join(f"'{word}':{min(place, 16_383)}" for place, word in enumerate(words, start=1))
    else:
        written = " ".join(words)
    return {"id": sentence_id, "project": str(project_id), "words": written}


def index_project(session: Session | sa.Connection, project_id: int) -> None:
    """Let every stored sentence of a project be found; none of them is in the index yet."""
    for batch in _read_texts(session, project_id):
        index_sentences(session, project_id, batch)


def forget_project(session: Session, project_id: int) -> None:
    """Take the sentences of a project out of the index, before they are removed."""
    for batch in _read_texts(session, project_id) if _dialect(session) == "sqlite" else ():
        _forget(session, project_id, batch)


def forget_documents(session: Session, project_id: int, document_ids: Sequence[int]) -> None:
    """Take the sentences of some documents of a project out of the index, before they are removed."""
    if _dialect(session) == "sqlite":
        chosen = sa.select(col(DocumentRow.id), col(DocumentRow.text)).where(col(DocumentRow.id).in_(document_ids))
        _forget(session, project_id, _cut_sentences(session, {row[0]: row[1] for row in session.execute(chosen)}))


def _forget(session: Session, project_id: int, texts: Iterable[tuple[int, str]]) -> None:
    """Take sentences out of the index of SQLite; on Postgres a row goes with its sentence."""
    if rows := [_make_row("sqlite", project_id, sentence_id, text) for sentence_id, text in texts]:
        session.execute(sa.text(_DELETE), rows)


def _read_texts(session: Session | sa.Connection, project_id: int) -> Iterable[list[tuple[int, str]]]:
    """Yield id and text of the sentences of a project, those of a hundred documents at a time."""
    document_id = col(DocumentRow.id)
    after_id = 0
    while True:
        chosen = sa.select(document_id, col(DocumentRow.text)).where(col(DocumentRow.project_id) == project_id)
        found = session.execute(chosen.where(document_id > after_id).order_by(document_id).limit(BATCH_SIZE))
        texts = {row[0]: row[1] for row in found}
        if not texts:
            return
        after_id = max(texts)
        if batch := _cut_sentences(session, texts):
            yield batch


def _cut_sentences(session: Session | sa.Connection, texts: Mapping[int, str]) -> list[tuple[int, str]]:
    """Return id and text of the sentences of documents, whose texts are given by id."""
    spans = sa.select(
        col(SentenceRow.document_id), col(SentenceRow.id), col(SentenceRow.start), col(SentenceRow.end)
    ).where(col(SentenceRow.document_id).in_(list(texts)))
    return [(row[1], texts[row[0]][row[2] : row[3]]) for row in session.execute(spans)]


def _dialect(session: Session | sa.Connection) -> str:
    return session.dialect.name if isinstance(session, sa.Connection) else session.get_bind().dialect.name
