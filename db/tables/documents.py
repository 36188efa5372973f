"""Documents, their sentences, and what is marked in them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from core.domain import Source, Split, State
from db.columns import IDS_STAY_UNIQUE, Table, type_of_enum, type_of_json, type_of_moment, type_of_text, utc_now


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
