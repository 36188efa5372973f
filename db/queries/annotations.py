"""Sentences with their live mentions and relations, as pages show them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import Source, State
from core.errors import NotFoundError
from db.tables import DocumentRow, MentionRow, RelationRow, SentenceRow

CONTEXT_LENGTH = 400


@dataclass(frozen=True, slots=True)
class MentionView:
    """A live mention in sentence coordinates."""

    id: int
    start: int
    end: int
    entity_type: str
    concept_ids: tuple[str, ...]
    score: float | None
    state: State
    source: Source


@dataclass(frozen=True, slots=True)
class RelationView:
    """A live relation; `head_id` and `tail_id` name mentions of the same view."""

    id: int
    head_id: int
    tail_id: int
    label: str
    score: float | None
    state: State
    source: Source


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence as pages show it; rejected mentions and relations are left out.

    Args:
        start: Where the sentence starts in its document, in code points.
        context_before: Up to 400 characters of the document before the sentence.
        context_after: Up to 400 characters of the document after it.
    """

    id: int
    document_id: int
    external_id: str
    version: int
    text: str
    start: int
    state: State
    is_flagged: bool
    comment: str
    context_before: str
    context_after: str
    mentions: tuple[MentionView, ...]
    relations: tuple[RelationView, ...]
    uncertainty: float | None
    disagreement: float | None
    predicted_by: str | None


def get_sentence_views(
    session: Session, sentence_ids: Sequence[int], *, project_id: int | None = None
) -> list[SentenceView]:
    """Return sentences in the order asked for; ids that do not exist are left out.

    Args:
        session: An open session.
        sentence_ids: A page of them, some dozens.
        project_id: Leave out sentences of other projects.
    """
    mentions: defaultdict[int, list[MentionView]] = defaultdict(list)
    for mention, start in _live_mentions(session, sentence_ids):
        mentions[mention.sentence_id or 0].append(_mention_view(mention, start))
    relations: defaultdict[int, list[RelationView]] = defaultdict(list)
    for relation in _live_relations(session, sentence_ids):
        relations[relation.sentence_id or 0].append(_relation_view(relation))
    views = {}
    for sentence, external_id, before, text, after in session.execute(_texts(sentence_ids)):
        if project_id is None or sentence.project_id == project_id:
            parts = (tuple(mentions[sentence.id]), tuple(relations[sentence.id]))
            views[sentence.id] = _sentence_view(sentence, external_id, (before, text, after), *parts)
    return [views[sentence_id] for sentence_id in sentence_ids if sentence_id in views]


def get_sentence_view(session: Session, sentence_id: int, *, project_id: int | None = None) -> SentenceView:
    """Return one sentence.

    Raises:
        NotFoundError: The project has no such sentence.
    """
    views = get_sentence_views(session, [sentence_id], project_id=project_id)
    if not views:
        raise NotFoundError(f"Sentence {sentence_id} does not exist; its document may have been removed.")
    return views[0]


def get_sentence_text(session: Session, sentence_id: int) -> str:
    """Return the text of a sentence; empty if it does not exist."""
    start, end = col(SentenceRow.start), col(SentenceRow.end)
    query = (
        select(sa.func.substr(DocumentRow.text, start + 1, end - start))
        .join(SentenceRow, col(DocumentRow.id) == col(SentenceRow.document_id))
        .where(SentenceRow.id == sentence_id)
    )
    return session.exec(query).first() or ""


def _texts(sentence_ids: Sequence[int]) -> sa.Select[SentenceRow, str, str, str, str]:
    """Select sentences with their text and context, cut in the database: documents can be long."""
    start, end, text = col(SentenceRow.start), col(SentenceRow.end), col(DocumentRow.text)
    first = sa.case((start > CONTEXT_LENGTH, start - CONTEXT_LENGTH), else_=0)
    return (
        sa.select(
            SentenceRow,
            col(DocumentRow.external_id),
            sa.func.substr(text, first + 1, start - first),
            sa.func.substr(text, start + 1, end - start),
            sa.func.substr(text, end + 1, CONTEXT_LENGTH),
        )
        .join(DocumentRow, col(DocumentRow.id) == col(SentenceRow.document_id))
        .where(col(SentenceRow.id).in_(sentence_ids))
        .execution_options(populate_existing=True)
    )


def _live_mentions(session: Session, sentence_ids: Sequence[int]) -> sa.Result[MentionRow, int]:
    query = (
        sa.select(MentionRow, col(SentenceRow.start))
        .join(SentenceRow, col(SentenceRow.id) == col(MentionRow.sentence_id))
        .where(col(MentionRow.sentence_id).in_(sentence_ids), col(MentionRow.state) != State.REJECTED)
        .order_by(col(MentionRow.start), col(MentionRow.end), col(MentionRow.id))
        .execution_options(populate_existing=True)
    )
    return session.execute(query)


def _live_relations(session: Session, sentence_ids: Sequence[int]) -> list[RelationRow]:
    query = (
        select(RelationRow)
        .where(col(RelationRow.sentence_id).in_(sentence_ids), RelationRow.state != State.REJECTED)
        .order_by(col(RelationRow.id))
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))


def _mention_view(row: MentionRow, start: int) -> MentionView:
    return MentionView(
        row.id,
        row.start - start,
        row.end - start,
        row.entity_type,
        tuple(row.concept_ids),
        row.score,
        row.state,
        row.source,
    )


def _relation_view(row: RelationRow) -> RelationView:
    return RelationView(row.id, row.head_id, row.tail_id, row.label, row.score, row.state, row.source)


def _sentence_view(
    row: SentenceRow,
    external_id: str,
    texts: tuple[str, str, str],
    mentions: tuple[MentionView, ...],
    relations: tuple[RelationView, ...],
) -> SentenceView:
    before, text, after = texts
    return SentenceView(
        id=row.id,
        document_id=row.document_id,
        external_id=external_id,
        version=row.version,
        text=text,
        start=row.start,
        state=row.state,
        is_flagged=row.is_flagged,
        comment=row.comment,
        context_before=before,
        context_after=after,
        mentions=mentions,
        relations=relations,
        uncertainty=row.uncertainty,
        disagreement=row.disagreement,
        predicted_by=row.predicted_by,
    )
