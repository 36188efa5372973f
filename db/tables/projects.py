"""People, their projects, and the schema of each."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from db.columns import IDS_STAY_UNIQUE, Table, type_of_json, type_of_moment, type_of_text, utc_now


class UserAccount(Table, table=True):
    """A person who decides; without sign-in there is one, named "local"."""

    __tablename__ = "user_account"

    id: int = Field(default=None, primary_key=True)
    name: str = Field(sa_type=type_of_text, unique=True)
    role: str = Field(default="lead", sa_type=type_of_text)


class Project(Table, table=True):
    """A body of text with its schema; `model_id` is the promoted ensemble, `joint_model_id` the joint model."""

    __tablename__ = "project"
    __table_args__ = IDS_STAY_UNIQUE

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
