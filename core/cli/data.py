"""Commands that move data: `import` and `export`."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.access import require_label
from core.cli.options import JsonOption, ProjectArgument
from core.cli.output import ProgressLine, errors_in_one_line, progress_line, say, show_result
from core.domain import Split
from core.settings import Settings
from core.workflows.data_in.ingest import READ_FORMATS, ImportOptions, import_file
from core.workflows.data_in.renames import parse_renames
from core.workflows.data_in.table_columns import TABLE
from core.workflows.data_out.export import WRITE_FORMATS, ExportFilter, export_to_path
from core.workflows.projects import create_project, get_project_id
from db.queries import projects
from db.session import Session, open_session

# What the page asks for in its boxes for the columns of a table, in the words of this command.
_TABLE_REMEDY = (
    "`--column text=NAME` says which column holds the text (or head, tail, label, …), `--column head_type==TYPE` gives "
    "all rows one; `--format text` keeps a table as one text"
)


def import_files(
    project: ProjectArgument,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files, zips or folders; each is stored whole or not at all. Native JSONL may be of any size."
        ),
    ],
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"{', '.join(READ_FORMATS)}; told from the content otherwise. Brat is a zip or a folder of .txt and "
            ".ann files. For a zip or folder of other files: the format of each.",
        ),
    ] = None,
    split: Annotated[Split | None, typer.Option(help="Split of the documents; kept from the file otherwise.")] = None,
    create: Annotated[str | None, typer.Option(help="Create a missing project from this template.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="For tables, ROLE=NAME: a column's name where it is not recognised; ROLE==VALUE: one for all rows."
        ),
    ] = None,
    renames: Annotated[
        list[str] | None,
        typer.Option("--map", help="OLD=NEW: a type or label of the file in the project's words; OLD= leaves it out."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be stored, and store nothing.")] = False,
    as_suggestions: Annotated[
        bool, typer.Option("--as-suggestions", help="Annotations wait for review instead of counting as approved.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Import documents into a project."""
    results: list[dict[str, Any]] = []
    columns = _parse_columns(column or [])
    with errors_in_one_line(), progress_line() as progress, open_session(Settings()) as session:
        options = ImportOptions(
            format_name=format_name,
            split=split,
            as_gold=not as_suggestions,
            columns=columns,
            renames=parse_renames(renames or []),
        )
        if create and projects.find_project(session, project) is None:
            _create_project(session, project, create, files, dry_run=dry_run)
        project_id = get_project_id(session, project)
        for number, path in enumerate(files):
            report = partial(_report_file, progress, number=number, num_files=len(files), name=path.name)
            results.append(import_file(session, project_id, path, options=options, report=report))
            if not results[-1]["refused"] and not dry_run:
                session.commit()
        if dry_run:
            session.rollback()
        progress(1.0, f"{len(files)} of {len(files)} files")
    is_refused = any(result["refused"] for result in results)
    result = {"project": project, "files": results, "refused": is_refused, "dry_run": dry_run}
    show_result(result, as_json=as_json, lines=lambda: [])
    if not as_json:
        for found in results:
            _say_import(found)
        if dry_run:
            say("dry run: nothing was stored")
    if is_refused:
        raise typer.Exit(1)


def _create_project(session: Session, name: str, template: str, files: list[Path], *, dry_run: bool) -> None:
    create_project(session, name, template=template)
    for path in files:
        path.stat()  # a missing one must not leave an empty project behind
    if not dry_run:
        session.commit()  # nobody else could write to SQLite while the files are checked


def _report_file(
    progress: ProgressLine,
    fraction: float,
    message: str = "",
    *,
    number: int,
    num_files: int,
    name: str,
    **values: float,
) -> None:
    """Show how far one of several files is."""
    progress((number + fraction) / num_files, f"{name}: {message}", **values)


def _parse_columns(column: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in column]
    for role, sign, name in pairs:
        if not (role and sign and name):
            raise typer.BadParameter(f"{role}{sign}{name} is not ROLE=NAME", param_hint="--column")
    return {role: name for role, _, name in pairs}


def _say_import(result: dict[str, Any]) -> None:
    report, outcome = result["report"], result["outcome"]
    for issue in report["issues"]:
        place = f"{report['source']}, line {issue['line']}" if issue["line"] else report["source"]
        say(f"{issue['severity']}: {place}: {issue['message']}")
    if result["refused"]:
        say(f"error: {report['source']}: refused, nothing of it was stored")
        if names := [name for kind in result["unknown"].values() for name in kind]:
            say(f"the project knows no {', '.join(names)}; `--map OLD=NEW` says what a name means here")
        if report["format_name"] == TABLE:
            say(_TABLE_REMEDY)
        return
    again = f", {outcome['num_skipped']} known already" if outcome["num_skipped"] else ""
    typer.echo(
        f"{report['source']} ({report['format_name']}): {outcome['num_documents']} documents{again}, "
        f"{outcome['num_sentences']} sentences, {outcome['num_mentions']} mentions, "
        f"{outcome['num_relations']} relations ({outcome['num_projected']} projected from document facts)"
    )
    if added := [*outcome["added_types"], *outcome["added_labels"]]:
        typer.echo(f"taken over into the schema: {', '.join(added)}")


def export(
    project: ProjectArgument,
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    format_name: Annotated[str, typer.Option("--format", help=f"{', '.join(WRITE_FORMATS)}.")] = "jsonl",
    split: Annotated[list[Split] | None, typer.Option(help="Only these splits; repeat for several.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Only these relation labels; repeat for several.")] = None,
    with_suggestions: Annotated[
        bool, typer.Option("--with-suggestions", help="Also what no person has approved.")
    ] = False,
    without_synthetic: Annotated[
        bool, typer.Option("--without-synthetic", help="Leave out synthetic sentences.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Export the curated data of a project, and say what was left out."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        for one in label or ():
            require_label(session, project_id, one)
        chosen = ExportFilter(
            splits=tuple(split or ()),
            gold_only=not with_suggestions,
            include_synthetic=not without_synthetic,
            labels=tuple(label or ()),
        )
        report, counts = export_to_path(session, project_id, chosen, out, format_name=format_name)
    result = {"out": str(out), "left_out": counts.dropped, **report.to_json()}
    show_result(result, as_json=as_json, lines=lambda: _export_lines(result))


def _export_lines(result: dict[str, Any]) -> list[str]:
    lines = [
        f"{result['out']}: {result['num_documents']} documents, {result['num_mentions']} mentions, "
        f"{result['num_relations']} relations, {result['num_facts']} facts, "
        f"{result['num_synthetic']} synthetic sentences"
    ]
    for title, counts in (
        ("left out by the filter", result["left_out"]),
        ("cannot be held by the format", result["dropped"]),
        ("changed by the format", result["changed"]),
    ):
        lines += [f"{title}: {number} {kind}" for kind, number in counts.items()]
    return lines
