"""Start a project, change its schema, remove it."""

import sys
from pathlib import Path

from core.artifacts import ArtifactStore
from core.domain import EntityType, RelationLabel, Schema
from core.errors import DomainError, NotFoundError, SchemaError
from core.workflows.templates import TEMPLATES
from db.queries import jobs, models, projects, snapshots
from db.session import Session

MAX_NAME_LENGTH = 100


def create_project(session: Session, name: str, *, template: str, description: str = "", is_demo: bool = False) -> int:
    """Create a project from a template and return its id.

    Args:
        session: An open session; the caller commits.
        name: Unique name; spaces around it are dropped.
        template: A key of `TEMPLATES`.
        description: For people; the template's where empty.
        is_demo: Whether this is the project that comes with the first start.

    Raises:
        DomainError: The name is empty or too long.
        SchemaError: There is no such template.
        ConflictError: The name is taken.
    """
    name = _check_name(name)
    chosen = TEMPLATES.get(template)
    if chosen is None:
        raise SchemaError(f"Unknown template {template!r}; known: {', '.join(TEMPLATES)}.")
    return projects.add_project(
        session,
        name,
        template=template,
        description=description or chosen.description,
        guideline=chosen.guideline,
        schema=chosen.schema,
        is_demo=is_demo,
    )


def rename_project(session: Session, project_id: int, name: str) -> str:
    """Give a project another name, spaces around it dropped, and return that.

    Raises:
        DomainError: The name is empty or too long.
        NotFoundError: There is no such project.
        ConflictError: The name is taken.
    """
    name = _check_name(name)
    projects.rename_project(session, project_id, name)
    return name


def _check_name(name: str) -> str:
    """Return a name without the spaces around it."""
    if not 0 < len(name.strip()) <= MAX_NAME_LENGTH:
        raise DomainError(
            f"A project's name has 1 to {MAX_NAME_LENGTH} characters, got {len(name.strip())}; choose another one."
        )
    return name.strip()


def get_project_id(session: Session, name: str) -> int:
    """Return the id of the project of that name.

    Raises:
        NotFoundError: There is none.
    """
    project = projects.find_project(session, name)
    if project is None:
        known = ", ".join(repr(one.name) for one in projects.list_projects(session)) or "none"
        raise NotFoundError(f"No project {name!r}; there are: {known}. `dare project create` makes one.")
    return project.id


def delete_project(session: Session, project_id: int, store: ArtifactStore, *, uploads_path: Path) -> None:
    """Remove a project with everything in it, its decisions, snapshots and models too; this cannot be undone.

    The session is committed: files may go only after their rows have. Whatever still works on a job of the project
    would write its files anew: `core.jobs.client.cancel_all` ends that first.

    Args:
        session: An open session.
        project_id: The project.
        store: Where the files of its snapshots, jobs and models lie.
        uploads_path: Folder of the files that were uploaded for its imports.

    Raises:
        NotFoundError: There is no such project.
    """
    found = jobs.list_jobs(session, project_id=project_id, limit=sys.maxsize)
    keys = [
        *(one.artifact_key for one in snapshots.list_snapshots(session, project_id)),
        *(f"runs/{job.id}" for job in found),
        *(model.artifact_key for model in models.list_models(session, project_id)),
    ]
    uploads = [Path(job.params["path"]) for job in found if "path" in job.params]
    projects.delete_project(session, project_id)
    session.commit()
    for key in keys:
        store.remove(key)
    for upload in uploads:
        if upload.parent == uploads_path:  # a job may have been told to read any file of this machine
            upload.unlink(missing_ok=True)


def set_guideline(session: Session, project_id: int, guideline: str, *, before: str) -> None:
    """Replace a project's guideline, unless it is no more what the user read.

    Args:
        session: An open session.
        project_id: The project.
        guideline: The new text.
        before: The text that the user read.

    Raises:
        NotFoundError: There is no such project.
        ConflictError: Somebody stored another text meanwhile; nothing was changed.
    """
    projects.get_project(session, project_id)
    projects.set_guideline(session, project_id, guideline, before=before)


def add_entity_type(session: Session, project_id: int, entity_type: EntityType) -> None:
    """Add an entity type to a project's schema.

    Raises:
        NotFoundError: There is no such project.
        SchemaError: The name is empty or taken.
    """
    projects.get_project(session, project_id)
    schema = projects.get_schema(session, project_id)
    Schema((*schema.entity_types, entity_type), schema.relation_labels)
    projects.add_entity_type(session, project_id, entity_type)


def add_relation_label(session: Session, project_id: int, label: RelationLabel) -> None:
    """Add a relation label to a project's schema.

    Raises:
        NotFoundError: There is no such project.
        SchemaError: The name is empty, taken or reserved, or a legal pair names an unknown type.
    """
    projects.get_project(session, project_id)
    schema = projects.get_schema(session, project_id)
    Schema(schema.entity_types, (*schema.relation_labels, label))
    if not label.legal_types:
        raise SchemaError(f"Label {label.name} joins no entity types; name at least one head and tail type.")
    projects.add_relation_label(session, project_id, label)
