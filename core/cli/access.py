"""What most commands begin with: a session, a project by its name, and who acts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from core.errors import NotFoundError, SchemaError
from core.settings import Settings
from db.queries import projects, users
from db.session import Session, make_engine, migrate, session_scope

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ProjectArgument = Annotated[str, typer.Argument(help="Name of a project.")]
ReviewerOption = Annotated[str, typer.Option(help="Who acts, as it is recorded; a new name is added.")]
PastReviewerOption = Annotated[str, typer.Option("--reviewer", help="Whose steps.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@contextmanager
def open_session(settings: Settings) -> Iterator[Session]:
    """Yield a session on the migrated database; commit at the end."""
    engine = make_engine(settings.resolved_database_url)
    try:
        migrate(engine)
        with session_scope(engine) as session:
            yield session
    finally:
        engine.dispose()


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


def get_reviewer_id(session: Session, name: str) -> int:
    """Return the id of somebody who has acted before.

    Raises:
        NotFoundError: There is nobody of that name.
    """
    by_name = {known: user_id for user_id, known in users.get_user_names(session).items()}
    if name not in by_name:
        raise NotFoundError(f"Nobody called {name!r} has decided anything; known: {', '.join(by_name) or 'nobody'}.")
    return by_name[name]


def require_label(session: Session, project_id: int, label: str | None, *others: str) -> None:
    """Refuse a label that is neither in the project's schema nor one of the others; None is no label.

    Raises:
        SchemaError: It is unknown.
    """
    known = [*projects.get_schema(session, project_id).label_names, *others]
    if label is not None and label not in known:
        raise SchemaError(f"Unknown relation label {label!r}; known: {', '.join(known)}.")


def read_input(path: Path) -> bytes:
    """Return the bytes of a file, or of standard input where the path is a hyphen."""
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
