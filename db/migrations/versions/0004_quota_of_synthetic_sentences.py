"""A project may say how many accepted synthetic sentences it wants for a label."""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the table; labels without a row keep the usual number."""
    op.create_table(
        "synthetic_quota",
        sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "label"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("synthetic_quota")
