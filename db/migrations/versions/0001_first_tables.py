"""First tables: projects, text, annotations, synthetic sentences, decisions, models, jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

APPEND_ONLY = "decisions are append-only: add a new decision instead"
TABLES = (
    *("member", "decision", "relation", "mention", "sentence", "document_fact", "document", "run"),
    *("synthetic_sentence", "model", "job_progress", "job", "relation_label", "entity_type"),
    *("worker_status", "project", "user_account"),
)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _key(name: str, table: str, *, ondelete: str = "CASCADE", nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(f"{table}.id", ondelete=ondelete), nullable=nullable)


def _job_key() -> sa.Column[Any]:
    return sa.Column("job_id", sa.Text, sa.ForeignKey("job.id", ondelete="SET NULL"))


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _json(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.JSON(none_as_null=True), nullable=False) for name in names]


def _integers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _choice(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(16), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _number(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Float, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _index(table: str, *columns: str, name: str = "") -> None:
    op.create_index(name or f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _create_projects() -> None:
    op.create_table("user_account", _id(), *_texts("name", "role"), sa.UniqueConstraint("name"))
    op.create_table(
        "project",
        _id(),
        *_texts("name", "template", "description", "guideline"),
        _flag("is_demo"),
        _moment("created_at"),
        sa.Column("model_id", sa.Integer),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "entity_type",
        *(_id(), _key("project_id", "project"), *_integers("position"), *_texts("name", "colour", "guideline")),
        sa.UniqueConstraint("project_id", "name"),
    )
    op.create_table(
        "relation_label",
        *(_id(), _key("project_id", "project"), *_integers("position"), *_texts("name", "colour", "guideline")),
        *(_flag("is_symmetric"), *_json("legal_types")),
        sa.UniqueConstraint("project_id", "name"),
    )


def _create_documents() -> None:
    op.create_table(
        "document",
        *(_id(), _key("project_id", "project")),
        *_texts("external_id", "text", "content_hash", "source_name"),
        *(_choice("split"), *_json("metadata_"), _moment("created_at")),
        sa.UniqueConstraint("project_id", "content_hash"),
    )
    op.create_table(
        "document_fact",
        *(_id(), _key("document_id", "document"), *_texts("label", "head_concept", "tail_concept")),
    )
    op.create_table(
        "sentence",
        *(_id(), _key("document_id", "document"), _key("project_id", "project")),
        *(*_integers("position", "start", "end", "version"), _choice("state"), _flag("is_flagged")),
        *(*_texts("comment"), _number("uncertainty"), _number("disagreement")),
        *(_number("shuffle", nullable=False), sa.Column("predicted_by", sa.Text), _moment("updated_at")),
        sa.UniqueConstraint("document_id", "position"),
        sqlite_autoincrement=True,
    )
    _index("document_fact", "document_id")
    _index("sentence", "project_id", "id")
    _index("sentence", "project_id", "state", "uncertainty", "id", name="ix_sentence_queue")
    _index("sentence", "project_id", "state", "shuffle", "id", name="ix_sentence_shuffle")


def _create_annotations() -> None:
    op.create_table(
        "mention",
        *(_id(), _key("project_id", "project"), _key("document_id", "document")),
        *(_key("sentence_id", "sentence", nullable=True), *_integers("start", "end"), *_texts("entity_type")),
        *(*_json("concept_ids", "names"), _number("score"), _choice("state"), _choice("source")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "relation",
        *(_id(), _key("project_id", "project"), _key("document_id", "document")),
        *(_key("sentence_id", "sentence", nullable=True), _key("head_id", "mention"), _key("tail_id", "mention")),
        *(*_texts("label"), _number("score"), _choice("state"), _choice("source")),
        sqlite_autoincrement=True,
    )
    for table, columns in {
        "mention": ("project_id", "document_id", "sentence_id"),
        "relation": ("document_id", "sentence_id", "head_id", "tail_id"),
    }.items():
        for column in columns:
            _index(table, column)
    _index("relation", "project_id", "label", "state")


def _create_jobs() -> None:
    op.create_table(
        "job",
        *(sa.Column("id", sa.Text, primary_key=True), _key("project_id", "project")),
        *(_key("user_id", "user_account", ondelete="SET NULL", nullable=True), _choice("kind"), _choice("state")),
        *(*_json("params"), *_texts("stage", "error"), sa.Column("result", sa.JSON(none_as_null=True))),
        *(_moment("created_at"), _moment("started_at", nullable=True), _moment("finished_at", nullable=True)),
    )
    op.create_table(
        "job_progress",
        sa.Column("job_id", sa.Text, sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        *(_number("fraction", nullable=False), *_texts("message"), *_json("values"), _moment("updated_at")),
    )
    op.create_table(
        "worker_status",
        sa.Column("name", sa.Text, primary_key=True),
        *(*_texts("state", "message", "device"), _moment("updated_at")),
    )
    _index("job", "project_id", "created_at")


def _create_synthetic() -> None:
    op.create_table(
        "synthetic_sentence",
        *(_id(), _key("project_id", "project"), *_texts("label", "text", "head_type", "tail_type", "reason")),
        *(*_integers("head_start", "head_end", "tail_start", "tail_end", "version"), _choice("state")),
        *(_choice("split"), sa.Column("original_text", sa.Text), *_json("provenance"), _job_key()),
        *(_number("shuffle", nullable=False), _moment("created_at")),
        sa.CheckConstraint("split = 'train'", name="split_is_train"),
        sqlite_autoincrement=True,
    )
    _index("synthetic_sentence", "project_id", "label", "state", "shuffle", "id")
    _index("synthetic_sentence", "project_id", "state", "shuffle", "id", name="ix_synthetic_sentence_queue")


def _create_decisions() -> None:
    op.create_table(
        "decision",
        *(_id(), _key("project_id", "project"), _key("user_id", "user_account", ondelete="RESTRICT")),
        *(_moment("created_at"), *_texts("target_kind"), *_integers("target_id"), *_texts("action")),
        *(*_json("before", "after"), sa.Column("batch_id", sa.Text)),
        _key("undoes_id", "decision", nullable=True),
    )
    _index("decision", "project_id", "user_id", "id")
    _index("decision", "target_kind", "target_id")
    _index("decision", "undoes_id")


def _create_models() -> None:
    op.create_table(
        "model",
        *(_id(), _key("project_id", "project", nullable=True), *_texts("name", "architecture", "kind")),
        *(_choice("state"), *_texts("artifact_key"), _job_key(), *_json("metrics", "settings")),
        *(_moment("created_at"), _moment("promoted_at", nullable=True)),
    )
    op.create_table(
        "member",
        *(_id(), _key("model_id", "model"), *_integers("position", "seed")),
        *(*_texts("artifact_key"), *_json("metrics")),
        sa.UniqueConstraint("model_id", "position"),
    )
    op.create_table(
        "run",
        *(sa.Column("id", sa.Text, primary_key=True), _key("project_id", "project")),
        *(*_texts("method", "architecture", "data_hash"), *_json("settings", "versions")),
        *(*_integers("seed"), _moment("created_at")),
    )
    _index("model", "project_id", "state")
    _index("run", "project_id")
    # Projects and models name each other, so the last key is added when both exist.
    with op.batch_alter_table("project") as batch:
        batch.create_foreign_key("fk_project_model_id_model", "model", ["model_id"], ["id"], ondelete="SET NULL")


def _guard_decisions_on_sqlite() -> None:
    """Refuse changes; allow removal only when the whole project goes."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
    op.execute(f"CREATE TRIGGER decision_is_not_changed BEFORE UPDATE ON decision {refuse}")
    op.execute(
        "CREATE TRIGGER decision_is_not_deleted BEFORE DELETE ON decision "
        f"WHEN EXISTS (SELECT 1 FROM project WHERE id = OLD.project_id) {refuse}"
    )


def _guard_decisions_on_postgres() -> None:
    """Refuse changes; allow removal only when the whole project goes."""
    op.execute(
        "CREATE FUNCTION refuse_decision_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM project WHERE id = OLD.project_id) THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER decision_is_append_only BEFORE UPDATE OR DELETE ON decision "
        "FOR EACH ROW EXECUTE FUNCTION refuse_decision_change()"
    )


def upgrade() -> None:
    """Create every table and guard the decisions."""
    _create_projects()
    _create_documents()
    _create_annotations()
    _create_jobs()
    _create_synthetic()
    _create_decisions()
    _create_models()
    if op.get_bind().dialect.name == "sqlite":
        _guard_decisions_on_sqlite()
    else:
        _guard_decisions_on_postgres()


def downgrade() -> None:
    """Drop every table."""
    with op.batch_alter_table("project") as batch:
        batch.drop_constraint("fk_project_model_id_model", type_="foreignkey")
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_decision_change")
