"""Every table, one class each; a class ends in `Row` where a domain type has the plain name."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from core.domain import JobKind, JobState, ModelState, Source, Split, State
from db.columns import IDS_STAY_UNIQUE, Table, type_of_enum, type_of_json, type_of_moment, type_of_text, utc_now


class UserAccount(Table, table=True):
    """A person who decides; without sign-in there is one, named "local"."""

    __tablename__ = "user_account"

    id: int = Field(default=None, primary_key=True)
    name: str = Field(sa_type=type_of_text, unique=True)
    role: str = Field(default="lead", sa_type=type_of_text)


class Project(Table, table=True):
    """A body of text with its schema; `model_id` is the promoted ensemble, `joint_model_id` the joint model."""

    __tablename__ = "project"

    id: int = Field(default=None, primary_key=True)
    name: str = Field(sa_type=type_of_text, unique=True)
    template: str = Field(default="blank", sa_type=type_of_text)
    description: str = Field(default="", sa_type=type_of_text)
    guideline: str = Field(default="", sa_type=type_of_text)
    is_demo: bool = False
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)
    model_id: int | None = Field(
        default=None,
        sa_column=sa.Column(
            sa.Integer,
            # Projects and models name each other, so this key is added after both tables exist.
            sa.ForeignKey("model.id", name="fk_project_model_id_model", ondelete="SET NULL", use_alter=True),
        ),
    )
    joint_model_id: int | None = Field(
        default=None,
        sa_column=sa.Column(
            sa.Integer,
            sa.ForeignKey("model.id", name="fk_project_joint_model_id_model", ondelete="SET NULL", use_alter=True),
        ),
    )


class EntityTypeRow(Table, table=True):
    """An entity type of a project's schema."""

    __tablename__ = "entity_type"
    __table_args__ = (sa.UniqueConstraint("project_id", "name"),)

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    position: int
    name: str = Field(sa_type=type_of_text)
    colour: str = Field(sa_type=type_of_text)
    guideline: str = Field(default="", sa_type=type_of_text)


class RelationLabelRow(Table, table=True):
    """A relation label of a project's schema; `legal_types` is a list of [head type, tail type]."""

    __tablename__ = "relation_label"
    __table_args__ = (sa.UniqueConstraint("project_id", "name"),)

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    position: int
    name: str = Field(sa_type=type_of_text)
    is_symmetric: bool = False
    colour: str = Field(sa_type=type_of_text)
    guideline: str = Field(default="", sa_type=type_of_text)
    legal_types: list[list[str]] = Field(default_factory=list, sa_type=type_of_json)


class DocumentRow(Table, table=True):
    """An uploaded text, unchanged; the same text is stored once a project."""

    __tablename__ = "document"
    __table_args__ = (sa.UniqueConstraint("project_id", "content_hash"),)

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=type_of_text)
    text: str = Field(sa_type=type_of_text)
    content_hash: str = Field(sa_type=type_of_text)
    split: Split = Field(default=Split.TRAIN, sa_type=type_of_enum(Split))
    metadata_: dict[str, str] = Field(default_factory=dict, sa_type=type_of_json)
    source_name: str = Field(default="", sa_type=type_of_text)
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)


class DocumentFactRow(Table, table=True):
    """A relation between two concepts of a document."""

    __tablename__ = "document_fact"

    id: int = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id", ondelete="CASCADE", index=True)
    label: str = Field(sa_type=type_of_text)
    head_concept: str = Field(sa_type=type_of_text)
    tail_concept: str = Field(sa_type=type_of_text)


class SentenceRow(Table, table=True):
    """The unit of review; `start` and `end` are document offsets, `version` counts changes.

    `split` is the document's. `uncertainty` is None before a model has read the sentence; `shuffle` in [0, 1)
    decides who gets into the random share of the review queue.
    """

    __tablename__ = "sentence"
    __table_args__ = (
        sa.UniqueConstraint("document_id", "position"),
        sa.Index(None, "project_id", "id"),
        # The split comes last, so that a queue of one split passes over all others without reading their rows.
        sa.Index("ix_sentence_queue", "project_id", "state", "uncertainty", "id", "split"),
        sa.Index("ix_sentence_disagreement", "project_id", "state", "disagreement", "id", "split"),
        sa.Index("ix_sentence_shuffle", "project_id", "state", "shuffle", "id", "split"),
        sa.Index("ix_sentence_text", "project_id", "state", "id", "split"),
        sa.Index("ix_sentence_flagged", "project_id", "is_flagged", "id"),
        sa.Index("ix_sentence_changed", "project_id", "updated_at", "id"),
        IDS_STAY_UNIQUE,
    )

    id: int = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id", ondelete="CASCADE")
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    position: int
    start: int
    end: int
    state: State = Field(default=State.PENDING, sa_type=type_of_enum(State))
    split: Split = Field(
        default=Split.TRAIN, sa_type=type_of_enum(Split), sa_column_kwargs={"server_default": Split.TRAIN.value}
    )
    is_flagged: bool = False
    comment: str = Field(default="", sa_type=type_of_text)
    version: int = 1
    uncertainty: float | None = None
    disagreement: float | None = None
    shuffle: float
    predicted_by: str | None = Field(default=None, sa_type=type_of_text)
    updated_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)


class MentionRow(Table, table=True):
    """One occurrence of an entity; offsets are those of the document.

    `sentence_id` is None where a mention crosses a sentence end.
    """

    __tablename__ = "mention"
    __table_args__ = IDS_STAY_UNIQUE

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE", index=True)
    document_id: int = Field(foreign_key="document.id", ondelete="CASCADE", index=True)
    sentence_id: int | None = Field(default=None, foreign_key="sentence.id", ondelete="CASCADE", index=True)
    start: int
    end: int
    entity_type: str = Field(sa_type=type_of_text)
    concept_ids: list[str] = Field(default_factory=list, sa_type=type_of_json)
    names: list[str] = Field(default_factory=list, sa_type=type_of_json)
    score: float | None = None
    state: State = Field(default=State.PENDING, sa_type=type_of_enum(State))
    source: Source = Field(default=Source.MODEL, sa_type=type_of_enum(Source))


class RelationRow(Table, table=True):
    """A directed relation between two mentions; `sentence_id` is None where it crosses sentences."""

    __tablename__ = "relation"
    __table_args__ = (
        sa.Index("ix_relation_labels", "project_id", "label", "state", "sentence_id"),
        IDS_STAY_UNIQUE,
    )

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    document_id: int = Field(foreign_key="document.id", ondelete="CASCADE", index=True)
    sentence_id: int | None = Field(default=None, foreign_key="sentence.id", ondelete="CASCADE", index=True)
    head_id: int = Field(foreign_key="mention.id", ondelete="CASCADE", index=True)
    tail_id: int = Field(foreign_key="mention.id", ondelete="CASCADE", index=True)
    label: str = Field(sa_type=type_of_text)
    score: float | None = None
    state: State = Field(default=State.PENDING, sa_type=type_of_enum(State))
    source: Source = Field(default=Source.MODEL, sa_type=type_of_enum(Source))


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
    """What a worker says about itself: starting, loading, ready, busy or stopped."""

    __tablename__ = "worker_status"

    name: str = Field(sa_type=type_of_text, primary_key=True)
    state: str = Field(sa_type=type_of_text)
    message: str = Field(default="", sa_type=type_of_text)
    device: str = Field(default="", sa_type=type_of_text)
    updated_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)


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


class Decision(Table, table=True):
    """One change by a person: who, when, what, before and after; rows are only ever added.

    `batch_id` joins the rows of one bulk step; `undoes_id` names the decision that this one takes back.
    """

    __tablename__ = "decision"
    __table_args__ = (
        sa.Index(None, "project_id", "user_id", "id"),
        sa.Index(None, "target_kind", "target_id"),
        sa.Index(None, "batch_id"),
    )

    id: int = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", ondelete="CASCADE")
    user_id: int = Field(foreign_key="user_account.id", ondelete="RESTRICT")
    created_at: datetime = Field(default_factory=utc_now, sa_type=type_of_moment)
    target_kind: str = Field(sa_type=type_of_text)
    target_id: int
    action: str = Field(sa_type=type_of_text)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    after: dict[str, Any] = Field(default_factory=dict, sa_type=type_of_json)
    batch_id: str | None = Field(default=None, sa_type=type_of_text)
    undoes_id: int | None = Field(default=None, foreign_key="decision.id", ondelete="CASCADE", index=True)


class Model(Table, table=True):
    """A trained model; `kind` is "ensemble" or "joint", `project_id` None for a shipped one."""

    __tablename__ = "model"
    __table_args__ = (sa.Index(None, "project_id", "state"),)

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
