"""The `corpus` command: what a published corpus holds, and its import into a project."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption
from core.cli.output import errors_in_one_line, progress_line, show_result
from core.corpora import CORPORA, CorpusSet, read_corpus_folder
from core.settings import Settings
from core.workflows.data_in.import_set import import_corpus_set
from db.session import open_session

MAX_NAMES = 12  # of a line; WebNLG has 216 labels


def corpus(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(CORPORA)}.")],
    path: Annotated[Path, typer.Argument(help="The folder in which the corpus is published.")],
    fold: Annotated[int | None, typer.Option(help="Fold of ade, 0 to 9.")] = None,
    project: Annotated[
        str | None, typer.Option(help="Import into this project; a missing one is made from the corpus's schema.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count what a published corpus holds, by split; with --project import it."""
    with errors_in_one_line(), progress_line() as progress:
        progress(0.0, f"reading {name}")
        corpus_set = read_corpus_folder(name, path, fold=fold)
        result = {"corpus": name, "splits": _count_splits(corpus_set), "notes": list(corpus_set.notes)}
        if project is not None:
            progress(0.5, f"storing in {project}")
            result["project"], result["outcome"] = project, _import(corpus_set, project)
        progress(1.0, name)
    show_result(result, as_json=as_json, lines=lambda: _lines(result))


def _import(corpus_set: CorpusSet, project: str) -> dict[str, Any]:
    with open_session(Settings()) as session:
        return import_corpus_set(session, project, corpus_set).to_json()


def _count_splits(corpus_set: CorpusSet) -> dict[str, dict[str, Any]]:
    return {str(split): corpus_set.count(split).to_json() for split in corpus_set.splits}


def _lines(result: dict[str, Any]) -> list[str]:
    lines = []
    for split, counts in result["splits"].items():
        lines.append(f"{result['corpus']} {split}:")
        for kind, value in counts.items():
            if isinstance(value, int):
                lines.append(f"  {kind}: {value:,}")
            elif value:
                lines.append(f"  {kind}: {_add_up(value)}")
    lines += [f"note: {note}" for note in result["notes"]]
    outcome = result.get("outcome")
    if outcome:
        lines.append(
            f"{result['project']}: {outcome['num_documents']:,} documents stored ({outcome['num_skipped']:,} known "
            f"already), {outcome['num_sentences']:,} sentences, {outcome['num_mentions']:,} mentions, "
            f"{outcome['num_relations']:,} relations ({outcome['num_projected']:,} projected from document facts)"
        )
    return lines


def _add_up(counts: dict[str, int]) -> str:
    """Return a sum and its parts, the largest ones where there are many."""
    largest = sorted(counts.items(), key=lambda item: -item[1])
    named = ", ".join(f"{name} {number:,}" for name, number in largest[:MAX_NAMES])
    more = f", and {len(counts) - MAX_NAMES} more" if len(counts) > MAX_NAMES else ""
    return f"{sum(counts.values()):,} ({named}{more})"
