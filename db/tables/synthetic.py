"""Sentences that generators wrote, and how many are wanted."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from core.domain import Split, State
from db.columns import IDS_STAY_UNIQUE, Table, type_of_enum, type_of_json, type_of_moment, type_of_text, utc_now


class SyntheticRow(Table, table=True):
    """A sentence written by a generator; its head and tail are mask tokens of the text.

    `head_name` and `tail_name` stand for the masks where people read it; the scores are those of
    `core.domain.SyntheticSentence`.
    """

    __tablename__ = "synthetic_sentence"
    __table_args__ = (
        sa.CheckConstraint("split = 'train'", name="split_is_train"),
        sa.Index(None, "project_id", "label", "state", "shuffle", "id"),
        sa.Index("ix_synthetic_sentence_queue", "project_id", "state", "shuffle", "id"),
        sa.Index("ix_synthetic_sentence_flagged", "project_id", "is_flagged", "shuffle", "id"),
        IDS_STAY_UNIQUE,
    )

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    label: str = Field(sa_type=type_of_text)
    text: str = Field(sa_type=type_of_text)
    head_start: int
    head_end: int
    head_type: str = Field(sa_type=type_of_text)
    tail_start: int
    tail_end: int
    tail_type: str = Field(sa_type=type_of_text)
    state: State = Field(default=State.PENDING, sa_type=type_of_enum(State))
    reason: str = Field(default="", sa_type=type_of_text)
    is_flagged: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    comment: str = Field(default="", sa_type=type_of_text, sa_column_kwargs={"server_default": ""})
    split: Split = Field(default=Split.TRAIN, sa_type=type_of_enum(Split))
    original_text: str | None = Field(default=None, sa_type=type_of_text)
    head_name: str = Field(default="", sa_type=type_of_text, sa_column_kwargs={"server_default": ""})
    tail_name: str = Field(default="", sa_type=type_of_text, sa_column_kwargs={"server_default": ""})
    agreement: float | None = None
    disagreement: float | None = None
    novelty: float | None = None
    nearest_gold: str = Field(default="", sa_type=type_of_text, sa_column_kwargs={"server_default": ""})
    provenance: dict[str, str] = Field(default_factory=dict, sa_type=type_of_json)
    job_id: str | None = Field(default=None, sa_type=type_of_text, foreign_key="job.id", ondelete="SET NULL")
    version: int = 1
    shuffle: float
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)


class SyntheticQuota(Table, table=True):
    """How many accepted synthetic sentences a project wants for a label; labels without a row keep the usual number."""

    __tablename__ = "synthetic_quota"

    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE", primary_key=True)
    label: str = Field(sa_type=type_of_text, primary_key=True)
    wanted: int
