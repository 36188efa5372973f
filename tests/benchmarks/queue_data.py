"""A project of many sentences whose text is made in code, for measurements of queues, search and tables."""

from collections.abc import Iterator
from random import Random
from typing import Any

import sqlalchemy as sa

from core.domain import RelationLabel, Source, Split, State
from core.workflows.projects import create_project
from db.columns import utc_now
from db.mapping import hash_text
from db.queries import projects
from db.queries.search import index_sentences
from db.session import Session
from db.tables import DocumentRow, MentionRow, RelationRow, SentenceRow

SENTENCES_A_DOCUMENT = 10
BATCH = 200  # documents
REVIEWED_SHARE, FLAGGED_SHARE, UNREAD_SHARE, SUGGESTED_SHARE = 0.2, 0.002, 0.05, 0.4
RARE_WORD = "zymurgine"
LABELS = ("CID", "TREATS", "PREVENTS", "WORSENS", "UNRELATED")
SYLLABLES = "an be cor di en fa gli hep in ker lo mi neu or pra qui ros sta tri ul ven xan yl zo".split()


def make_words(rng: Random, count: int) -> list[str]:
    """Return words of two to four syllables."""
    return ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(count)]


def make_sentence(rng: Random, words: list[str]) -> str:
    """Return a sentence of 12 to 30 words, frequent and rare as in a language; one in 1,000 holds the rare word."""
    chosen = [words[int(len(words) * rng.random() ** 3)] for _ in range(rng.randint(12, 30))]
    if rng.random() < 0.001:
        chosen[-1] = RARE_WORD
    return " ".join(chosen).capitalize() + "."


def fill(session: Session, num_sentences: int, *, seed: int = 0) -> int:
    """Store a project of that many sentences, two mentions in each and a suggestion in some; return its id."""
    rng = Random(seed)
    words = make_words(rng, 5000)
    project_id = create_project(session, f"{num_sentences} sentences", template="chemical-disease")
    for name in LABELS[1:]:
        projects.add_relation_label(session, project_id, RelationLabel(name, (("Chemical", "Disease"),)))
    session.commit()
    for first in range(0, num_sentences, SENTENCES_A_DOCUMENT * BATCH):
        count = min(SENTENCES_A_DOCUMENT * BATCH, num_sentences - first)
        texts = [make_sentence(rng, words) for _ in range(count)]
        _store(session, project_id, texts, first=first, rng=rng)
        session.commit()
    return project_id


def _store(session: Session, project_id: int, texts: list[str], *, first: int, rng: Random) -> None:
    parts = [texts[at : at + SENTENCES_A_DOCUMENT] for at in range(0, len(texts), SENTENCES_A_DOCUMENT)]
    whole = [" ".join(part) for part in parts]
    base = first // SENTENCES_A_DOCUMENT
    rows = [
        {
            "id": base + number + 1,
            "project_id": project_id,
            "external_id": f"doc-{base + number:06d}",
            "text": text,
            "content_hash": hash_text(f"{project_id}:{base + number}"),
            "split": _split_of(base + number),
            "metadata_": {},
            "source_name": "made in code",
            "created_at": utc_now(),
        }
        for number, text in enumerate(whole)
    ]
    session.execute(sa.insert(DocumentRow), rows)
    sentences = list(_sentences(project_id, parts, base=base, first=first, rng=rng))
    session.execute(sa.insert(SentenceRow), sentences)
    index_sentences(session, project_id, zip((row["id"] for row in sentences), texts, strict=True))
    mentions, relations = _annotations(sentences, texts, rng)
    session.execute(sa.insert(MentionRow), mentions)
    session.execute(sa.insert(RelationRow), relations)


def _split_of(document: int) -> Split:
    return Split.DEV if document % 10 == 9 else Split.TRAIN


def _sentences(
    project_id: int, parts: list[list[str]], *, base: int, first: int, rng: Random
) -> Iterator[dict[str, Any]]:
    number = first
    for document, part in enumerate(parts):
        start = 0
        for position, text in enumerate(part):
            number += 1
            is_read = rng.random() >= UNREAD_SHARE
            yield {
                "id": number,
                "document_id": base + document + 1,
                "project_id": project_id,
                "position": position,
                "start": start,
                "end": start + len(text),
                "state": State.ACCEPTED if rng.random() < REVIEWED_SHARE else State.PENDING,
                "split": _split_of(base + document),
                "is_flagged": rng.random() < FLAGGED_SHARE,
                "comment": "",
                "version": 1,
                "uncertainty": rng.random() ** 2 if is_read else None,
                "disagreement": rng.random() ** 3 if is_read else None,
                "shuffle": rng.random(),
                "predicted_by": "model" if is_read else None,
                "updated_at": utc_now(),
            }
            start += len(text) + 1


def _annotations(
    sentences: list[dict[str, Any]], texts: list[str], rng: Random
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    mentions: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    for row, text in zip(sentences, texts, strict=True):
        state = row["state"]
        common = {
            "project_id": row["project_id"],
            "document_id": row["document_id"],
            "sentence_id": row["id"],
            "score": rng.random(),
            "state": state,
            "source": Source.MODEL,
        }
        first_end, last_start = text.index(" "), text.rindex(" ") + 1
        for place, (entity_type, start, end) in enumerate(
            (("Chemical", 0, first_end), ("Disease", last_start, len(text) - 1))
        ):
            span = {"id": 2 * row["id"] - 1 + place, "start": row["start"] + start, "end": row["start"] + end}
            mentions.append(common | span | {"entity_type": entity_type, "concept_ids": [], "names": []})
        if rng.random() < SUGGESTED_SHARE:
            label = LABELS[int(len(LABELS) * rng.random() ** 2)]
            ends = {"head_id": 2 * row["id"] - 1, "tail_id": 2 * row["id"]}
            relations.append(common | ends | {"label": label})
    return mentions, relations
