"""The commands on documents: `documents` lists those that fit some filters, `document` moves and removes some."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption, ProjectArgument, YesOption
from core.cli.output import errors_in_one_line, show_result
from core.domain import Split
from core.settings import Settings
from core.workflows.documents.edit_documents import move_documents, remove_documents
from core.workflows.projects import get_project_id
from db.queries import browse_documents
from db.queries.browse import MAX_COUNTED
from db.queries.browse_documents import DocumentFilter, DocumentSort
from db.session import open_session

app = typer.Typer(no_args_is_help=True, help="Put documents into another split, or remove them.")

IdsArgument = Annotated[list[int], typer.Argument(help="Numbers of documents, as `dare documents` lists them.")]


def documents(
    project: ProjectArgument,
    search: Annotated[str, typer.Option(help="Part of the name, or words of a sentence.")] = "",
    split: Annotated[Split | None, typer.Option(help="Only this split.")] = None,
    is_open: Annotated[
        bool | None, typer.Option("--open/--done", help="Only with a sentence to review, or without one.")
    ] = None,
    order: Annotated[DocumentSort, typer.Option(help="What comes first.")] = DocumentSort.STORED,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Documents a page.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the documents of a project, a page at a time."""
    with errors_in_one_line(), open_session(Settings()) as session:
        chosen = DocumentFilter(get_project_id(session, project), search=search, split=split, is_open=is_open)
        total = browse_documents.count_documents(session, chosen)
        lines = browse_documents.list_documents(session, chosen, sort=order, offset=(page - 1) * limit, limit=limit)
    found = [asdict(line) | {"created_at": line.created_at.isoformat(timespec="seconds")} for line in lines]
    result = {
        "project": project,
        "total": min(total, MAX_COUNTED),
        "has_more": total > MAX_COUNTED,
        "page": page,
        "documents": found,
    }
    show_result(result, as_json=as_json, lines=lambda: [*map(_line, found), _tell_total(result)])


@app.command()
def move(
    project: ProjectArgument,
    ids: IdsArgument,
    split: Annotated[Split, typer.Option(help="Where they belong.")],
    as_json: JsonOption = False,
) -> None:
    """Put documents into a split."""
    with errors_in_one_line(), open_session(Settings()) as session:
        number = move_documents(session, get_project_id(session, project), ids, split)
    show_result(
        {"moved": number, "split": split.value}, as_json=as_json, lines=lambda: [f"{number} documents are in {split}"]
    )


@app.command()
def remove(project: ProjectArgument, ids: IdsArgument, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Remove documents with all that is marked and decided in them, for good."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        if not yes:
            question = f"Remove {len(ids)} documents of {project} with all decisions in them for good"
            typer.confirm(question, abort=True, err=True)
        number = remove_documents(session, project_id, ids)
    show_result({"removed": number}, as_json=as_json, lines=lambda: [f"{number} documents removed"])


def _line(one: dict[str, Any]) -> str:
    counts = f"{one['reviewed']} of {one['sentences']} sentences reviewed"
    return f"{one['id']} {one['external_id']} ({one['split']}, {one['length']} characters): {counts}"


def _tell_total(result: dict[str, Any]) -> str:
    more = "more than " if result["has_more"] else ""
    return f"page {result['page']}: {len(result['documents'])} of {more}{result['total']} documents"
