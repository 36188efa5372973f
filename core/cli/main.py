"""The `dare` command: without arguments the app and its workers; with one, a task for scripts."""

import gc
import os
from typing import Annotated

import typer

from core.cli import (
    catalogue,
    corpora,
    data,
    fetching,
    formats,
    generation,
    models,
    parsers,
    pretraining,
    sentences,
    service,
    snapshots,
    starters,
    synthetic,
    training,
)
from core.cli.output import errors_in_one_line

app = typer.Typer(
    name="dare",
    help="DARE Curator: predict, correct, generate, retrain and export biomedical relation data on one machine. "
    "Without a command, start the app.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(help="Port of the page; 8501 unless DARE_PORT says otherwise.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser window.")] = False,
) -> None:
    """Start the app and one worker a device, and open the page in a browser."""
    if context.invoked_subcommand is None:
        with errors_in_one_line():
            service.start(port=port, opens_browser=not no_browser)


app.command("worker")(service.worker)
app.command("doctor")(service.doctor)
app.command("import")(data.import_files)
app.command("fetch")(fetching.fetch)
app.command("export")(data.export)
app.command("formats")(formats.formats)
app.command("sentences")(sentences.sentences)
app.command("corpus")(corpora.corpus)
app.command("predict")(models.predict)
app.command("evaluate")(models.evaluate)
app.command("build-starter")(starters.build_starter)
app.command("build-parser")(parsers.build_parser)
app.command("evaluate-parser")(parsers.evaluate_parser)
app.command("train")(training.train)
app.command("generate")(generation.generate)
app.command("pretrain-generator")(pretraining.pretrain_generator)
app.command("pretrain-encoder")(pretraining.pretrain_encoder)
app.add_typer(catalogue.app, name="models")
app.add_typer(snapshots.app, name="snapshot")
app.add_typer(synthetic.app, name="synthetic")


def main() -> None:
    """Run the command line."""
    # The hub is asked by `dare models pull` alone, whatever this says, or by a download with HF_HUB_OFFLINE=0.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    # Model libraries make a million objects that all stay; looking for garbage among them takes a fifth of the start.
    gc.set_threshold(100_000)
    app()
