"""The commands `pretrain-generator` and `pretrain-encoder`: language models of plain text; repeated, they go on."""

import os
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from core.cli.options import JsonOption, Number, PrecisionOption, Switch, Text, Whole, option
from core.cli.output import errors_in_one_line, progress_line, quiet_libraries, say, show_result
from core.settings import Settings
from core.training.config import Precision, TrainingConfig
from core.workflows.pipelines import Report
from core.workflows.synthesis.pretrain_params import USUAL_MINUTES, WARMUP_FRACTION, PretrainParams

_LENGTH, _TRAINING = "How long", "Training"


def pretrain_generator(
    text: Annotated[list[Path], typer.Option("--text", help="Plain, .gz or .xz text, one document a line; repeat.")],
    name: Annotated[str, typer.Option("--out", help="Name of the generator, for `dare generate --base`.")],
    base: Annotated[
        str, typer.Option(help="tiny, small or medium: from nothing; or name, folder or hub name of one to continue.")
    ] = "tiny",
    pieces_of: Annotated[
        Text, option("Encoder whose vocabulary and vectors a new model takes over, in place of its own.", _TRAINING)
    ] = None,
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
    new_pieces: Annotated[
        Whole, option("Learn so many byte-level pieces for a model that is continued. Usual: its own.", _TRAINING)
    ] = None,
    is_half: Annotated[Switch, option("Write the weights in half precision.", _TRAINING, "--half")] = None,
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


def pretrain_encoder(
    text: Annotated[list[Path], typer.Option("--text", help="Plain, .gz or .xz text, one document a line; repeat.")],
    encoder: Annotated[str, typer.Option(help="Starter, folder or hub name of the encoder to continue.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the encoder it becomes, for `--encoder` elsewhere.")],
    minutes: Annotated[Number, option("Budget of time. Usual: 60.", _LENGTH)] = None,
    pieces: Annotated[Whole, option("Budget of pieces read; the first of the two to end counts.", _LENGTH)] = None,
    context: Annotated[int, option("Pieces of a block.", _TRAINING)] = 128,
    batch_size: Annotated[int, option("Blocks of one pass; halved where memory runs out.", _TRAINING)] = 16,
    gradient_accumulation: Annotated[int, option("Passes of one step.", _TRAINING)] = 1,
    learning_rate: Annotated[float, option("Peak rate.", _TRAINING)] = 2e-4,
    seed: Annotated[int, option("Seed of new weights and of the order.", _TRAINING)] = 0,
    precision: Annotated[str, option("auto (measured), fp32 or bf16.", _TRAINING)] = "auto",
    may_download: Annotated[bool, option("Fetch an encoder that is a hub name.", _TRAINING, "--download")] = False,
    is_replacing: Annotated[bool, option("Give up an unfinished training.", _TRAINING, "--replace")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let an encoder read plain text of your field before it is trained; needs no project.

    Killed or stopped, the same command goes on from the last checkpoint.
    """
    if not may_download:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when transformers is imported
    from core.workflows.model_library.sources import may_ask_hub, resolve_encoder
    from core.workflows.starter_builds import pretrain_encoder as workflow

    settings = Settings()
    quiet_libraries()
    with errors_in_one_line(), progress_line() as progress:
        training = TrainingConfig(
            learning_rate=learning_rate,
            batch_size=batch_size,
            gradient_accumulation=gradient_accumulation,
            warmup_fraction=WARMUP_FRACTION,
            seed=seed,
            precision=cast(Precision, precision),
        )
        result = workflow.pretrain_encoder(
            text,
            encoder=resolve_encoder(settings, encoder),
            out_path=out,
            training=training,
            context=context,
            minutes=USUAL_MINUTES if minutes is None and pieces is None else minutes,
            pieces=pieces,
            may_download=may_ask_hub(settings, is_wanted=may_download),
            device=settings.device,
            is_replacing=is_replacing,
            report=_with_scores(progress),
        )
    show_result(
        result,
        as_json=as_json,
        lines=lambda: [
            f"{out}: perplexity {result['perplexity']:.2f} of a hidden piece, {result['pieces_read']:,} pieces at "
            f"{result['pieces_per_second']:,.0f} a second",
            f"dare train PROJECT --encoder {out} --wait",
        ],
    )


def _run(params: PretrainParams, settings: Settings) -> dict[str, Any]:
    if not params.may_download:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when transformers is imported
    from core.workflows.synthesis import pretrain

    quiet_libraries()
    with progress_line() as progress:
        record = pretrain.pretrain_generator(params, settings=settings, report=_with_scores(progress))
    return record.to_json()


def _with_scores(progress: Report) -> Report:
    """Return a report that draws the bar, and keeps a line for each validation and for what goes before training."""

    def report(fraction: float, message: str = "", **values: float) -> None:
        progress(fraction, message, **values)
        if "perplexity" in values:
            bits = f", {values['bits_per_character']:.3f} bits per character" if "bits_per_character" in values else ""
            speed = f"{values['pieces_per_second']:,.0f} pieces/s"
            say(f"{message} at {speed}: perplexity {values['perplexity']:.2f}{bits}")
        elif not values:
            say(message)

    return report


def _describe(result: dict[str, Any]) -> list[str]:
    return [
        f"{result['name']}: perplexity {result['perplexity']:.2f}, {result['bits_per_character']:.3f} bits per "
        f"character, {result['pieces_read']:,} pieces at {result['pieces_per_second']:,.0f} a second",
        f"dare generate PROJECT --base {result['name']} --wait",
    ]
