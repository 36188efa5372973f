"""What `review apply` and `synthetic apply` share: a file of decisions on one kind of sentence."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.access import read_input
from core.settings import Settings
from core.workflows.curation.decision_file import apply_decisions, read_decisions
from core.workflows.projects import get_project_id
from db.queries import users
from db.session import open_session

FileArgument = Annotated[Path, typer.Argument(help="JSON lines, or CSV with a head; - reads from a pipe.")]


def apply_file(project: str, file: Path, *, target_kind: str, reviewer: str) -> dict[str, Any]:
    """Apply the decisions of a file in one transaction, and say how many changed something."""
    name = "standard input" if str(file) == "-" else file.name
    rows = read_decisions(read_input(file), source=name)
    with open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        user_id = users.get_or_add_user(session, reviewer)
        applied = apply_decisions(session, project_id, user_id, rows, target_kind=target_kind, source=name)
    return {"project": project, "file": name, "reviewer": reviewer, **asdict(applied)}


def applied_lines(result: dict[str, Any]) -> list[str]:
    """Return what a file did in words, with the command that takes it back."""
    lines = [f"{result['file']}: {result['num_changed']} decisions stored, {result['num_unchanged']} changed nothing"]
    if result["first_step"] is not None:
        by = "" if result["reviewer"] == users.LOCAL_USER else f" --reviewer {result['reviewer']}"
        lines.append(f"`dare undo {result['project']} --back-to {result['first_step']}{by}` takes them back")
    return lines
