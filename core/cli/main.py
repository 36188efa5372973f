"""The `dare` command: without arguments the app and its workers; with one, a task for scripts."""

import gc
import os
from typing import Annotated

import typer

from core.cli.lazy import make_lazy_group

COMMANDS = {
    "project": "core.cli.projects:app",
    "schema": "core.cli.schemas:app",
    "import": "core.cli.data:import_files",
    "fetch": "core.cli.fetching:fetch",
    "formats": "core.cli.formats:formats",
    "corpus": "core.cli.corpora:corpus",
    "documents": "core.cli.documents:documents",
    "document": "core.cli.documents:app",
    "sentences": "core.cli.sentences:sentences",
    "review": "core.cli.review:app",
    "history": "core.cli.history:history",
    "undo": "core.cli.history:undo",
    "generate": "core.cli.generation:generate",
    "synthetic": "core.cli.synthetic:app",
    "train": "core.cli.training:train",
    "jobs": "core.cli.jobs:app",
    "models": "core.cli.catalogue:app",
    "export": "core.cli.data:export",
    "snapshot": "core.cli.snapshots:app",
    "predict": "core.cli.models:predict",
    "evaluate": "core.cli.models:evaluate",
    "pretrain-generator": "core.cli.pretraining:pretrain_generator",
    "pretrain-encoder": "core.cli.pretraining:pretrain_encoder",
    "build-starter": "core.cli.starters:build_starter",
    "average-starters": "core.cli.starters:average_starters",
    "average-encoders": "core.cli.starters:average_encoders",
    "build-parser": "core.cli.parsers:build_parser",
    "evaluate-parser": "core.cli.parsers:evaluate_parser",
    "worker": "core.cli.service:worker",
    "doctor": "core.cli.service:doctor",
}

app = typer.Typer(
    name="dare",
    cls=make_lazy_group(COMMANDS),
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
        from core.cli import service
        from core.cli.output import errors_in_one_line

        with errors_in_one_line():
            service.start(port=port, opens_browser=not no_browser)


def main() -> None:
    """Run the command line."""
    # The hub is asked by `dare models pull` alone, whatever this says, or by a download with HF_HUB_OFFLINE=0.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    # Model libraries make a million objects that all stay; looking for garbage among them takes a fifth of the start.
    gc.set_threshold(100_000)
    try:
        app()
    finally:
        # The process ends: its memory goes as a whole, and a last look for garbage would take another second.
        gc.freeze()
