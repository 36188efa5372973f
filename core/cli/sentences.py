"""The command on sentences: `sentences` lists those of a project that fit some filters."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from core.cli.access import get_reviewer_id, require_label
from core.cli.options import JsonOption, ProjectArgument
from core.cli.output import errors_in_one_line, show_result
from core.domain import Source, Split, State
from core.settings import Settings
from core.workflows.projects import get_project_id
from db.queries import browse, users
from db.queries.browse import MAX_COUNTED, SentenceFilter, SentenceLine, SentenceSort
from db.session import open_session


def sentences(
    project: ProjectArgument,
    search: Annotated[str, typer.Option(help='Words that a sentence holds; "in quotes" side by side.')] = "",
    state: Annotated[State | None, typer.Option(help="Only this state; all unless given.")] = None,
    label: Annotated[str | None, typer.Option(help="Only with a relation of this label.")] = None,
    split: Annotated[Split | None, typer.Option(help="Only documents of this split.")] = None,
    flagged: Annotated[
        bool | None, typer.Option("--flagged/--not-flagged", help="Only flagged ones, or others.")
    ] = None,
    reviewer: Annotated[str | None, typer.Option(help="Only those on which this person decided something.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Changed on this day or later.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Changed on this day or before.")] = None,
    source: Annotated[Source | None, typer.Option(help="Only with a relation that came from there.")] = None,
    min_score: Annotated[float | None, typer.Option(help="Only with a relation of this score or more.")] = None,
    max_score: Annotated[float | None, typer.Option(help="Only with a relation of this score or less.")] = None,
    min_uncertainty: Annotated[float | None, typer.Option(help="Only this uncertain or more, 0 to 1.")] = None,
    order: Annotated[SentenceSort, typer.Option(help="What comes first.")] = SentenceSort.TEXT,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Sentences a page.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the sentences of a project, a page at a time."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        require_label(session, project_id, label)
        chosen = SentenceFilter(
            project_id,
            search=search,
            state=state,
            label=label,
            split=split,
            source=source,
            reviewer_id=None if reviewer is None else get_reviewer_id(session, reviewer),
            changed_from=since and since.replace(tzinfo=UTC),
            changed_before=until and until.replace(tzinfo=UTC) + timedelta(days=1),
            min_score=min_score,
            max_score=max_score,
            min_uncertainty=min_uncertainty,
            is_flagged=flagged,
        )
        total = browse.count_sentences(session, chosen)
        lines = browse.list_sentences(session, chosen, sort=order, offset=(page - 1) * limit, limit=limit)
        names = users.get_user_names(session)
        found = [_describe(line, names) for line in lines]
    result = {
        "project": project,
        "total": min(total, MAX_COUNTED),
        "has_more": total > MAX_COUNTED,
        "page": page,
        "sentences": found,
    }
    show_result(result, as_json=as_json, lines=lambda: [*map(_line, found), _tell_total(result)])


def _describe(line: SentenceLine, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": line.id,
        "document": line.external_id,
        "text": line.text,
        "state": line.state.value,
        "is_flagged": line.is_flagged,
        "split": line.split.value,
        "labels": list(line.labels),
        "uncertainty": line.uncertainty,
        "disagreement": line.disagreement,
        "reviewer": names.get(line.reviewer_id or 0),
        "changed_at": line.changed_at.isoformat(),
    }


def _line(sentence: dict[str, Any]) -> str:
    labels = f" [{', '.join(sentence['labels'])}]" if sentence["labels"] else ""
    return f"{sentence['id']} {sentence['document']} {sentence['state']}{labels}: {sentence['text']}"


def _tell_total(result: dict[str, Any]) -> str:
    more = "more than " if result["has_more"] else ""
    return f"page {result['page']}: {len(result['sentences'])} of {more}{result['total']} sentences"
