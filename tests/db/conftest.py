"""A schema and a project for the database tests."""

import pytest

from core.domain import EntityType, RelationLabel, Schema
from db.queries import projects
from db.session import Session


@pytest.fixture
def schema() -> Schema:
    """Chemical causes Disease (directed), and Chemical goes with Chemical (symmetric)."""
    return Schema(
        (EntityType("Chemical"), EntityType("Disease", "#EE6677", "guide")),
        (
            RelationLabel("CID", (("Chemical", "Disease"),)),
            RelationLabel("WITH", (("Chemical", "Chemical"),), is_symmetric=True),
        ),
    )


@pytest.fixture
def project_id(session: Session, schema: Schema) -> int:
    return projects.add_project(session, "p", template="x", description="", guideline="", schema=schema)
