"""Synthetic sentences keep the names that stand for their masks, their judges' scores and the nearest gold."""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

TEXTS = ("head_name", "tail_name", "nearest_gold")
SCORES = ("agreement", "disagreement", "novelty")


def upgrade() -> None:
    """Add the columns; sentences of before have neither names nor scores."""
    with op.batch_alter_table("synthetic_sentence") as batch:
        for name in TEXTS:
            batch.add_column(sa.Column(name, sa.Text, nullable=False, server_default=""))
        for name in SCORES:
            batch.add_column(sa.Column(name, sa.Float))


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("synthetic_sentence") as batch:
        for name in (*TEXTS, *SCORES):
            batch.drop_column(name)
