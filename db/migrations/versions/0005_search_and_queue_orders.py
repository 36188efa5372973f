"""Sentences can be found by their words, and each order of the review queue has its index."""

import sqlalchemy as sa
from alembic import op

# The index must hold the very words that today's search looks for, so this is no copy of it.
from db.queries.search import index_project

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

WITHOUT_SPLIT = {
    "ix_sentence_queue": ("project_id", "state", "uncertainty", "id"),
    "ix_sentence_shuffle": ("project_id", "state", "shuffle", "id"),
}
INDEXES = {
    **{name: (*columns, "split") for name, columns in WITHOUT_SPLIT.items()},
    "ix_sentence_disagreement": ("project_id", "state", "disagreement", "id", "split"),
    "ix_sentence_text": ("project_id", "state", "id", "split"),
    "ix_sentence_flagged": ("project_id", "is_flagged", "id"),
    "ix_sentence_changed": ("project_id", "updated_at", "id"),
}
LABELS, BEFORE = "ix_relation_labels", "ix_relation_project_id_label_state"


def upgrade() -> None:
    """Give sentences their document's split, add the indexes and fill the search."""
    op.add_column("sentence", sa.Column("split", sa.String(16), nullable=False, server_default="train"))
    op.execute("UPDATE sentence SET split = (SELECT split FROM document WHERE document.id = sentence.document_id)")
    for name in WITHOUT_SPLIT:
        op.drop_index(name, "sentence")
    for name, columns in INDEXES.items():
        op.create_index(name, "sentence", columns)
    op.create_index("ix_decision_batch_id", "decision", ["batch_id"])
    op.drop_index(BEFORE, "relation")
    op.create_index(LABELS, "relation", ("project_id", "label", "state", "sentence_id"))
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE sentence_search (rowid integer PRIMARY KEY REFERENCES sentence (id) ON DELETE CASCADE, "
            "words tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_sentence_search_words ON sentence_search USING gin (words)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE sentence_search USING fts5 "
            "(project, words, content='', columnsize=0, tokenize='unicode61 remove_diacritics 0')"
        )
    for project_id in connection.execute(sa.text("SELECT id FROM project")).scalars().all():
        index_project(connection, project_id)


def downgrade() -> None:
    """Drop the search and the indexes."""
    op.execute("DROP TABLE sentence_search")
    op.drop_index(LABELS, "relation")
    op.create_index(BEFORE, "relation", ("project_id", "label", "state"))
    op.drop_index("ix_decision_batch_id", "decision")
    for name in INDEXES:
        op.drop_index(name, "sentence")
    for name, columns in WITHOUT_SPLIT.items():
        op.create_index(name, "sentence", columns)
    op.drop_column("sentence", "split")
