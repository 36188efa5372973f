"""The `synthetic` commands: list, decide and export the synthetic sentences of a project."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.access import require_label
from core.cli.decision_files import FileArgument, applied_lines, apply_file
from core.cli.options import JsonOption, ProjectArgument, ReviewerOption, YesOption
from core.cli.output import errors_in_one_line, say, show_result
from core.cli.standings import standing
from core.domain import NO_RELATION, State
from core.errors import DomainError
from core.settings import Settings
from core.workflows.curation import accept_rest, curate
from core.workflows.curation.accept_rest import Outlook
from core.workflows.curation.synthetic_reading import realise_view
from core.workflows.data_out.export_synthetic import describe_sentence, describe_sentences, write_lines
from core.workflows.projects import get_project_id
from db.queries import decisions, synthetic, synthetic_history, users
from db.queries.synthetic import SyntheticOrder
from db.session import Session, open_session

app = typer.Typer(no_args_is_help=True, help="List, decide and export the synthetic sentences of a project.")
app.command()(standing)

LabelOption = Annotated[str | None, typer.Option("--label", help="Only this relation label.")]
IdsArgument = Annotated[list[int] | None, typer.Argument(help="Ids of sentences, as `list` gives them.")]


@app.command("list")
def list_sentences(
    project: ProjectArgument,
    label: LabelOption = None,
    state: Annotated[State | None, typer.Option(help="Only this state; all unless given.")] = None,
    min_agreement: Annotated[float | None, typer.Option(help="Only with this agreement of the judges or more.")] = None,
    flagged: Annotated[
        bool | None, typer.Option("--flagged/--not-flagged", help="Only flagged ones, or others.")
    ] = None,
    order: Annotated[SyntheticOrder, typer.Option(help="What comes first.")] = SyntheticOrder.RANDOM,
    limit: Annotated[int, typer.Option(min=1, help="Most sentences.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List synthetic sentences with their scores and decisions."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        require_label(session, project_id, label, NO_RELATION)
        chosen: dict[str, Any] = {
            "label": label, "state": state, "min_agreement": min_agreement, "is_flagged": flagged
        }  # fmt: skip
        views = synthetic.list_synthetic(session, project_id, **chosen, order=order, limit=limit)
        histories = synthetic_history.get_histories(session, [view.id for view in views], project_id=project_id)
        names = users.get_user_names(session)
        sentences = [describe_sentence(view, histories.get(view.id), names) for view in views]
        total = synthetic.count_queue(session, project_id, **chosen)
    result = {"project": project, "total": total, "sentences": sentences}
    show_result(result, as_json=as_json, lines=lambda: [_line(one) for one in sentences] + [_tell_total(result)])


def _line(sentence: dict[str, Any]) -> str:
    agreement = sentence["scores"]["agreement"]
    score = "" if agreement is None else f" {agreement:.2f}"
    flag = ", flagged" if sentence["is_flagged"] else ""
    comment = f"\n  comment: {sentence['comment']}" if sentence["comment"] else ""
    return f"{sentence['id']} {sentence['label']} {sentence['state']}{score}{flag}: {sentence['text']}{comment}"


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With a score: what it would do, and a sample.")] = False,
    reviewer: ReviewerOption = users.LOCAL_USER,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Accept sentences by id, or the rest of a label above a score once 20 above it were reviewed one by one.

    Either is one step, which one `dare undo` takes back; its sentences count as not reviewed.
    """
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        if bool(ids) == (label is not None or min_agreement is not None):
            raise DomainError("Give either ids of sentences, or --label and --min-agreement.")
        if ids:
            result: dict[str, Any] = {"accepted": _decide(session, project_id, ids, {"kind": "accept"}, reviewer)}
        elif label is None or min_agreement is None:
            raise DomainError("--label and --min-agreement go together; give both.")
        else:
            require_label(session, project_id, label, NO_RELATION)
            outlook = accept_rest.get_outlook(session, project_id, label=label, min_agreement=min_agreement)
            if not dry_run and not yes and not outlook.missing and outlook.pending:
                _ask(outlook)
            rest = _draw_examples if dry_run else _accept_rest
            result = _outlook_json(outlook) | rest(session, project_id, outlook, reviewer)
    show_result(result, as_json=as_json, lines=lambda: _accept_lines(result))


def _accept_lines(result: dict[str, Any]) -> list[str]:
    if "accepted" in result:
        return [f"{result['accepted']} sentences accepted in one step"]
    low, high = result["interval"]
    return [
        f"would accept {result['pending']} sentences; {result['unchanged']} of {result['reviewed']} reviewed ones were "
        f"accepted as written: {low:.0%} to {high:.0%} are good; for example",
        *(f"  {text}" for text in result["examples"]),
    ]


def _draw_examples(session: Session, project_id: int, outlook: Outlook, _reviewer: str) -> dict[str, Any]:
    views = accept_rest.draw_examples(session, project_id, label=outlook.label, min_agreement=outlook.min_agreement)
    return {"examples": [realise_view(view).text for view in views]}


def _accept_rest(session: Session, project_id: int, outlook: Outlook, reviewer: str) -> dict[str, Any]:
    number = accept_rest.accept_rest(
        session,
        project_id,
        users.get_or_add_user(session, reviewer),
        label=outlook.label,
        min_agreement=outlook.min_agreement,
        expected=outlook.pending,
    )
    return {"accepted": number}


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
        "pending": outlook.pending,
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
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Reject sentences by id, as one step."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        event = {"kind": "reject"} | ({"reason": reason} if reason else {})
        result = {"rejected": _decide(session, project_id, ids, event, reviewer), "reason": reason}
    show_result(result, as_json=as_json, lines=lambda: [f"{result['rejected']} sentences rejected in one step"])


@app.command()
def apply(
    project: ProjectArgument,
    file: FileArgument,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Apply a file of decisions, JSON lines or a CSV table: all of its rows, or none where one is refused.

    A row has id and kind: accept, reject (with a reason or without), edit (text, with each mask exactly once),
    relabel (label), flag (on or off), comment (text), undo. Each of the first four is a decision of its own, so its
    sentence counts as reviewed.
    """
    with errors_in_one_line():
        result = apply_file(project, file, target_kind=decisions.SYNTHETIC, reviewer=reviewer)
    show_result(result, as_json=as_json, lines=lambda: applied_lines(result))


def _decide(session: Session, project_id: int, ids: list[int], event: dict[str, str], reviewer: str) -> int:
    user_id = users.get_or_add_user(session, reviewer)
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
        require_label(session, project_id, label, NO_RELATION)
        out.parent.mkdir(parents=True, exist_ok=True)
        number = 0
        with out.open("w", encoding="utf-8") as file:
            for line in write_lines(describe_sentences(session, project_id, label=label, state=state)):
                file.write(line)
                number += 1
    result = {"out": str(out), "num_sentences": number}
    show_result(result, as_json=as_json, lines=lambda: [f"{out}: {number} synthetic sentences"])
