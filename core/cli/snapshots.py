"""The `snapshot` commands: keep a project's data as it is, list, show, export and compare what was kept."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption, ProjectArgument, ReviewerOption
from core.cli.output import errors_in_one_line, show_result
from core.domain import Split
from core.settings import Settings
from core.workflows.data_out import snapshot, snapshot_diff, snapshot_export
from core.workflows.data_out.export import ExportFilter
from core.workflows.data_out.snapshot_files import write_files
from core.workflows.model_library.generators import open_store
from core.workflows.projects import get_project_id
from db.queries import snapshots, users
from db.queries.snapshots import SnapshotView
from db.session import open_session

_NUM_LISTED = 10

app = typer.Typer(no_args_is_help=True, help="Keep a project's data as it is now; list, export and compare what was.")

NameArgument = Annotated[str, typer.Argument(help="Name of a snapshot, as `list` gives it.")]


@app.command()
def create(
    project: ProjectArgument,
    name: Annotated[str, typer.Option(help="Letters, digits, dots, hyphens; made from the project's otherwise.")] = "",
    split: Annotated[list[Split] | None, typer.Option(help="Only these splits; repeat for several.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Only these relation labels; repeat for several.")] = None,
    with_suggestions: Annotated[
        bool, typer.Option("--with-suggestions", help="Also what no person has approved.")
    ] = False,
    without_synthetic: Annotated[
        bool, typer.Option("--without-synthetic", help="Leave out synthetic sentences.")
    ] = False,
    licence: Annotated[str, typer.Option(help="Terms of the data, for its card.")] = "",
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Keep the curated data of a project with its data card and manifest; nothing changes a snapshot."""
    settings = Settings()
    chosen = ExportFilter(
        splits=tuple(split or ()),
        gold_only=not with_suggestions,
        include_synthetic=not without_synthetic,
        labels=tuple(label or ()),
    )
    with errors_in_one_line(), open_session(settings) as session:
        made = snapshot.create_snapshot(
            session,
            open_store(settings),
            get_project_id(session, project),
            chosen,
            name=name,
            licence=licence,
            user_id=users.get_or_add_user(session, reviewer),
        )
    show_result(_to_json(made), as_json=as_json, lines=lambda: [_line(made)])


@app.command("list")
def list_snapshots(
    project: Annotated[str | None, typer.Argument(help="Only of this project.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List snapshots, newest first."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project) if project else None
        found = snapshots.list_snapshots(session, project_id)
    show_result({"snapshots": list(map(_to_json, found))}, as_json=as_json, lines=lambda: list(map(_line, found)))


@app.command()
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Print the data card of a snapshot, and the trainings that learnt from it."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        found, store = snapshots.get_snapshot(session, name), open_store(settings)
        runs = snapshots.list_run_ids(session, found.id)
        card = snapshot.read_snapshot_file(store, found, snapshot.CARD_TEXT_NAME).decode()
    show_result(
        {**_to_json(found), "runs": runs, "card": card},
        as_json=as_json,
        lines=lambda: [card.rstrip(), "", f"trainings: {', '.join(runs) or 'none'}"],
    )


@app.command()
def export(
    name: NameArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder to write, or an archive if it ends in .zip.")],
    format_name: Annotated[str, typer.Option("--format", help="As `dare export` takes.")] = "jsonl",
    as_json: JsonOption = False,
) -> None:
    """Write a snapshot in a format, with its card and a manifest of SHA-256; the same bytes every time."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        found = snapshots.get_snapshot(session, name)
        files = snapshot_export.export_snapshot(open_store(settings), found, format_name=format_name)
        write_files(files, out)
    result = {"snapshot": name, "out": str(out), "files": sorted(files)}
    show_result(result, as_json=as_json, lines=lambda: [f"{out}: {', '.join(sorted(files))}"])


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Name of the older snapshot.")],
    after: Annotated[str, typer.Argument(help="Name of the newer snapshot.")],
    as_json: JsonOption = False,
) -> None:
    """Compare two snapshots: counts and items by kind that were added, removed or changed."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        pair = snapshots.get_snapshot(session, before), snapshots.get_snapshot(session, after)
        kinds = snapshot_diff.diff_snapshots(open_store(settings), *pair)
    result = snapshot_diff.diff_to_json(*pair, kinds)
    show_result(result, as_json=as_json, lines=lambda: _diff_lines(result))


def _diff_lines(result: dict[str, Any]) -> list[str]:
    lines = [f"{result['before']} and {result['after']} hold {'the same' if result['same'] else 'different data'}"]
    for kind, found in result["kinds"].items():
        counts = f"{found['num_added']} added, {found['num_removed']} removed, {found['num_changed']} changed"
        lines.append(f"{kind}: {found['num_before']} → {found['num_after']}; {counts}")
        for sign, name in (("+", "added"), ("-", "removed"), ("~", "changed")):
            lines += [f"  {sign} {snapshot_diff.name_item(item)}" for item in found[name][:_NUM_LISTED]]
            if len(found[name]) > _NUM_LISTED:
                lines.append(f"  {sign} {len(found[name]) - _NUM_LISTED} more; --json lists all")
    return lines


def _to_json(one: SnapshotView) -> dict[str, Any]:
    return {
        "name": one.name,
        "created": one.created_at.isoformat(timespec="seconds"),
        "content_sha256": one.content_hash,
        "licence": one.licence,
        "filter": dict(one.chosen),
        "counts": dict(one.counts),
    }


def _line(one: SnapshotView) -> str:
    counts = ", ".join(f"{one.counts[kind]} {kind}" for kind in ("documents", "mentions", "relations", "synthetic"))
    return f"{one.name}  {one.created_at:%Y-%m-%d %H:%M}  {one.content_hash[:12]}  {counts}"
