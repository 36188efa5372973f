"""The command `pretrain-generator`: a causal language model from plain text; the same command goes on after a stop."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.data import JsonOption
from core.cli.options import Number, PrecisionOption, Switch, Whole, option
from core.cli.output import errors_in_one_line, progress_line, quiet_libraries, say, show_result
from core.settings import Settings
from core.workflows.pipelines import Report
from core.workflows.pretrain_params import PretrainParams

_LENGTH, _TRAINING = "How long", "Training"


def pretrain_generator(
    text: Annotated[list[Path], typer.Option("--text", help="Plain, .gz or .xz text, one document a line; repeat.")],
    name: Annotated[str, typer.Option("--out", help="Name of the generator, for `dare generate --base`.")],
    base: Annotated[
        str, typer.Option(help="tiny or small: a GPT-2 from nothing; or name, folder or hub name of one to continue.")
    ] = "tiny",
    minutes: Annotated[Number, option("Budget of time. Usual: 60.", _LENGTH)] = None,
    pieces: Annotated[Whole, option("Budget of pieces read; the first of the two to end counts.", _LENGTH)] = None,
    context: Annotated[Whole, option("Pieces of a block. Usual: 256.", _TRAINING)] = None,
    batch_size: Annotated[
        Whole, option("Blocks of one pass; halved where memory runs out. Usual: 8.", _TRAINING)
    ] = None,
    gradient_accumulation: Annotated[Whole, option("Passes of one step. Usual: 1.", _TRAINING)] = None,
    learning_rate: Annotated[Number, option("Peak rate. Usual: 1e-3; to continue 5e-5.", _TRAINING)] = None,
    held_out_one_in: Annotated[Whole, option("Hold out about one document in so many. Usual: 100.", _TRAINING)] = None,
    seed: Annotated[Whole, option("Seed of new weights and of the order. Usual: 0.", _TRAINING)] = None,
    precision: PrecisionOption = None,
    may_download: Annotated[Switch, option("Fetch a base that is a hub name.", _TRAINING, "--download")] = None,
    is_replacing: Annotated[Switch, option("Replace a generator of that name.", _TRAINING, "--replace")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a causal language model on plain text, as a base for `generate`; needs no project.

    Killed or stopped, the same command goes on from the last checkpoint.
    """
    given = {key: value for key, value in locals().items() if key not in _NOT_PARAMETERS and value is not None}
    settings = Settings()
    with errors_in_one_line():
        files = [str(path.absolute()) for path in text]
        params = PretrainParams.from_json({**given, "text": files, "device": settings.device})
        params.require_files()
        result = _run(params, settings)
    show_result(result, as_json=as_json, lines=lambda: _describe(result))


_NOT_PARAMETERS = frozenset({"text", "as_json"})


def _run(params: PretrainParams, settings: Settings) -> dict[str, Any]:
    if not params.may_download:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when transformers is imported
    from core.workflows import pretrain

    quiet_libraries()
    with progress_line() as progress:
        record = pretrain.pretrain_generator(params, settings=settings, report=_with_scores(progress))
    return record.to_json()


def _with_scores(progress: Report) -> Report:
    """Return a report that draws the bar, and keeps a line for each validation and for what goes before training."""

    def report(fraction: float, message: str = "", **values: float) -> None:
        progress(fraction, message, **values)
        if "perplexity" in values:
            say(
                f"{message} at {values['pieces_per_second']:,.0f} pieces/s: perplexity {values['perplexity']:.2f}, "
                f"{values['bits_per_character']:.3f} bits per character"
            )
        elif not values:
            say(message)

    return report


def _describe(result: dict[str, Any]) -> list[str]:
    return [
        f"{result['name']}: perplexity {result['perplexity']:.2f}, {result['bits_per_character']:.3f} bits per "
        f"character, {result['pieces_read']:,} pieces at {result['pieces_per_second']:,.0f} a second",
        f"dare generate PROJECT --base {result['name']} --wait",
    ]
