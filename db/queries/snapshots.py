"""Snapshots: added once, never changed, found by name; the runs that learnt from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.errors import ConflictError, NotFoundError
from db.faults import taken_as_conflict
from db.tables import Decision, DocumentRow, Run, Snapshot, UserAccount


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """A snapshot; `chosen` is the filter as JSON, `counts` what it holds by kind."""

    id: int
    project_id: int
    user_id: int | None
    name: str
    content_hash: str
    artifact_key: str
    licence: str
    chosen: Mapping[str, Any]
    counts: Mapping[str, int]
    created_at: datetime


def add_snapshot(
    session: Session,
    *,
    project_id: int,
    user_id: int | None,
    name: str,
    content_hash: str,
    artifact_key: str,
    licence: str,
    chosen: Mapping[str, Any],
    counts: Mapping[str, int],
    created_at: datetime,
) -> SnapshotView:
    """Store a snapshot.

    Raises:
        ConflictError: The name is taken.
    """
    if find_snapshot(session, name) is not None:
        raise ConflictError(_taken(name))
    row = Snapshot(
        project_id=project_id,
        user_id=user_id,
        name=name,
        content_hash=content_hash,
        artifact_key=artifact_key,
        licence=licence,
        chosen=dict(chosen),
        counts=dict(counts),
        created_at=created_at,
    )
    session.add(row)
    with taken_as_conflict(_taken(name)):
        session.flush()
    return _view(row)


def _taken(name: str) -> str:
    return f"A snapshot named {name!r} exists already; snapshots never change, choose another name."


def find_snapshot(session: Session, name: str) -> SnapshotView | None:
    """Return the snapshot of that name, or None."""
    row = session.exec(select(Snapshot).where(Snapshot.name == name)).first()
    return None if row is None else _view(row)


def get_snapshot(session: Session, name: str) -> SnapshotView:
    """Return the snapshot of that name.

    Raises:
        NotFoundError: There is none.
    """
    found = find_snapshot(session, name)
    if found is None:
        known = ", ".join(one.name for one in list_snapshots(session)[:10]) or "none"
        raise NotFoundError(f"No snapshot {name!r}; there are: {known}. `dare snapshot create PROJECT` makes one.")
    return found


def list_snapshots(session: Session, project_id: int | None = None) -> list[SnapshotView]:
    """Return the snapshots of a project, or of all, newest first."""
    query = select(Snapshot).order_by(col(Snapshot.id).desc())
    if project_id is not None:
        query = query.where(Snapshot.project_id == project_id)
    return [_view(row) for row in session.exec(query)]


def find_same(
    session: Session, project_id: int, *, content_hash: str, chosen: Mapping[str, Any]
) -> SnapshotView | None:
    """Return the oldest snapshot of a project with this content and filter, or None."""
    query = select(Snapshot).where(Snapshot.project_id == project_id, Snapshot.content_hash == content_hash)
    rows = session.exec(query.order_by(col(Snapshot.id)))
    return next((_view(row) for row in rows if row.chosen == dict(chosen)), None)


def find_snapshot_name(session: Session, snapshot_id: int | None) -> str:
    """Return the name of a snapshot; empty where there is none."""
    return session.exec(select(Snapshot.name).where(Snapshot.id == snapshot_id)).first() or ""


def list_run_ids(session: Session, snapshot_id: int) -> list[str]:
    """Return the ids of the runs that learnt from a snapshot, oldest first."""
    return list(session.exec(select(Run.id).where(Run.snapshot_id == snapshot_id).order_by(col(Run.created_at))))


def get_source_names(session: Session, project_id: int) -> dict[str, str]:
    """Return the name of the file that each document came with, by the hash of its text."""
    query = select(DocumentRow.content_hash, DocumentRow.source_name).where(DocumentRow.project_id == project_id)
    return dict(session.exec(query).all())


def count_reviewers(session: Session, project_id: int) -> dict[str, tuple[int, int]]:
    """Return, by role, how many people have decided in a project and how many decisions they made."""
    query = (
        sa.select(col(UserAccount.role), sa.func.count(sa.distinct(col(UserAccount.id))), sa.func.count())
        .join(Decision, col(Decision.user_id) == col(UserAccount.id))
        .where(col(Decision.project_id) == project_id, col(Decision.target_kind).in_(["sentence", "synthetic"]))
        .group_by(col(UserAccount.role))
        .order_by(col(UserAccount.role))
    )
    return {role: (people, decisions) for role, people, decisions in session.execute(query)}


def _view(row: Snapshot) -> SnapshotView:
    return SnapshotView(
        row.id,
        row.project_id,
        row.user_id,
        row.name,
        row.content_hash,
        row.artifact_key,
        row.licence,
        row.chosen,
        row.counts,
        row.created_at,
    )
