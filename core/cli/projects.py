"""The `project` commands: list, create, show, rename and delete projects, and predict the open sentences of one."""

from typing import Annotated, Any

import typer

from core.cli.options import JsonOption, ProjectArgument, ReviewerOption, YesOption
from core.cli.output import errors_in_one_line, show_result
from core.domain import JobKind, State
from core.settings import Settings
from core.workflows.model_library.generators import open_store
from core.workflows.overview import describe_project
from core.workflows.projects import create_project, delete_project, get_project_id, rename_project
from core.workflows.templates import TEMPLATES
from db.queries import projects, users
from db.session import open_session

app = typer.Typer(no_args_is_help=True, help="List, create, show, rename and delete projects.")


@app.command("list")
def list_projects(as_json: JsonOption = False) -> None:
    """List the projects with the number of their documents and sentences."""
    with errors_in_one_line(), open_session(Settings()) as session:
        found = [(one, projects.count_project(session, one.id)) for one in projects.list_projects(session)]
    rows = [
        {
            "project": one.name,
            "template": one.template,
            "is_demo": one.is_demo,
            "created": one.created_at.isoformat(timespec="seconds"),
            "documents": counts.documents,
            "sentences": sum(counts.sentences.values()),
            "reviewed": sum(number for state, number in counts.sentences.items() if state.is_gold),
        }
        for one, counts in found
    ]
    show_result({"projects": rows}, as_json=as_json, lines=lambda: list(map(_line, rows)))


def _line(row: dict[str, Any]) -> str:
    counts = f"{row['documents']} documents, {row['reviewed']} of {row['sentences']} sentences reviewed"
    return f"{row['project']} ({row['template']}): {counts}"


@app.command()
def create(
    name: ProjectArgument,
    template: Annotated[str, typer.Option(help=f"{', '.join(TEMPLATES)}.")] = "blank",
    description: Annotated[str, typer.Option(help="For people; the template's otherwise.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Create a project; one from the blank template takes over the types and labels of what is imported."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = create_project(session, name, template=template, description=description)
        created = projects.get_project(session, project_id).name
    show_result(
        {"project": created, "template": template}, as_json=as_json, lines=lambda: [f"{created} created ({template})"]
    )


@app.command()
def show(name: ProjectArgument, as_json: JsonOption = False) -> None:
    """Print counts, class balance and models in use; with --json also decisions over time and what was accepted."""
    with errors_in_one_line(), open_session(Settings()) as session:
        result = describe_project(session, get_project_id(session, name))
    show_result(result, as_json=as_json, lines=lambda: _overview_lines(result))


def _overview_lines(result: dict[str, Any]) -> list[str]:
    sentences = result["sentences"]
    total = sum(sentences.values())
    in_use = ", ".join(f"{kind}: {name}" for kind, name in result["models"].items() if name)
    return [
        f"{result['project']} ({result['template']}): {result['documents']} documents, "
        f"{total - sentences.get(State.PENDING, 0)} of {total} sentences reviewed, {result['flagged']} flagged",
        *(f"{one['label']}: {one['gold']} gold, {one['synthetic']} synthetic" for one in result["balance"]),
        f"models in use: {in_use or 'none'}",
        f"jobs under way: {', '.join(result['jobs']) or 'none'}",
    ]


@app.command()
def rename(name: ProjectArgument, new_name: Annotated[str, typer.Argument()], as_json: JsonOption = False) -> None:
    """Give a project another name."""
    with errors_in_one_line(), open_session(Settings()) as session:
        renamed = rename_project(session, get_project_id(session, name), new_name)
    show_result({"project": renamed}, as_json=as_json, lines=lambda: [f"{name} is {renamed} now"])


@app.command()
def delete(name: ProjectArgument, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Delete a project with its documents, decisions, snapshots, models and jobs, for good."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        project_id = get_project_id(session, name)
        if not yes:
            counts = projects.count_project(session, project_id)
            typer.confirm(
                f"Delete {name} with {counts.documents} documents, all decisions, snapshots, models and jobs for good",
                abort=True,
                err=True,
            )
        # The job engine takes half a second to load, and the other commands need none.
        from core.jobs import client, supervisor

        supervisor.prepare(settings)
        client.cancel_all(settings, session, project_id)
        delete_project(session, project_id, open_store(settings), uploads_path=settings.uploads_path)
    show_result({"deleted": name}, as_json=as_json, lines=lambda: [f"{name} deleted"])


@app.command()
def predict(
    name: ProjectArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; starts a worker if none is alive.")] = False,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Predict the sentences that nobody has reviewed, with the models in use."""
    from core.cli.jobs import run_job

    with errors_in_one_line():
        result = run_job(JobKind.PREDICT, name, {}, wait=wait, reviewer=reviewer)
    show_result(result, as_json=as_json, lines=lambda: [_predict_line(result)])


def _predict_line(result: dict[str, Any]) -> str:
    if "sentences" not in result:
        return f"job {result['job_id']} is queued"
    return f"{result['sentences']} sentences: {result['mentions']} mentions, {result['relations']} relations"
