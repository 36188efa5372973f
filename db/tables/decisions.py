"""What people decided, one row a change."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from db.columns import Table, type_of_json, type_of_moment, type_of_text, utc_now


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
