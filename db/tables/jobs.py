"""Background jobs, their progress, and the workers that do them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from core.domain import JobKind, JobState
from db.columns import Table, type_of_enum, type_of_json, type_of_moment, type_of_text, utc_now


class Job(Table, table=True):
    """A piece of background work, as users see it; `stage` is its last coarse step."""

    __tablename__ = "job"
    __table_args__ = (sa.Index(None, "project_id", "created_at"),)

    id: str = Field(sa_type=type_of_text, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    user_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    kind: JobKind = Field(sa_type=type_of_enum(JobKind))
    state: JobState = Field(default=JobState.QUEUED, sa_type=type_of_enum(JobState))
    params: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    stage: str = Field(default="", sa_type=type_of_text)
    result: dict[str, Any] | None = Field(default=None, sa_type=type_of_json)
    error: str = Field(default="", sa_type=type_of_text)
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)
    started_at: datetime | None = Field(default=None, sa_type=type_of_moment)
    finished_at: datetime | None = Field(default=None, sa_type=type_of_moment)


class JobProgress(Table, table=True):
    """Fine progress of one part of a job; `values` is a list of points, the newest last."""

    __tablename__ = "job_progress"

    job_id: str = Field(sa_type=type_of_text, foreign_key="job.id", ondelete="CASCADE", primary_key=True)
    part: str = Field(sa_type=type_of_text, primary_key=True)
    fraction: float = 0.0
    message: str = Field(default="", sa_type=type_of_text)
    values: list[dict[str, float]] = Field(default_factory=list, sa_type=type_of_json)
    updated_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)


class WorkerStatus(Table, table=True):
    """What a worker says about itself: starting, loading, ready, busy or stopped.

    `place` is the machine and the folder it works in: two places never share a name at a time.
    """

    __tablename__ = "worker_status"

    name: str = Field(sa_type=type_of_text, primary_key=True)
    state: str = Field(sa_type=type_of_text)
    message: str = Field(default="", sa_type=type_of_text)
    device: str = Field(default="", sa_type=type_of_text)
    place: str = Field(default="", sa_type=type_of_text, sa_column_kwargs={"server_default": ""})
    updated_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)
