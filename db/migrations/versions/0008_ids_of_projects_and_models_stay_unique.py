"""A removed project's or model's id is never given to another one."""

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = ("project", "model")
# Decisions outlive the models that they name. Those of a project go with it, so nothing tells of earlier projects.
LAST_MODEL = (
    "SELECT MAX((SELECT COALESCE(MAX(id), 0) FROM model), "
    "(SELECT COALESCE(MAX(target_id), 0) FROM decision WHERE target_kind = 'model'))"
)


def upgrade() -> None:
    """Let SQLite count on from the highest id there ever was; Postgres has always done so."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'model'")
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('model', ({LAST_MODEL}))")


def downgrade() -> None:
    """Leave the tables as they are: an older version works with them, and a copy might lose what refers to them."""
