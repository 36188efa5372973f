"""Full-text search: what is found, what people may type, and that the index keeps step with the sentences."""

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.dialects import postgresql

from core.domain import Document, Schema, Sentence, Span
from db.queries import documents, intake, projects
from db.queries.search import matches, parse_search
from db.session import Engine, Session, migrate, migration_config
from db.tables import SentenceRow
from db.words import split_words

TEXTS = (
    "TNF-α raised IL‑6 in naïve mice.",
    "Serum IFNγ and 5-HT2A fell; β-catenin did not.",
    "The na\u200bive group had no tnf alpha, AND (it) was not small.",
    "Müller cells of 50 µg ﬁbrin",
)


def store(session: Session, project_id: int, name: str = "d") -> list[int]:
    text = f"{name}. {' '.join(TEXTS)}"
    starts = [text.index(one) for one in TEXTS]
    spans = tuple(Sentence(Span(at, at + len(one))) for at, one in zip(starts, TEXTS, strict=True))
    document_id = intake.store_document(session, project_id, Document(name, text, spans), source_name="s")
    return documents.list_sentence_ids(session, [document_id])


def find(session: Session, project_id: int, text: str) -> list[int]:
    query = sa.select(SentenceRow.id).where(SentenceRow.project_id == project_id, matches(project_id, text))
    return list(session.execute(query.order_by(SentenceRow.id)).scalars())


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("TNF-alpha", [0, 2]),
        ("tnf α", [0, 2]),
        ("il-6", [0]),
        ("naive", [0, 2]),
        ("NAÏVE mice", [0]),
        ("ifn gamma", [1]),
        ("5-ht2", [1]),
        ("5-ht2 ", []),
        ("ser", [1]),
        ('"ser"', []),
        ("fell serum", [1]),
        ('"fell serum"', []),
        ('"serum ifn', [1]),
        ("muller FIBRIN", [3]),
        ("μg", [3]),
        ("and", [1, 2]),
        ("AND (", [2, 1]),
    ],
)
def test_words_are_found_however_they_are_written(
    session: Session, project_id: int, typed: str, places: list[int]
) -> None:
    ids = store(session, project_id)
    assert find(session, project_id, typed) == sorted(ids[place] for place in places)


@pytest.mark.parametrize(
    "typed", ['"', '""', "(", "*", "'", "\\", "-", "NEAR(", "\x00", "😀", "::", "a' OR '1", '"a" "']
)
def test_nothing_that_is_typed_is_read_as_syntax(session: Session, project_id: int, typed: str) -> None:
    store(session, project_id)
    assert find(session, project_id, typed) == []


def test_search_stays_within_its_project(session: Session, project_id: int, schema: Schema) -> None:
    other = projects.add_project(session, "q", template="x", description="", guideline="", schema=schema)
    ids, others = store(session, project_id), store(session, other)
    assert find(session, project_id, "catenin") == [ids[1]]
    assert find(session, other, "catenin") == [others[1]]


def test_words_of_a_removed_project_leave_the_index(session: Session, project_id: int, schema: Schema) -> None:
    other = projects.add_project(session, "q", template="x", description="", guideline="", schema=schema)
    store(session, project_id)
    ids = store(session, other)
    projects.delete_project(session, project_id)
    session.commit()
    where = "sentence_search MATCH 'catenin'" if session.get_bind().dialect.name == "sqlite" else "words @@ 'catenin'"
    assert session.execute(sa.text(f"SELECT rowid FROM sentence_search WHERE {where}")).scalars().all() == [ids[1]]


def test_migration_fills_the_index_for_sentences_of_before(engine: Engine, session: Session, project_id: int) -> None:
    ids = store(session, project_id)
    session.commit()
    with engine.connect() as connection:
        command.downgrade(migration_config(connection), "0004")
        connection.commit()
    migrate(engine)
    assert find(session, project_id, "catenin") == [ids[1]]


def test_one_rule_folds_text_and_query() -> None:
    assert split_words("Überdosis: TNF-α, κB₂ & snake_case") == [
        "uberdosis",
        "tnf",
        "alpha",
        "kappa",
        "b2",
        "snake",
        "case",
    ]
    assert [phrase.words for phrase in parse_search('a-b "c d" e')] == [("a", "b"), ("c", "d"), ("e",)]
    assert [phrase.is_open for phrase in parse_search("one two")] == [False, True]


def test_condition_compiles_for_postgres() -> None:
    query = sa.select(SentenceRow.id).where(matches(7, 'tnf-α "x y" ki'))
    compiled = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    assert (
        "sentence_search.words @@ CAST('(''tnf'' <-> ''alpha'') & (''x'' <-> ''y'') & (''ki'':*)' AS tsquery)"
        in compiled
    )
