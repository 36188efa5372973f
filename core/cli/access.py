"""What most commands begin with: a session, a project by its name, and who acts."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import NotFoundError, SchemaError
from core.workflows.projects import get_project_id
from db.queries import projects, users
from db.session import Session, open_session

__all__ = [
    "JsonOption",
    "PastReviewerOption",
    "ProjectArgument",
    "ReviewerOption",
    "YesOption",
    "get_project_id",
    "get_reviewer_id",
    "open_session",
    "read_input",
    "require_label",
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ProjectArgument = Annotated[str, typer.Argument(help="Name of a project.")]
ReviewerOption = Annotated[str, typer.Option(help="Who acts, as it is recorded; a new name is added.")]
PastReviewerOption = Annotated[str, typer.Option("--reviewer", help="Whose steps.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


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
