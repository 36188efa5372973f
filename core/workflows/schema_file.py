"""A schema as a file: what a project's schema lacks of it is added, and what the project has is never changed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.domain import Schema
from core.errors import SchemaError
from core.workflows.projects import add_entity_type, add_relation_label
from core.workflows.templates import PALETTE
from db.queries import projects
from db.session import Session


def read_schema(data: bytes) -> dict[str, Any]:
    """Read a JSON object with `entity_types` and `relation_labels`, either of which may be left out.

    Raises:
        SchemaError: It is no such object.
    """
    try:
        found = json.loads(data)
        lists = {name: [dict(one) for one in found.get(name, ())] for name in ("entity_types", "relation_labels")}
    except (ValueError, TypeError, AttributeError) as error:
        raise SchemaError(f"Not a schema: {error}. `dare schema show PROJECT --json` prints one.") from error
    return lists


def add_to_schema(session: Session, project_id: int, wanted: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Add the types and labels that a project lacks, and return their names; the caller commits.

    Args:
        session: An open session.
        project_id: The project.
        wanted: What `read_schema` gives; a missing colour is chosen.

    Raises:
        NotFoundError: There is no such project.
        SchemaError: Something breaks a rule of schemas, or the project has it with another meaning.
    """
    schema = projects.get_schema(session, project_id)
    present = json.loads(json.dumps(schema.to_json()))
    types = _find_new(present["entity_types"], wanted["entity_types"], shift=0)
    labels = _find_new(present["relation_labels"], wanted["relation_labels"], shift=5)
    whole = Schema.from_json(
        {
            "entity_types": [*present["entity_types"], *types],
            "relation_labels": [*present["relation_labels"], *labels],
        }
    )
    new_types = whole.entity_types[len(schema.entity_types) :]
    new_labels = whole.relation_labels[len(schema.relation_labels) :]
    for entity_type in new_types:
        add_entity_type(session, project_id, entity_type)
    for label in new_labels:
        add_relation_label(session, project_id, label)
    return [*(one.name for one in new_types), *(one.name for one in new_labels)]


def _find_new(
    present: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]], *, shift: int
) -> list[dict[str, Any]]:
    """Return what is not there yet, with a colour; what is there must be the same as far as it is stated."""
    by_name = {one["name"]: one for one in present}
    new: list[dict[str, Any]] = []
    for one in wanted:
        known = by_name.get(one.get("name"))
        if known is None:
            new.append({"colour": PALETTE[(len(present) + len(new) + shift) % len(PALETTE)], **one})
            continue
        other = [name for name, value in one.items() if known.get(name) != value]
        if other:
            raise SchemaError(
                f"{one['name']} is in the schema already, with another {', '.join(other)}; what a project has cannot "
                "be changed. Leave it out of the file, or give it another name."
            )
    return new
