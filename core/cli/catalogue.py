"""The `models` commands: what is here, pull from the hub, remove, read a card; and those of `choices`."""

import sys
from typing import Annotated, Any

import typer

from core.cli import choices
from core.cli.options import JsonOption, YesOption
from core.cli.output import errors_in_one_line, progress_line, quiet_libraries, say, show_result
from core.settings import Settings
from core.workflows.model_library import catalogue, model_cards, remove_model
from core.workflows.model_library.catalogue import ModelEntry
from core.workflows.model_library.pulled import PulledRecord
from core.workflows.model_library.suggestions import Suggestion, list_suggestions
from db.queries.models import ModelView
from db.session import open_session

app = typer.Typer(no_args_is_help=True, help="List, pull, remove, describe, compare and promote models.")
for command in (choices.promote, choices.rollback, choices.archive, choices.compare):
    app.command()(command)

NameArgument = Annotated[str, typer.Argument(help="Name of a model, as `list` gives it.")]


@app.command("list")
def list_models(
    suggestions: Annotated[
        bool, typer.Option("--suggestions", help="Known good models of the hub instead; asks nobody.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the models of this installation: shipped, pulled, trained, and which is promoted where."""
    if suggestions:
        known = list_suggestions()
        result: dict[str, Any] = {"suggestions": [one.to_json() for one in known]}
        show_result(result, as_json=as_json, lines=lambda: [line for one in known for line in _suggest(one)])
        return
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        entries = catalogue.list_catalogue(session, settings)
    show_result(
        {"models": [entry.to_json() for entry in entries]},
        as_json=as_json,
        lines=lambda: _table([("name", "kind", "origin", "size", "date", "terms", "use"), *map(_row, entries)]),
    )


def _row(entry: ModelEntry) -> tuple[str, ...]:
    size = "elsewhere" if entry.num_bytes is None else _size(entry.num_bytes)
    return entry.name, entry.kind, entry.origin, size, entry.date or "-", entry.terms, entry.use


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:.0f} MB"


def _suggest(one: Suggestion) -> list[str]:
    facts = f"{one.num_weights / 1e6:,.0f}M weights, about {_size(one.num_bytes)}, licence {one.licence}"
    return [
        f"{one.name}  ({one.title}; {one.kind})",
        f"    {facts}; safetensors: {one.safetensors}",
        f"    {one.reason}",
        f"    {one.obstacle or one.command or 'Cannot be pulled: its weights are pickled.'}",
    ]


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="Name on the Hugging Face hub, for example bioformers/bioformer-8L.")],
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag, commit or refs/pr/NUMBER; the newest unless given.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Download a model, for use by its name without a network; this command alone asks the hub.

    Takes safetensors weights, config and tokenizer of one commit, never code and never pickled weights. Interrupted,
    the same command keeps the files that had arrived.
    """
    with errors_in_one_line(), progress_line() as progress:
        # Model libraries take seconds to load, and the hub's client is for this command alone.
        from core.workflows.model_library.pull import pull_model

        quiet_libraries()
        record, was_here = pull_model(Settings(), name, revision=revision, report=progress)
    show_result(
        record.to_json() | {"was_here": was_here}, as_json=as_json, lines=lambda: _pull_lines(record, was_here=was_here)
    )


def _pull_lines(record: PulledRecord, *, was_here: bool) -> list[str]:
    verb = "is here already" if was_here else "pulled"
    use = "dare train PROJECT --encoder" if record.kind == "encoder" else "dare generate PROJECT --base"
    return [
        f"{record.name} {verb}: {record.kind}, {_size(record.num_bytes)}, commit {record.revision[:12]}, "
        f"licence {record.licence or 'not stated on the hub'}",
        f"{use} {record.name}",
    ]


@app.command()
def remove(
    name: NameArgument,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a pulled model, a generator, or a trained model that is not promoted."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        removal = remove_model.plan_removal(session, settings, name)
        entry, freed = removal.entry, removal.num_bytes
        if not yes:
            typer.confirm(
                f"Delete {entry.name} ({entry.kind}, {entry.use}, {_size(freed)}) for good?", abort=True, err=True
            )
        remove_model.remove_model(session, settings, removal)
    result = {"removed": entry.name, "kind": entry.kind, "freed_bytes": freed}
    show_result(result, as_json=as_json, lines=lambda: [f"{entry.name} removed; {_size(freed)} freed"])


@app.command()
def card(name: NameArgument, as_json: JsonOption = False) -> None:
    """Print the card of a model; for a trained one its scores and recipe, with --json in every detail."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        entry = catalogue.get_entry(session, settings, name)
        text = model_cards.read_card(session, entry)
    if not as_json and entry.origin == "pulled" and sys.stdout.isatty():
        say("note: what follows was written by the model's authors, not by this program.")
    source = entry.source
    details = {"metrics": source.metrics, "settings": source.settings} if isinstance(source, ModelView) else {}
    show_result(
        {**entry.to_json(), "card": text, **details}, as_json=as_json, lines=lambda: [_printable(text).rstrip()]
    )


def _printable(text: str) -> str:
    """Return a text without characters that could steer a terminal."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t")
