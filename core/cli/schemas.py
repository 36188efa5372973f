"""The `schema` commands: a project's entity types, relation labels and guideline."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.access import read_input
from core.cli.options import JsonOption, ProjectArgument, YesOption
from core.cli.output import errors_in_one_line, show_result
from core.domain import RelationLabel
from core.settings import Settings
from core.workflows.projects import get_project_id, set_guideline
from core.workflows.schema_file import add_to_schema, read_schema
from db.queries import projects
from db.session import open_session

app = typer.Typer(no_args_is_help=True, help="A project's entity types, relation labels and guideline.")


@app.command()
def show(project: ProjectArgument, as_json: JsonOption = False) -> None:
    """Print types, labels with the pairs that they may join, and the guideline; with --json, what `add` reads."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        schema = projects.get_schema(session, project_id)
        guideline = projects.get_project(session, project_id).guideline
    show_result(
        {"project": project, "guideline": guideline, **schema.to_json()},
        as_json=as_json,
        lines=lambda: [
            *(f"type {one.name}: {one.guideline}".rstrip(": ") for one in schema.entity_types),
            *map(_label_line, schema.relation_labels),
            f"guideline: {guideline or 'none'}",
        ],
    )


def _label_line(label: RelationLabel) -> str:
    arrow = "↔" if label.is_symmetric else "→"
    pairs = ", ".join(f"{head} {arrow} {tail}" for head, tail in label.legal_types)
    return f"label {label.name} ({pairs}): {label.guideline}".rstrip(": ")


@app.command()
def add(
    project: ProjectArgument,
    file: Annotated[Path, typer.Argument(help='JSON with "entity_types" and "relation_labels"; - reads from a pipe.')],
    as_json: JsonOption = False,
) -> None:
    """Add the types and labels of a file that the project lacks; what it has is never changed.

    A type has name, colour and guideline; a label has name, legal_types (pairs of head and tail type), is_symmetric,
    colour and guideline. All but name and legal_types may be left out.
    """
    with errors_in_one_line(), open_session(Settings()) as session:
        added = add_to_schema(session, get_project_id(session, project), read_schema(read_input(file)))
    show_result(
        {"project": project, "added": added},
        as_json=as_json,
        lines=lambda: [f"added: {', '.join(added) or 'nothing, the project has it all'}"],
    )


@app.command()
def guideline(
    project: ProjectArgument,
    file: Annotated[Path, typer.Argument(help="Text in UTF-8; - reads from a pipe, which needs --yes.")],
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Replace the guideline for reviewers; the old text is gone then, so it asks first where there is one."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        text = read_input(file).decode("utf-8-sig", errors="replace").strip()
        before = projects.get_project(session, project_id).guideline
        if before and before != text and not yes:
            typer.confirm(f"Replace this guideline for good?\n{before}\n", abort=True, err=True)
        set_guideline(session, project_id, text, before=before)
    result: dict[str, Any] = {"project": project, "before": before, "guideline": text}
    show_result(result, as_json=as_json, lines=lambda: [f"guideline of {project}: {len(text)} characters"])
