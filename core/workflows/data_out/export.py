"""Take curated data out: choose it, count what each filter drops, write it in a format."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeVar

from core.domain import Corpus, Document, Mention, Relation, Span, Split, State, SyntheticSentence
from core.formats import BINARY_FORMATS, SUFFIXES, WRITERS, ExportReport, WriteResult, write_corpus
from core.formats.jsonl import write_records
from db.queries import documents, projects, synthetic
from db.queries.synthetic import GOLD
from db.session import Session

NATIVE = "jsonl"
WRITE_FORMATS = tuple(WRITERS)
SUFFIX_BY_FORMAT = SUFFIXES
WITHOUT_PREVIEW = BINARY_FORMATS
Item = TypeVar("Item", Mention, Relation)


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """What to take out.

    Args:
        splits: Splits to take; empty takes all.
        gold_only: Leave out what no person approved, and documents without a reviewed sentence.
        include_synthetic: Take accepted synthetic sentences, which only ever train.
        labels: Relation labels to take; empty takes all. Mentions are not filtered by label.
        reviewer_id: Only annotations of sentences that this user decided on.
    """

    splits: tuple[Split, ...] = ()
    gold_only: bool = True
    include_synthetic: bool = True
    labels: tuple[str, ...] = ()
    reviewer_id: int | None = None


@dataclass(slots=True)
class ExportCounts:
    """What an export holds, and how much each filter dropped, by its name and the thing dropped."""

    documents: int = 0
    mentions: int = 0
    relations: int = 0
    synthetic: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, number: int) -> None:
        """Count dropped things."""
        if number:
            self.dropped[reason] = self.dropped.get(reason, 0) + number


def build_corpus(session: Session, project_id: int, chosen: ExportFilter) -> tuple[Corpus, ExportCounts]:
    """Return the chosen part of a project and what was left out.

    Rejected annotations are never taken.

    Raises:
        NotFoundError: There is no such project.
    """
    counts = ExportCounts()
    schema = projects.get_schema(session, project_id)
    kept = tuple(_keep_documents(session, project_id, chosen, counts))
    return Corpus(kept, tuple(_keep_synthetic(session, project_id, chosen, counts)), schema), counts


def export_project(
    session: Session, project_id: int, chosen: ExportFilter, *, format_name: str
) -> tuple[WriteResult, ExportCounts]:
    """Return the chosen part of a project as the bytes of a file; the native format never holds it all as objects.

    Raises:
        NotFoundError: There is no such project.
        FormatError: There is no such format, or it cannot hold the data.
    """
    if format_name != NATIVE:
        corpus, counts = build_corpus(session, project_id, chosen)
        return write_corpus(corpus, format_name=format_name), counts
    file = BytesIO()
    report, counts = _write_native(file, session, project_id, chosen)
    return WriteResult(file.getvalue(), report), counts


def export_to_path(
    session: Session, project_id: int, chosen: ExportFilter, out_path: Path, *, format_name: str
) -> tuple[ExportReport, ExportCounts]:
    """Write the chosen part of a project to a file, which appears whole or not at all.

    The native format is written as it is read; every other one is put together in memory.

    Raises:
        NotFoundError: There is no such project.
        FormatError: There is no such format, or it cannot hold the data.
    """
    out_path.parent.mkdir(parents=True, exist_ok=True)
    partial = out_path.with_name(f".{out_path.name}.{uuid.uuid4().hex}.partial")
    try:
        if format_name == NATIVE:
            with partial.open("wb") as file:
                report, counts = _write_native(file, session, project_id, chosen)
        else:
            written, counts = export_project(session, project_id, chosen, format_name=format_name)
            report = written.report
            partial.write_bytes(written.data)
        partial.replace(out_path)
    finally:
        partial.unlink(missing_ok=True)
    return report, counts


def _write_native(
    file: BinaryIO, session: Session, project_id: int, chosen: ExportFilter
) -> tuple[ExportReport, ExportCounts]:
    counts = ExportCounts()
    schema = projects.get_schema(session, project_id)
    kept = _keep_documents(session, project_id, chosen, counts)
    return write_records(file, schema, kept, _keep_synthetic(session, project_id, chosen, counts)), counts


def _keep_synthetic(
    session: Session, project_id: int, chosen: ExportFilter, counts: ExportCounts
) -> Iterator[SyntheticSentence]:
    """Yield the accepted synthetic sentences, if the filter takes any."""
    by_state = synthetic.count_synthetic(session, project_id).values()
    accepted = sum(number for states in by_state for state, number in states.items() if state in GOLD)
    if not chosen.include_synthetic or (chosen.splits and Split.TRAIN not in chosen.splits):
        counts.drop("synthetic: sentences", accepted)
        return
    for sentence in synthetic.stream_synthetic(session, project_id, labels=chosen.labels):
        counts.synthetic += 1
        yield sentence
    counts.drop("labels: synthetic sentences", accepted - counts.synthetic)


def _keep_documents(
    session: Session, project_id: int, chosen: ExportFilter, counts: ExportCounts
) -> Iterator[Document]:
    """Yield the documents that the filter takes, with the annotations that it takes."""
    projects.get_project(session, project_id)
    by_split = documents.count_documents(session, project_id)
    if chosen.splits:
        counts.drop("splits: documents", sum(by_split.values()) - sum(by_split.get(s, 0) for s in chosen.splits))
    decided = None
    if chosen.reviewer_id is not None:
        decided = documents.find_decided_sentences(session, project_id, chosen.reviewer_id)
    for document in documents.stream_documents(session, project_id, splits=chosen.splits):
        if chosen.gold_only and not any(sentence.state.is_gold for sentence in document.sentences):
            counts.drop("gold only: documents", 1)
            continue
        inside = None
        if decided is not None:
            text_hash = documents.get_text_hash(document.text)
            inside = [s.span for s in document.sentences if (text_hash, s.span.start) in decided]
            if not inside:
                counts.drop("reviewer: documents", 1)
                continue
        kept = _keep_annotations(document, chosen, inside, counts)
        counts.documents += 1
        counts.mentions += len(kept.mentions)
        counts.relations += len(kept.relations)
        yield kept


def _keep_annotations(
    document: Document, chosen: ExportFilter, inside: Iterable[Span] | None, counts: ExportCounts
) -> Document:
    """Drop what is rejected, not gold, outside the reviewer's sentences, or of another label, in this order."""
    mentions = _keep_decided(document.mentions, chosen, counts, "mentions")
    relations = _keep_decided(document.relations, chosen, counts, "relations")
    if inside is not None:
        spans = list(inside)
        near = [mention for mention in mentions if any(span.contains(mention.span) for span in spans)]
        counts.drop("reviewer: mentions", len(mentions) - len(near))
        mentions = near
    known = set(mentions)
    joined = [relation for relation in relations if relation.head in known and relation.tail in known]
    counts.drop("relations without their mentions", len(relations) - len(joined))
    facts = document.facts
    if chosen.labels:
        named = [relation for relation in joined if relation.label in chosen.labels]
        counts.drop("labels: relations", len(joined) - len(named))
        joined = named
        facts = tuple(fact for fact in document.facts if fact.label in chosen.labels)
        counts.drop("labels: facts", len(document.facts) - len(facts))
    return replace(document, mentions=tuple(mentions), relations=tuple(joined), facts=facts)


def _keep_decided(items: Iterable[Item], chosen: ExportFilter, counts: ExportCounts, noun: str) -> list[Item]:
    kept = []
    for item in items:
        if item.state is State.REJECTED:
            counts.drop(f"rejected: {noun}", 1)
        elif chosen.gold_only and not item.state.is_gold:
            counts.drop(f"gold only: {noun}", 1)
        else:
            kept.append(item)
    return kept
