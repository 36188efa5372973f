"""Sentences and documents as tables: filtered, sorted and counted in the database, a page at a time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Source, Split, State
from db.queries.decisions import SENTENCE
from db.queries.search import matches
from db.tables import Decision, DocumentRow, RelationRow, SentenceRow

MAX_COUNTED = 10_000  # rows; beyond it a count only says "more", which takes no longer the more there are
TEXT_LENGTH = 300  # characters of a sentence that a table shows


class SentenceSort(StrEnum):
    """What comes first in the table of sentences."""

    TEXT = "text"
    CHANGED = "changed"
    UNCERTAINTY = "uncertainty"
    DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class SentenceFilter:
    """Which sentences are listed; None and empty take all.

    Args:
        search: Words and phrases that a sentence holds.
        label: It has a relation of this label, suggested or accepted; with source and scores, one that fits all.
        source: It has a relation that came from there.
        reviewer_id: This user decided something on it.
        changed_from: Changed then or later, by a person or a model.
        changed_before: Changed earlier than this.
        min_score: It has a relation with this score or more, in [0, 1].
        max_score: It has a relation with this score or less, in [0, 1].
        min_uncertainty: In [0, 1].
    """

    project_id: int
    search: str = ""
    state: State | None = None
    label: str | None = None
    split: Split | None = None
    source: Source | None = None
    reviewer_id: int | None = None
    changed_from: datetime | None = None
    changed_before: datetime | None = None
    min_score: float | None = None
    max_score: float | None = None
    min_uncertainty: float | None = None
    is_flagged: bool | None = None


@dataclass(frozen=True, slots=True)
class SentenceLine:
    """A line of the table of sentences.

    Args:
        text: Its first 300 characters.
        labels: Labels of its relations that nobody rejected, each once.
        reviewer: Who decided on it last; empty where nobody has.
    """

    id: int
    document_id: int
    external_id: str
    text: str
    state: State
    is_flagged: bool
    split: Split
    labels: tuple[str, ...]
    uncertainty: float | None
    disagreement: float | None
    reviewer_id: int | None
    changed_at: datetime


def count_sentences(session: Session, chosen: SentenceFilter, *, limit: int = MAX_COUNTED) -> int:
    """Return how many sentences are listed, counted up to `limit` and one more."""
    return _count(session, select(SentenceRow.id).where(*_sentence_conditions(chosen)), limit)


def list_sentences(
    session: Session,
    chosen: SentenceFilter,
    *,
    sort: SentenceSort = SentenceSort.TEXT,
    offset: int = 0,
    limit: int = 50,
) -> list[SentenceLine]:
    """Return a page of sentences; `offset` is how many lie before it."""
    ids = list(session.exec(sentence_query(chosen, sort).offset(offset).limit(limit)))
    return _read_lines(session, ids)


def sentence_query(chosen: SentenceFilter, sort: SentenceSort) -> Any:  # noqa: ANN401 - SQLModel's type is private
    """Select ids of sentences in the order of the table; those without a value come last."""
    query = select(SentenceRow.id).where(*_sentence_conditions(chosen))
    sentence_id = col(SentenceRow.id)
    if sort is SentenceSort.TEXT:
        return query.order_by(sentence_id)
    columns: dict[SentenceSort, Any] = {
        SentenceSort.CHANGED: SentenceRow.updated_at,
        SentenceSort.UNCERTAINTY: SentenceRow.uncertainty,
        SentenceSort.DISAGREEMENT: SentenceRow.disagreement,
    }
    return query.order_by(col(columns[sort]).desc().nulls_last(), sentence_id.desc())


def _sentence_conditions(chosen: SentenceFilter) -> list[Any]:
    sentence = SentenceRow
    found: list[Any] = [sentence.project_id == chosen.project_id]
    for column, value in ((sentence.state, chosen.state), (sentence.is_flagged, chosen.is_flagged)):
        if value is not None:
            found.append(col(column) == value)
    if chosen.changed_from is not None:
        found.append(col(sentence.updated_at) >= chosen.changed_from)
    if chosen.changed_before is not None:
        found.append(col(sentence.updated_at) < chosen.changed_before)
    if chosen.min_uncertainty is not None:
        found.append(col(sentence.uncertainty) >= chosen.min_uncertainty)
    if chosen.split is not None:
        found.append(SentenceRow.split == chosen.split)
    if chosen.search:
        found.append(matches(chosen.project_id, chosen.search))
    return [*found, *_annotation_conditions(chosen)]


def _annotation_conditions(chosen: SentenceFilter) -> list[Any]:
    """Return what a relation and a decision of a sentence must fulfil."""
    found: list[Any] = []
    relation = [col(RelationRow.project_id) == chosen.project_id, col(RelationRow.state) != State.REJECTED]
    if chosen.label is not None:
        relation.append(col(RelationRow.label) == chosen.label)
    if chosen.min_score is not None:
        relation.append(col(RelationRow.score) >= chosen.min_score)
    if chosen.max_score is not None:
        relation.append(col(RelationRow.score) <= chosen.max_score)
    if chosen.source is not None:
        relation.append(col(RelationRow.source) == chosen.source)
    if len(relation) > 2:
        found.append(col(SentenceRow.id).in_(select(RelationRow.sentence_id).where(*relation)))
    if chosen.reviewer_id is not None:
        decided = select(Decision.target_id).where(
            Decision.project_id == chosen.project_id,
            Decision.user_id == chosen.reviewer_id,
            Decision.target_kind == SENTENCE,
        )
        found.append(col(SentenceRow.id).in_(decided))
    return found


def _read_lines(session: Session, ids: Sequence[int]) -> list[SentenceLine]:
    labels = _read_labels(session, ids)
    reviewers = _read_reviewers(session, ids)
    start, length = col(SentenceRow.start), col(SentenceRow.end) - col(SentenceRow.start)
    shown = sa.case((length > TEXT_LENGTH, TEXT_LENGTH), else_=length)
    query = (
        sa.select(
            SentenceRow, col(DocumentRow.external_id), col(DocumentRow.split),
            sa.func.substr(col(DocumentRow.text), start + 1, shown),
        )
        .join(DocumentRow, col(DocumentRow.id) == col(SentenceRow.document_id))
        .where(col(SentenceRow.id).in_(ids))
        .execution_options(populate_existing=True)
    )  # fmt: skip
    lines = {
        row.id: SentenceLine(
            id=row.id,
            document_id=row.document_id,
            external_id=external_id,
            text=text,
            state=row.state,
            is_flagged=row.is_flagged,
            split=split,
            labels=tuple(labels[row.id]),
            uncertainty=row.uncertainty,
            disagreement=row.disagreement,
            reviewer_id=reviewers.get(row.id),
            changed_at=row.updated_at,
        )
        for row, external_id, split, text in session.execute(query)
    }
    return [lines[sentence_id] for sentence_id in ids]


def _read_labels(session: Session, ids: Sequence[int]) -> defaultdict[int, list[str]]:
    query = (
        sa.select(col(RelationRow.sentence_id), col(RelationRow.label))
        .where(col(RelationRow.sentence_id).in_(ids), col(RelationRow.state) != State.REJECTED)
        .group_by(col(RelationRow.sentence_id), col(RelationRow.label))
        .order_by(col(RelationRow.sentence_id), col(RelationRow.label))
    )
    labels: defaultdict[int, list[str]] = defaultdict(list)
    for sentence_id, label in session.execute(query):
        labels[sentence_id or 0].append(label)
    return labels


def _read_reviewers(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Return who decided last on each sentence."""
    on_these = (col(Decision.target_kind) == SENTENCE, col(Decision.target_id).in_(ids))
    last = sa.select(sa.func.max(col(Decision.id))).where(*on_these).group_by(col(Decision.target_id))
    query = sa.select(col(Decision.target_id), col(Decision.user_id)).where(col(Decision.id).in_(last))
    return {row.target_id: row.user_id for row in session.execute(query)}


def _count(session: Session, query: Any, limit: int) -> int:  # noqa: ANN401
    some = query.limit(limit + 1).subquery()
    return session.exec(select(sa.func.count()).select_from(some)).one()
