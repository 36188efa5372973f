"""Synthetic sentences can be flagged and commented on, as other sentences can."""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

INDEX = "ix_synthetic_sentence_flagged"


def upgrade() -> None:
    """Add the columns; sentences of before are neither flagged nor commented on."""
    with op.batch_alter_table("synthetic_sentence") as batch:
        # A default in words of SQL would make SQLite copy the table, and the copy would give ids of deleted rows anew.
        batch.add_column(sa.Column("is_flagged", sa.Boolean, nullable=False, server_default="0"))
        batch.add_column(sa.Column("comment", sa.Text, nullable=False, server_default=""))
    op.create_index(INDEX, "synthetic_sentence", ["project_id", "is_flagged", "shuffle", "id"])


def downgrade() -> None:
    """Drop the columns."""
    op.drop_index(INDEX, "synthetic_sentence")
    with op.batch_alter_table("synthetic_sentence") as batch:
        for name in ("is_flagged", "comment"):
            batch.drop_column(name)
