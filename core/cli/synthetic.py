"""Commands on synthetic sentences: `synthetic list`, `accept`, `reject` and `export`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.access import JsonOption, ProjectArgument, get_project_id, open_session
from core.cli.output import errors_in_one_line, say, show_result
from core.domain import NO_RELATION, State
from core.errors import DomainError, SchemaError
from core.settings import Settings
from core.workflows import accept_rest, curate
from core.workflows.accept_rest import Outlook
from core.workflows.export_synthetic import describe_sentence, describe_sentences, write_lines
from db.queries import projects, synthetic, synthetic_history, users
from db.queries.synthetic import SyntheticOrder
from db.session import Session

app = typer.Typer(no_args_is_help=True, help="List, decide and export the synthetic sentences of a project.")

LabelOption = Annotated[str | None, typer.Option("--label", help="Only this relation label.")]
IdsArgument = Annotated[list[int] | None, typer.Argument(help="Ids of sentences, as `list` gives them.")]


@app.command("list")
def list_sentences(
    project: ProjectArgument,
    label: LabelOption = None,
    state: Annotated[State | None, typer.Option(help="Only this state; all unless given.")] = None,
    order: Annotated[SyntheticOrder, typer.Option(help="What comes first.")] = SyntheticOrder.RANDOM,
    limit: Annotated[int, typer.Option(min=1, help="Most sentences.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List synthetic sentences with their scores and decisions."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        label = _check_label(session, project_id, label)
        views = synthetic.list_synthetic(session, project_id, label=label, state=state, order=order, limit=limit)
        histories = synthetic_history.get_histories(session, [view.id for view in views], project_id=project_id)
        names = users.get_user_names(session)
        sentences = [describe_sentence(view, histories.get(view.id), names) for view in views]
        total = synthetic.count_queue(session, project_id, label=label, state=state)
    result = {"project": project, "total": total, "sentences": sentences}
    show_result(result, as_json=as_json, lines=lambda: [_line(one) for one in sentences] + [_tell_total(result)])


def _line(sentence: dict[str, Any]) -> str:
    agreement = sentence["scores"]["agreement"]
    score = "" if agreement is None else f" {agreement:.2f}"
    return f"{sentence['id']} {sentence['label']} {sentence['state']}{score}: {sentence['text']}"


def _tell_total(result: dict[str, Any]) -> str:
    return f"{len(result['sentences'])} of {result['total']} sentences"


@app.command()
def accept(
    project: ProjectArgument,
    ids: IdsArgument = None,
    label: LabelOption = None,
    min_agreement: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Every pending one of the label with this agreement or more.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Accept sentences by id, or the rest of a label above a score once 20 above it were reviewed one by one.

    Either is one step, which one undo on the Synthetic page takes back; its sentences count as not reviewed.
    """
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        if bool(ids) == (label is not None or min_agreement is not None):
            raise DomainError("Give either ids of sentences, or --label and --min-agreement.")
        if ids:
            result: dict[str, Any] = {"accepted": _decide(session, project_id, ids, {"kind": "accept"})}
        elif label is None or min_agreement is None:
            raise DomainError("--label and --min-agreement go together; give both.")
        else:
            label = _check_label(session, project_id, label) or label
            outlook = accept_rest.get_outlook(session, project_id, label=label, min_agreement=min_agreement)
            if not yes and not outlook.missing and outlook.pending:
                _ask(outlook)
            result = _outlook_json(outlook) | {"accepted": _accept_rest(session, project_id, outlook)}
    show_result(result, as_json=as_json, lines=lambda: [f"{result['accepted']} sentences accepted in one step"])


def _accept_rest(session: Session, project_id: int, outlook: Outlook) -> int:
    return accept_rest.accept_rest(
        session,
        project_id,
        users.get_or_add_user(session),
        label=outlook.label,
        min_agreement=outlook.min_agreement,
        expected=outlook.pending,
    )


def _ask(outlook: Outlook) -> None:
    low, high = outlook.interval
    if outlook.is_sample_easier:
        say("warning: the reviewed sentences have a higher agreement than these, so fewer than told may be good.")
    typer.confirm(
        f"Accept {outlook.pending} pending sentences of {outlook.label} unread? Of {outlook.reviewed} reviewed ones "
        f"above {outlook.min_agreement:.2f}, {outlook.unchanged} were accepted as written: {low:.0%} to {high:.0%} "
        "are good",
        abort=True,
        err=True,
    )


def _outlook_json(outlook: Outlook) -> dict[str, Any]:
    return {
        "label": outlook.label,
        "min_agreement": outlook.min_agreement,
        "reviewed": outlook.reviewed,
        "unchanged": outlook.unchanged,
        "precision": outlook.precision,
        "interval": list(outlook.interval),
        "is_sample_easier": outlook.is_sample_easier,
    }


@app.command()
def reject(
    project: ProjectArgument,
    ids: Annotated[list[int], typer.Argument(help="Ids of sentences, as `list` gives them.")],
    reason: Annotated[str, typer.Option(help='Why, for example "not fluent".')] = "",
    as_json: JsonOption = False,
) -> None:
    """Reject sentences by id, as one step."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        event = {"kind": "reject"} | ({"reason": reason} if reason else {})
        result = {"rejected": _decide(session, project_id, ids, event), "reason": reason}
    show_result(result, as_json=as_json, lines=lambda: [f"{result['rejected']} sentences rejected in one step"])


def _decide(session: Session, project_id: int, ids: list[int], event: dict[str, str]) -> int:
    user_id = users.get_or_add_user(session)
    return curate.apply_synthetic_batch(session, project_id=project_id, user_id=user_id, synthetic_ids=ids, event=event)


@app.command()
def export(
    project: ProjectArgument,
    out: Annotated[Path, typer.Option("--out", help="File to write, one sentence a line.")],
    label: LabelOption = None,
    state: Annotated[State | None, typer.Option(help="Only this state; all unless given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write sentences as JSON lines: both texts with spans, scores, decision, edit and provenance."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        label = _check_label(session, project_id, label)
        out.parent.mkdir(parents=True, exist_ok=True)
        number = 0
        with out.open("w", encoding="utf-8") as file:
            for line in write_lines(describe_sentences(session, project_id, label=label, state=state)):
                file.write(line)
                number += 1
    result = {"out": str(out), "num_sentences": number}
    show_result(result, as_json=as_json, lines=lambda: [f"{out}: {number} synthetic sentences"])


def _check_label(session: Session, project_id: int, label: str | None) -> str | None:
    """Return the label if the project has it.

    Raises:
        SchemaError: It has not.
    """
    known = [*projects.get_schema(session, project_id).label_names, NO_RELATION]
    if label is not None and label not in known:
        raise SchemaError(f"Unknown relation label {label!r}; known: {', '.join(known)}.")
    return label
