"""A project of many predicted sentences, made in code: what the measurements of the pages are run on."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

import sqlalchemy as sa

from core.domain import Source, State
from core.workflows.projects import create_project
from db.columns import utc_now
from db.session import Engine, session_scope
from db.tables import DocumentRow, MentionRow, RelationRow, SentenceRow

CHEMICALS = ("cisplatin", "lithium", "amiodarone", "5-fluorouracil", "α-methyldopa", "propranolol", "naïve-cillin")
DISEASES = ("nausea", "tremor", "hypothyroidism", "a severe rash", "weight loss", "tardive dyskinesia")
PLACES = ("in two of the nine patients", "after six months of treatment", "in a family with a history of goitre")
CHUNK = 2_000  # documents a transaction


@dataclass(frozen=True, slots=True)
class Ids:
    """The last id given in each table, so that rows can name one another before they are stored."""

    document: int
    sentence: int
    mention: int
    relation: int


def add_project(engine: Engine, *, num_sentences: int, per_document: int = 10, name: str = "") -> int:
    """Store a project of predicted, unreviewed sentences and return its id.

    Args:
        engine: A migrated database.
        num_sentences: Sentences, each with a chemical, a disease and one suggested relation.
        per_document: Sentences a document.
        name: Name of the project.
    """
    with session_scope(engine) as session:
        project_id = create_project(session, name or f"{num_sentences} sentences", template="chemical-disease")
        ids = Ids(*(session.scalar(sa.select(sa.func.coalesce(sa.func.max(table.id), 0))) or 0 for table in _TABLES))
    rng = Random(7)
    sizes = [per_document] * (num_sentences // per_document) + ([num_sentences % per_document] or [])
    documents = _make_documents([size for size in sizes if size], project_id, ids, rng)
    rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in _TABLES}
    for number, document in enumerate(documents, start=1):
        for table in _TABLES:
            rows[table] += document[table]
        if number % CHUNK == 0:
            _store(engine, rows)
    _store(engine, rows)
    return project_id


_TABLES = (DocumentRow, SentenceRow, MentionRow, RelationRow)


def _store(engine: Engine, rows: dict[Any, list[dict[str, Any]]]) -> None:
    with engine.begin() as connection:
        for table in _TABLES:
            if rows[table]:
                connection.execute(sa.insert(table), rows[table])
            rows[table].clear()


def _make_documents(
    sizes: list[int], project_id: int, ids: Ids, rng: Random
) -> Iterator[dict[Any, list[dict[str, Any]]]]:
    sentence_id, mention_id, relation_id = ids.sentence, ids.mention, ids.relation
    for number, size in enumerate(sizes, start=1):
        document_id = ids.document + number
        own = {"project_id": project_id, "document_id": document_id}
        rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in _TABLES}
        texts, start = [], 0
        for position in range(size):
            chemical, disease = rng.choice(CHEMICALS), rng.choice(DISEASES)
            text = f"In case {number}-{position + 1} {chemical} caused {disease} {rng.choice(PLACES)}."
            sentence_id, relation_id = sentence_id + 1, relation_id + 1
            rows[SentenceRow].append(
                own
                | {"id": sentence_id, "position": position, "start": start, "end": start + len(text)}
                | {"shuffle": rng.random(), "uncertainty": rng.random(), "predicted_by": "benchmark"}
            )
            for surface, entity_type in ((chemical, "Chemical"), (disease, "Disease")):
                mention_id += 1
                at = start + text.index(surface)
                rows[MentionRow].append(
                    own
                    | {"id": mention_id, "sentence_id": sentence_id, "start": at, "end": at + len(surface)}
                    | {"entity_type": entity_type, **_suggested(rng)}
                )
            ends = {"head_id": mention_id - 1, "tail_id": mention_id, "label": "CID"}
            rows[RelationRow].append(own | {"id": relation_id, "sentence_id": sentence_id} | ends | _suggested(rng))
            texts.append(text)
            start += len(text) + 1
        whole = " ".join(texts)
        digest = sha256(whole.encode()).hexdigest()
        rows[DocumentRow].append(
            {"id": document_id, "project_id": project_id, "external_id": f"case {number}", "text": whole}
            | {"content_hash": digest, "source_name": "benchmark", "created_at": utc_now()}
        )
        yield rows


def _suggested(rng: Random) -> dict[str, Any]:
    return {"score": round(rng.random(), 3), "state": State.PENDING, "source": Source.MODEL}
