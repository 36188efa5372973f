"""Trained models, the runs they came from, and the snapshots those learnt from."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from core.domain import ModelState
from db.columns import IDS_STAY_UNIQUE, Table, type_of_enum, type_of_json, type_of_moment, type_of_text, utc_now


class Model(Table, table=True):
    """A trained model; `kind` is "ensemble" or "joint", `project_id` None for a shipped one."""

    __tablename__ = "model"
    __table_args__ = (sa.Index(None, "project_id", "state"), IDS_STAY_UNIQUE)

    id: int = Field(default=None, primary_key=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", ondelete="CASCADE")
    name: str = Field(sa_type=type_of_text)
    architecture: str = Field(sa_type=type_of_text)
    kind: str = Field(sa_type=type_of_text)
    state: ModelState = Field(default=ModelState.CANDIDATE, sa_type=type_of_enum(ModelState))
    artifact_key: str = Field(sa_type=type_of_text)
    job_id: str | None = Field(default=None, sa_type=type_of_text, foreign_key="job.id", ondelete="SET NULL")
    metrics: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)
    promoted_at: datetime | None = Field(default=None, sa_type=type_of_moment)


class Member(Table, table=True):
    """One trained member of an ensemble."""

    __tablename__ = "member"
    __table_args__ = (sa.UniqueConstraint("model_id", "position"),)

    id: int = Field(default=None, primary_key=True)
    model_id: int = Field(foreign_key="model.id", ondelete="CASCADE")
    position: int
    seed: int
    artifact_key: str = Field(sa_type=type_of_text)
    metrics: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)


class Run(Table, table=True):
    """What a training job used, so that it can be repeated; its id is the job's id."""

    __tablename__ = "run"

    id: str = Field(sa_type=type_of_text, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE", index=True)
    method: str = Field(sa_type=type_of_text)
    architecture: str = Field(sa_type=type_of_text)
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    data_hash: str = Field(sa_type=type_of_text)
    snapshot_id: int | None = Field(default=None, foreign_key="snapshot.id", ondelete="SET NULL")
    seed: int
    versions: dict[str, str] = Field(default_factory=dict, sa_type=type_of_json)
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)


class Snapshot(Table, table=True):
    """A part of a project's data as it was at a moment; neither the row nor its files ever change.

    `chosen` is the filter, `content_hash` the SHA-256 of the native file under `artifact_key`.
    """

    __tablename__ = "snapshot"

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE", index=True)
    user_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    name: str = Field(sa_type=type_of_text, unique=True)
    content_hash: str = Field(sa_type=type_of_text)
    artifact_key: str = Field(sa_type=type_of_text)
    licence: str = Field(default="", sa_type=type_of_text)
    chosen: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)
