"""Which models of a project predict: `models promote`, `rollback`, `archive`, and `compare` before that."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from core.cli.options import JsonOption, ProjectArgument, ReviewerOption
from core.cli.output import errors_in_one_line, show_result
from core.domain import JobKind
from core.errors import ConflictError, ModelError, NotFoundError
from core.settings import Settings
from core.workflows.model_library import promote as workflow
from core.workflows.model_library.compare import Comparison, compare_models, compare_with_shipped
from core.workflows.projects import get_project_id
from db.queries import models, projects, users
from db.queries.models import ModelView
from db.session import Session, open_session

TrainedArgument = Annotated[str, typer.Argument(help="Name of a trained model, as `list` gives it.")]
OfProjectOption = Annotated[str | None, typer.Option("--project", help="Whose, where several projects have one.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Wait until the open sentences are predicted anew.")]
# Of `models.KINDS`.
Kind = Literal["ensemble", "joint"]


def promote(
    name: TrainedArgument,
    of_project: OfProjectOption = None,
    wait: WaitOption = False,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Let a model predict for its project from now on; the open sentences are predicted anew in the background."""
    with errors_in_one_line():
        with open_session(Settings()) as session:
            project, model = _get_trained(session, name, of_project)
            workflow.promote(session, project[0], model.id, user_id=users.get_or_add_user(session, reviewer))
        result = {"project": project[1], "promoted": name, "kind": model.kind}
        result |= _predict_anew(project[1], wait=wait, reviewer=reviewer)
    show_result(result, as_json=as_json, lines=lambda: [f"{name} predicts for {project[1]} now", _job_line(result)])


def rollback(
    project: ProjectArgument,
    kind: Annotated[Kind, typer.Option(help="Which of the two models: labels pairs, or finds mentions.")] = "ensemble",
    wait: WaitOption = False,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Return to the model that predicted before, or to the shipped one; open sentences are predicted anew."""
    with errors_in_one_line():
        with open_session(Settings()) as session:
            user_id = users.get_or_add_user(session, reviewer)
            back = workflow.roll_back(session, get_project_id(session, project), user_id=user_id, kind=kind)
        name = back.name if back else None
        result = {"project": project, "kind": kind, "promoted": name}
        result |= _predict_anew(project, wait=wait, reviewer=reviewer)
    told = f"{name or 'the shipped model'} predicts for {project} again"
    show_result(result, as_json=as_json, lines=lambda: [told, _job_line(result)])


def _predict_anew(project: str, *, wait: bool, reviewer: str) -> dict[str, Any]:
    from core.cli.jobs import run_job

    return run_job(JobKind.PREDICT, project, {}, wait=wait, reviewer=reviewer)


def _job_line(result: dict[str, Any]) -> str:
    return f"job {result['job_id']}: open sentences are predicted anew"


def archive(
    name: TrainedArgument,
    of_project: OfProjectOption = None,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Put a candidate aside."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project, model = _get_trained(session, name, of_project)
        workflow.archive(session, project[0], model.id, user_id=users.get_or_add_user(session, reviewer))
    show_result({"project": project[1], "archived": name}, as_json=as_json, lines=lambda: [f"{name} archived"])


def compare(
    name: TrainedArgument,
    other: Annotated[
        str | None, typer.Argument(help="Another one; the promoted one of its kind unless given, else the shipped one.")
    ] = None,
    of_project: OfProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two models on the items that both were scored on: F1 with interval, McNemar's test."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        (project_id, project), candidate = _get_trained(session, name, of_project)
        current = models.find_promoted(session, project_id, kind=candidate.kind)
        if other is not None:
            current = _get_trained(session, other, of_project)[1]
        against, found = _compare(settings, candidate, current, project=project)
    result = {"candidate": name, "current": against, **asdict(found)}
    show_result(result, as_json=as_json, lines=lambda: _comparison_lines(result))


def _compare(
    settings: Settings, candidate: ModelView, current: ModelView | None, *, project: str
) -> tuple[str, Comparison]:
    """Return the name of what a model is compared with, and the comparison."""
    shipped = compare_with_shipped(settings, candidate) if current is None else None
    if shipped is not None:
        return shipped
    if current is None or current.id == candidate.id:
        raise NotFoundError(
            f"{candidate.name} has no other {candidate.kind} promoted in {project}; name one to compare with."
        )
    found = compare_models(settings, current=current, candidate=candidate)
    if not isinstance(found, Comparison):
        raise ModelError(f"{candidate.name} and {current.name} cannot be compared. {found.reason}")
    return current.name, found


def _comparison_lines(result: dict[str, Any]) -> list[str]:
    difference = result["candidate_f1"] - result["current_f1"]
    return [
        f"{result['candidate']} against {result['current']}: F1 {result['candidate_f1']:.3f} against "
        f"{result['current_f1']:.3f}, {difference:+.3f} "
        f"(95 % interval {result['difference_low']:+.3f} to {result['difference_high']:+.3f})",
        f"of {result['num_items']} items, {result['only_candidate']} are right only in the first and "
        f"{result['only_current']} only in the second; McNemar p = {result['p_value']:.3g}",
    ]


def _get_trained(session: Session, name: str, of_project: str | None) -> tuple[tuple[int, str], ModelView]:
    """Return id and name of a project, and its trained model of that name.

    Raises:
        NotFoundError: No project has a model of that name.
        ConflictError: Several have.
    """
    found = [
        ((project.id, project.name), model)
        for project in projects.list_projects(session)
        for model in models.list_models(session, project.id)
        if model.name == name and of_project in (None, project.name)
    ]
    if len(found) > 1:
        names = ", ".join(project for (_, project), _ in found)
        raise ConflictError(f"Several models are called {name!r}, in {names}; say which with --project.")
    if not found:
        raise NotFoundError(f"No project has a model {name!r}; `dare models list` names those that were trained.")
    return found[0]
