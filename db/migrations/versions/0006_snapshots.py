"""Snapshots of a project's data, and the one that a run learnt from."""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

KEY = "fk_run_snapshot_id_snapshot"


def upgrade() -> None:
    """Add the table and the reference; runs of older versions name none."""
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user_account.id", ondelete="SET NULL"), nullable=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "content_hash", "artifact_key", "licence")),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("chosen", "counts")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("name"),
    )
    op.create_index("ix_snapshot_project_id", "snapshot", ["project_id"])
    with op.batch_alter_table("run") as batch:
        batch.add_column(sa.Column("snapshot_id", sa.Integer))
        batch.create_foreign_key(KEY, "snapshot", ["snapshot_id"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    """Drop both; the files of snapshots stay in the artifact store."""
    with op.batch_alter_table("run") as batch:
        batch.drop_constraint(KEY, type_="foreignkey")
        batch.drop_column("snapshot_id")
    op.drop_table("snapshot")
