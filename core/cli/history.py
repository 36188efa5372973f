"""The commands `history` and `undo`: somebody's steps on sentences and synthetic sentences, and taking them back."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.access import get_reviewer_id
from core.cli.options import JsonOption, PastReviewerOption, ProjectArgument
from core.cli.output import errors_in_one_line, show_result
from core.errors import DomainError, NotFoundError
from core.settings import Settings
from core.workflows.curation import undo as workflow
from core.workflows.projects import get_project_id
from db.queries import history as queries
from db.queries import users
from db.queries.history import Step
from db.session import open_session


def history(
    project: ProjectArgument,
    reviewer: PastReviewerOption = users.LOCAL_USER,
    limit: Annotated[int, typer.Option(min=1, help="Most steps.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List somebody's last steps in a project, newest first, with the numbers that `undo` takes."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id, user_id = get_project_id(session, project), get_reviewer_id(session, reviewer)
        steps = queries.list_steps(session, project_id=project_id, user_id=user_id, limit=limit)
        texts = queries.get_short_texts(session, steps)
    found = [_describe(step, texts.get((step.target_kind, step.target_id))) for step in steps]
    result = {"project": project, "reviewer": reviewer, "steps": found}
    show_result(result, as_json=as_json, lines=lambda: list(map(_line, found)))


def _describe(step: Step, text: str | None) -> dict[str, Any]:
    values = asdict(step) | {"created_at": step.created_at.isoformat(timespec="seconds"), "text": text}
    return {"step": values.pop("decision_id"), **values}


def _line(step: dict[str, Any]) -> str:
    what = f"{step['num_rows']} in one step" if step["num_rows"] > 1 else step["text"] or "removed meanwhile"
    undone = " (taken back)" if step["is_undone"] else ""
    where = f"{step['target_kind']} {step['target_id']}"
    return f"{step['step']} {step['created_at']} {where} {step['action']}{undone}: {what}"


def undo(
    project: ProjectArgument,
    step: Annotated[int | None, typer.Option(help="This step alone, by its number in `history`.")] = None,
    back_to: Annotated[int | None, typer.Option(help="This step and all of the same person after it.")] = None,
    reviewer: PastReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Take back somebody's last step, one step, or all back to one; a bulk step goes as a whole.

    Either is a new decision. What was changed since by others is left as it is.
    """
    with errors_in_one_line(), open_session(Settings()) as session:
        who = get_project_id(session, project), get_reviewer_id(session, reviewer)
        if step is not None and back_to is not None:
            raise DomainError("--step and --back-to exclude each other; give one of them.")
        if step is not None:
            undone = workflow.undo_step(session, *who, step)
        elif back_to is not None:
            undone = workflow.undo_back_to(session, *who, back_to)
        else:
            undone = workflow.undo(session, *who)
        if not undone.restored:
            raise NotFoundError(f"{reviewer!r} has nothing left to undo in {project}.")
    result = {"restored": list(undone.restored), "left": list(undone.left)}
    show_result(
        result,
        as_json=as_json,
        lines=lambda: [f"{len(undone.restored)} sentences are as before, {len(undone.left)} were left: changed since"],
    )
