"""The `review` commands: the queue of sentences as Annotate orders it, and decisions on them."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.access import require_label
from core.cli.decision_files import FileArgument, applied_lines, apply_file
from core.cli.options import JsonOption, ProjectArgument, ReviewerOption, YesOption
from core.cli.output import errors_in_one_line, show_result
from core.domain import Split, State
from core.errors import DomainError, NotFoundError
from core.settings import Settings
from core.workflows.curation import accept_above, curate, unrelated_pairs
from core.workflows.curation.accept_above import Example
from core.workflows.projects import get_project_id
from db.queries import annotations, decisions, queue, users
from db.queries.annotations import SentenceView
from db.queries.pending_above import AboveScore
from db.queries.queue import QueueFilter, QueueOrder
from db.session import Session, open_session

app = typer.Typer(no_args_is_help=True, help="Read the review queue of a project, and decide its sentences.")

IdsArgument = Annotated[list[int], typer.Argument(help="Ids of sentences, as `queue` and `sentences` give them.")]
SplitOption = Annotated[Split | None, typer.Option(help="Only documents of this split.")]
SearchOption = Annotated[str, typer.Option(help='Only with these words; "in quotes" side by side.')]


@app.command("queue")
def list_queue(
    project: ProjectArgument,
    order: Annotated[QueueOrder, typer.Option(help="What comes first.")] = QueueOrder.UNCERTAINTY,
    reviewed: Annotated[bool, typer.Option("--reviewed", help="Those that are reviewed, in text order.")] = False,
    flagged: Annotated[bool, typer.Option("--flagged", help="Flagged ones, reviewed or not, in text order.")] = False,
    split: SplitOption = None,
    search: SearchOption = "",
    document: Annotated[int | None, typer.Option(help="One document by its id, in text order.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most sentences.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Print the sentences that come next, with ids and versions of all that can be decided.

    Uncertainty, disagreement and labels (rarest first) mix in about every seventh sentence at random.
    """
    with errors_in_one_line(), open_session(Settings()) as session:
        is_any_state = flagged or document is not None
        chosen = QueueFilter(
            get_project_id(session, project),
            state=None if is_any_state else State.ACCEPTED if reviewed else State.PENDING,
            split=split,
            document_id=document,
            is_flagged=True if flagged else None,
            order=QueueOrder.TEXT if reviewed or is_any_state else order,
            search=search,
        )
        total = queue.count_queue(session, chosen)
        ids = queue.get_queue_page(session, chosen, limit=limit).sentence_ids
        views = annotations.get_sentence_views(session, ids, project_id=chosen.project_id)
    result = {"project": project, "total": total, "sentences": [asdict(view) for view in views]}
    show_result(
        result,
        as_json=as_json,
        lines=lambda: [line for view in views for line in _lines(view)] + [f"{len(views)} of {total} sentences"],
    )


def _lines(view: SentenceView) -> list[str]:
    names = {one.id: view.text[one.start : one.end] for one in view.mentions}
    flag = ", flagged" if view.is_flagged else ""
    return [
        f"{view.id} {view.external_id} {view.state}{flag}: {view.text}",
        *(
            f"  mention {one.id} {one.start}-{one.end} {one.entity_type} {_standing(one.state, one.score)}: "
            f"{names[one.id]}"
            for one in view.mentions
        ),
        *(
            f"  relation {one.id} {one.label} {_standing(one.state, one.score)}: {names[one.head_id]} → "
            f"{names[one.tail_id]}"
            for one in view.relations
        ),
        *([f"  comment: {view.comment}"] if view.comment else []),
    ]


def _standing(state: State, score: float | None) -> str:
    return state.value if score is None else f"{state.value} {score:.2f}"


@app.command()
def accept(
    project: ProjectArgument,
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of sentences; all their suggestions.")] = None,
    min_score: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Every suggestion of unreviewed sentences with this score.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="With --min-score: only relations of this label.")] = None,
    split: SplitOption = None,
    search: SearchOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --min-score: what it would do, and a sample.")
    ] = False,
    reviewer: ReviewerOption = users.LOCAL_USER,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Accept sentences by id, or suggestions above a score; either is one step, which `dare undo` takes back."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        if bool(ids) == (min_score is not None):
            raise DomainError("Give either ids of sentences, or --min-score.")
        if min_score is None:
            result: dict[str, Any] = {"accepted": _decide(session, project_id, ids or [], "accept", reviewer)}
        else:
            require_label(session, project_id, label)
            chosen = AboveScore(QueueFilter(project_id, split=split, search=search), min_score, label)
            result = _accept_above(session, chosen, reviewer, dry_run=dry_run, asks=not yes)
    show_result(result, as_json=as_json, lines=lambda: _accept_lines(result))


def _accept_above(session: Session, chosen: AboveScore, reviewer: str, *, dry_run: bool, asks: bool) -> dict[str, Any]:
    counts = accept_above.get_counts(session, chosen)
    unrelated = unrelated_pairs.count_unrelated(session, chosen)
    told = asdict(counts) | {"unrelated_pairs": unrelated.number, "is_unrelated_exact": unrelated.is_exact}
    if dry_run:
        return told | {"examples": list(map(_to_json, accept_above.draw_examples(session, chosen)))}
    if asks and counts.sentences:
        typer.confirm(
            f"Accept {counts.mentions} mentions and {counts.relations} relations in {counts.sentences} sentences "
            f"unread; {counts.unfinished} of these keep suggestions below the score, and {_tell_unrelated(told)}",
            abort=True,
            err=True,
        )
    user_id = users.get_or_add_user(session, reviewer)
    return told | {"accepted": accept_above.accept_above(session, user_id, chosen, expected=counts)}


def _tell_unrelated(told: dict[str, Any]) -> str:
    least = "" if told["is_unrelated_exact"] else "at least "
    return f'{least}{told["unrelated_pairs"]} pairs of mentions become "no relation"'


def _to_json(example: Example) -> dict[str, Any]:
    return {"text": example.text, "before": example.before.to_json(), "after": example.after.to_json()}


def _accept_lines(result: dict[str, Any]) -> list[str]:
    if "accepted" in result:
        return [f"{result['accepted']} sentences changed in one step"]
    return [
        f"would accept {result['mentions']} mentions and {result['relations']} relations in {result['sentences']} "
        f"sentences, of which {result['unfinished']} keep suggestions below the score; {_tell_unrelated(result)}; "
        "for example",
        *(f"  {one['text']}" for one in result["examples"]),
    ]


@app.command()
def reject(
    project: ProjectArgument,
    ids: IdsArgument,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Reject all suggestions of sentences, as one step; the sentences are reviewed then."""
    _show_decided("reject", "rejected", project, ids, reviewer, as_json=as_json)


@app.command()
def reopen(
    project: ProjectArgument,
    ids: IdsArgument,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Put sentences back into the queue, as one step; their mentions and relations stay as they are."""
    _show_decided("reopen", "reopened", project, ids, reviewer, as_json=as_json)


@app.command()
def apply(
    project: ProjectArgument,
    file: FileArgument,
    reviewer: ReviewerOption = users.LOCAL_USER,
    as_json: JsonOption = False,
) -> None:
    """Apply a file of decisions, JSON lines or a CSV table: all of its rows, or none where one is refused.

    A row has id and kind: accept, reject (a sentence, or its mention_id or relation_id), add_mention (start, end,
    entity_type), delete_mention, set_type (mention_id, entity_type), resize_mention (mention_id, start, end),
    add_relation (head_id, tail_id, label), reverse_relation, delete_relation, set_label (relation_id, label), flag
    (on or off), comment (text), reopen, undo. Spans are characters of the sentence. START-END or START-END:TYPE in
    mention, head and tail names a mention without its id, also one that the file adds. With version, a row is
    refused where somebody else changed the sentence since.
    """
    with errors_in_one_line():
        result = apply_file(project, file, target_kind=decisions.SENTENCE, reviewer=reviewer)
    show_result(result, as_json=as_json, lines=lambda: applied_lines(result))


def _show_decided(kind: str, done: str, project: str, ids: list[int], reviewer: str, *, as_json: bool) -> None:
    with errors_in_one_line(), open_session(Settings()) as session:
        result = {done: _decide(session, get_project_id(session, project), ids, kind, reviewer)}
    show_result(result, as_json=as_json, lines=lambda: [f"{result[done]} sentences {done} in one step"])


def _decide(session: Session, project_id: int, ids: list[int], kind: str, reviewer: str) -> int:
    views = annotations.get_sentence_views(session, ids, project_id=project_id)
    missing = sorted(set(ids) - {view.id for view in views})
    if missing:
        raise NotFoundError(
            f"{len(missing)} of {len(ids)} sentences are not in this project, {missing[0]} for one; nothing was "
            "changed."
        )
    return curate.apply_sentence_batch(
        session,
        project_id=project_id,
        user_id=users.get_or_add_user(session, reviewer),
        versions={view.id: view.version for view in views},
        event={"kind": kind},
    )
