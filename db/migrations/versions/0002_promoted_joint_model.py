"""A project may have a promoted joint model beside its promoted ensemble."""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

KEY = "fk_project_joint_model_id_model"


def upgrade() -> None:
    """Add the second reference, and let it name the joint model of projects whose promoted model is one."""
    with op.batch_alter_table("project") as batch:
        batch.add_column(sa.Column("joint_model_id", sa.Integer))
        batch.create_foreign_key(KEY, "model", ["joint_model_id"], ["id"], ondelete="SET NULL")
    joint = "(SELECT id FROM model WHERE kind = 'joint')"
    op.execute(f"UPDATE project SET joint_model_id = model_id, model_id = NULL WHERE model_id IN {joint}")


def downgrade() -> None:
    """Drop the second reference."""
    with op.batch_alter_table("project") as batch:
        batch.drop_constraint(KEY, type_="foreignkey")
        batch.drop_column("joint_model_id")
