"""What most commands begin with: who acts, on which labels, and what they read."""

import sys
from pathlib import Path

from core.errors import NotFoundError, SchemaError
from db.queries import projects, users
from db.session import Session


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
