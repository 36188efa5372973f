"""Snapshots: a part of a project's data as it is now, with its card and manifest, kept for good.

Nothing changes a snapshot; its project alone takes it along when it is deleted.
"""

import itertools
import re
import uuid
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.artifacts import ArtifactStore
from core.domain import Corpus, Document, Mention, Relation
from core.errors import ConflictError, DomainError, SnapshotError
from core.formats import write_corpus
from core.formats.jsonl import LINE_ADAPTER
from core.formats.jsonl_header import HeaderRecord
from core.formats.jsonl_records import DocumentRecord, SyntheticRecord
from core.workflows.data_out.data_card import CardHead, count_corpus, make_card, write_card
from core.workflows.data_out.export import ExportCounts, ExportFilter, build_corpus
from core.workflows.data_out.snapshot_files import (
    MANIFEST_NAME,
    add_manifest,
    hash_bytes,
    read_checked,
    store_files,
    to_json_bytes,
)
from db.queries import projects, snapshots
from db.queries.snapshots import SnapshotView
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

DATA_NAME, CARD_NAME, CARD_TEXT_NAME = "data.jsonl", "card.json", "card.md"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def create_snapshot(
    session: Session,
    store: ArtifactStore,
    project_id: int,
    chosen: ExportFilter,
    *,
    name: str = "",
    licence: str = "",
    user_id: int | None,
) -> SnapshotView:
    """Keep the chosen part of a project under a name; the caller commits.

    Args:
        session: An open session.
        store: Where the files go.
        project_id: The project.
        chosen: What to take.
        name: Unique in the installation, fit for a file name; made from the project's where empty.
        licence: Terms of the data, for its card.
        user_id: Who makes it.

    Raises:
        DomainError: The name is not fit for a file name.
        ConflictError: The name is taken.
        NotFoundError: There is no such project.
    """
    name = name.strip() or _find_free_name(session, _slug(session, project_id), first_number=1)
    if not _NAME.fullmatch(name):
        raise DomainError(
            f"{name[:110]!r} is no name of a snapshot; it has 1 to 100 letters, digits, dots, hyphens and underscores."
        )
    if snapshots.find_snapshot(session, name) is not None:
        raise ConflictError(f"A snapshot named {name!r} exists already; snapshots never change, choose another name.")
    draft = _collect(session, project_id, chosen)
    return _keep(session, store, draft, name=name, licence=licence.strip(), user_id=user_id)


def snapshot_for_run(session: Session, store: ArtifactStore, job: "Job") -> SnapshotView:
    """Return the snapshot of a project's approved data at the start of a training; made unless there is one alike.

    A decision between this and the reading of the run's own data, an instant apart, would be in one of them alone.
    """
    draft = _collect(session, job.project_id, ExportFilter())
    same = snapshots.find_same(session, job.project_id, content_hash=draft.content_hash, chosen=to_json(draft.chosen))
    if same is not None:
        return same
    stem = f"{_slug(session, job.project_id)}-run-{job.id[-12:]}"
    name = _find_free_name(session, stem, first_number=0)  # a repeat after a crash may find other data
    return _keep(session, store, draft, name=name, licence="", user_id=job.user_id)


def read_snapshot_data(store: ArtifactStore, snapshot: SnapshotView) -> bytes:
    """Return the native file of a snapshot.

    Raises:
        NotFoundError: Its files are gone.
        SnapshotError: The file was changed.
    """
    return read_checked(store.fetch(snapshot.artifact_key) / DATA_NAME, sha256=snapshot.content_hash)


def read_snapshot_file(store: ArtifactStore, snapshot: SnapshotView, name: str) -> bytes:
    """Return the card of a snapshot, CARD_NAME or CARD_TEXT_NAME, checked against its manifest.

    Raises:
        NotFoundError: Its files are gone.
        SnapshotError: The file was changed.
    """
    folder = store.fetch(snapshot.artifact_key)
    try:
        manifest = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise SnapshotError(f"{folder / MANIFEST_NAME} is gone; restore it from a backup.") from error
    hashes = {line[66:]: line[:64] for line in manifest.splitlines()}
    return read_checked(folder / name, sha256=hashes.get(name, ""))


def read_snapshot(store: ArtifactStore, snapshot: SnapshotView) -> Corpus:
    """Return what a snapshot holds.

    Raises:
        NotFoundError: Its files are gone.
        SnapshotError: The file was changed, or written by a newer version of this program.
    """
    lines = iter(read_snapshot_data(store, snapshot).decode("utf-8").split("\n"))
    try:
        header = HeaderRecord.model_validate_json(next(lines))
        # Not checked against its schema: what a project held then, it held.
        records = [LINE_ADAPTER.validate_json(line) for line in lines if line]
    except ValidationError as error:
        raise SnapshotError(f"Snapshot {snapshot.name!r} is of a newer version of DARE Curator; update it.") from error
    return Corpus(
        tuple(record.to_domain()[0] for record in records if isinstance(record, DocumentRecord)),
        tuple(record.to_domain() for record in records if isinstance(record, SyntheticRecord)),
        header.schema_record.to_domain() if header.schema_record else None,
    )


def to_json(chosen: ExportFilter) -> dict[str, Any]:
    """Return a filter as JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(chosen).items()}


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a snapshot will hold."""

    project_id: int
    chosen: ExportFilter
    corpus: Corpus
    counts: ExportCounts
    num_renamed: int
    data: bytes

    @property
    def content_hash(self) -> str:
        return hash_bytes(self.data)


def _collect(session: Session, project_id: int, chosen: ExportFilter) -> _Draft:
    """Read the chosen part of a project in an order that its content alone decides."""
    corpus, counts = build_corpus(session, project_id, chosen)
    ordered = sorted(map(_sort_document, corpus.documents), key=lambda one: (one.id, one.text))
    named, num_renamed = _name_apart(ordered)
    synthetic = sorted(corpus.synthetic, key=lambda one: (one.label, one.text))
    sorted_corpus = replace(corpus, documents=tuple(named), synthetic=tuple(synthetic))
    data = write_corpus(sorted_corpus, format_name="jsonl").data
    return _Draft(project_id, chosen, sorted_corpus, counts, num_renamed, data)


def _keep(
    session: Session, store: ArtifactStore, draft: _Draft, *, name: str, licence: str, user_id: int | None
) -> SnapshotView:
    """Write the files of a snapshot, then its row: a row without files there never is."""
    head = CardHead(name, datetime.now(UTC).replace(microsecond=0), draft.content_hash, to_json(draft.chosen), licence)
    card = make_card(session, draft.project_id, head, draft.corpus, draft.counts, num_renamed=draft.num_renamed)
    files = {
        DATA_NAME: draft.data,
        CARD_NAME: to_json_bytes(card),
        CARD_TEXT_NAME: write_card(card).encode(),
    }
    key = f"snapshots/{uuid.uuid4().hex}"
    store_files(store, key, add_manifest(files))
    try:
        return snapshots.add_snapshot(
            session,
            project_id=draft.project_id,
            user_id=user_id,
            name=name,
            content_hash=draft.content_hash,
            artifact_key=key,
            licence=licence,
            chosen=head.chosen,
            counts=count_corpus(draft.corpus),
            created_at=head.created_at,
        )
    except ConflictError:
        store.remove(key)
        raise


def _sort_document(document: Document) -> Document:
    return replace(
        document,
        mentions=tuple(sorted(document.mentions, key=_mention_key)),
        relations=tuple(sorted(document.relations, key=_relation_key)),
        facts=tuple(sorted(document.facts, key=astuple)),
    )


def _mention_key(mention: Mention) -> tuple[object, ...]:
    return (
        *(mention.span, mention.entity_type, mention.state, mention.source, mention.concept_ids, mention.names),
        -1.0 if mention.score is None else mention.score,
    )


def _relation_key(relation: Relation) -> tuple[object, ...]:
    score = -1.0 if relation.score is None else relation.score
    return _mention_key(relation.head), _mention_key(relation.tail), relation.label, relation.state, score


def _name_apart(ordered: Iterable[Document]) -> tuple[list[Document], int]:
    """Give documents that share an id a number after it; a file may not hold an id twice, a project may."""
    named: dict[str, Document] = {}
    num_renamed = 0
    for document in ordered:
        name, number = document.id, 1
        while name in named:
            number += 1
            name = f"{document.id}~{number}"
        num_renamed += name != document.id
        named[name] = replace(document, id=name)
    return list(named.values()), num_renamed


def _slug(session: Session, project_id: int) -> str:
    """Return a project's name as far as a file's name may hold it."""
    words = re.findall(r"[a-z0-9]+", projects.get_project(session, project_id).name.lower())
    return "-".join(words)[:60].strip("-") or "project"


def _find_free_name(session: Session, stem: str, *, first_number: int) -> str:
    """Return the first of stem-1, stem-2 … that no snapshot has; for number 0 the stem itself."""
    taken = {one.name for one in snapshots.list_snapshots(session)}
    names = (f"{stem}-{number}" if number else stem for number in itertools.count(first_number))
    return next(name for name in names if name not in taken)
