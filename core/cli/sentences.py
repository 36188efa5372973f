"""The command on sentences: `sentences` lists those of a project that fit some filters."""

from typing import Annotated, Any

import typer

from core.cli.access import JsonOption, ProjectArgument, get_project_id, open_session
from core.cli.output import errors_in_one_line, show_result
from core.domain import Split, State
from core.errors import SchemaError
from core.settings import Settings
from db.queries import browse, projects, users
from db.queries.browse import MAX_COUNTED, SentenceFilter, SentenceLine, SentenceSort
from db.session import Session


def sentences(
    project: ProjectArgument,
    search: Annotated[str, typer.Option(help='Words that a sentence holds; "in quotes" side by side.')] = "",
    state: Annotated[State | None, typer.Option(help="Only this state; all unless given.")] = None,
    label: Annotated[str | None, typer.Option(help="Only with a relation of this label.")] = None,
    split: Annotated[Split | None, typer.Option(help="Only documents of this split.")] = None,
    order: Annotated[SentenceSort, typer.Option(help="What comes first.")] = SentenceSort.TEXT,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Sentences a page.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the sentences of a project, a page at a time."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        _check_label(session, project_id, label)
        chosen = SentenceFilter(project_id, search=search, state=state, label=label, split=split)
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


def _check_label(session: Session, project_id: int, label: str | None) -> None:
    known = projects.get_schema(session, project_id).label_names
    if label is not None and label not in known:
        raise SchemaError(f"Unknown relation label {label!r}; known: {', '.join(known)}.")


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
