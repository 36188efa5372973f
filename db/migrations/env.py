"""Alembic's entry: runs migrations on the connection that `db.session.migrate` hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

import db.tables  # noqa: F401 - fills the metadata
from db.columns import Table, UtcDateTime


def is_ours(_object: object, _name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:  # noqa: FBT001
    """Leave tables of others alone, the job engine's for one, that share the database."""
    return not (kind == "table" and reflected and compare_to is None)


def render_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """Write our own column types as plain ones, so that old migrations never import today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.Enum):
        return f"sa.String({item.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    compare_type=True,
    include_object=is_ours,
    render_item=render_type,
)
with context.begin_transaction():
    context.run_migrations()
