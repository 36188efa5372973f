"""A worker says where it works, so that no second one takes its name elsewhere."""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the column; workers of before say nothing."""
    op.add_column("worker_status", sa.Column("place", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("worker_status", "place")
