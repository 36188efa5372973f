"""The joint model whose parts ship as starters: `build-starter` from published corpora, and the mean of builds."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption, Number, Switch, Whole, option
from core.cli.output import errors_in_one_line, progress_line, quiet_libraries, say, show_result
from core.settings import Settings
from core.workflows.pipelines import Report

_MODEL, _TRAINING = "Architecture", "Training"
_Members = Annotated[
    int, typer.Option("--members", min=1, help="Trainings whose weights are averaged.", rich_help_panel=_TRAINING)
]


def build_starter(
    corpora: Annotated[Path, typer.Option(help="Folder that holds bc5cdr, chemprot and ncbi_disease as published.")],
    encoder: Annotated[str, typer.Option(help="Starter, folder or name of the encoder to start from.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the model and its parts.")],
    num_epochs: Annotated[Whole, option("Passes over the documents. Usual: 12.", _TRAINING, "--epochs")] = None,
    learning_rate: Annotated[Number, option("Peak rate. Usual: 1.5e-4.", _TRAINING)] = None,
    batch_size: Annotated[Whole, option("Sentences of a step. Usual: 16.", _TRAINING)] = None,
    num_members: _Members = 1,
    relation_weight: Annotated[Number, option("Weight of relations beside mentions. Usual: 0.3.", _TRAINING)] = None,
    word_dropout: Annotated[Number, option("Share of pieces that training hides. Usual: 0.1.", _TRAINING)] = None,
    num_relation_layers: Annotated[
        Whole, option("Layers of pairs alone. Usual: 1.", _MODEL, "--relation-layers")
    ] = None,
    has_nesting: Annotated[
        Switch, option("Mentions of a type may lie in those of another. Usual: yes.", _MODEL, "--nesting/--no-nesting")
    ] = None,
    seed: Annotated[int, option("Seed of shuffling and new weights.", _TRAINING)] = 0,
    is_replacing: Annotated[bool, option("Give up an unfinished training.", _TRAINING, "--replace")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train the joint model that ships as starters, from gold of several corpora.

    Killed or stopped, the same command goes on after the last epoch that it finished.
    """
    from core.workflows.model_library.sources import resolve_encoder
    from core.workflows.starter_builds import gold_sets, train_starter

    settings = Settings()
    quiet_libraries()
    with errors_in_one_line(), progress_line() as progress:
        result = train_starter.train_starter(
            train_starter.make_recipe(
                resolve_encoder(settings, encoder),
                num_epochs=num_epochs,
                learning_rate=learning_rate,
                batch_size=batch_size,
                seed=seed,
                relation_weight=relation_weight,
                word_dropout=word_dropout,
                num_relation_layers=num_relation_layers,
                has_nesting=has_nesting,
            ),
            gold_sets.read_gold_sets(corpora),
            out_path=out,
            report=_with_remarks(progress),
            num_members=num_members,
            device=settings.device,
            is_replacing=is_replacing,
        )
    _show_scores(result, as_json=as_json)


def average_starters(
    builds: Annotated[list[Path], typer.Argument(help="Folders that build-starter wrote from the same corpora.")],
    corpora: Annotated[Path, typer.Option(help="Folder that holds those corpora as published.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the model and its parts.")],
    as_json: JsonOption = False,
) -> None:
    """Average the weights of joint starters, each as often as it has members; the parts are scored anew."""
    from core.workflows.starter_builds import average, gold_sets

    settings = Settings()
    quiet_libraries()
    with errors_in_one_line():
        result = average.average_starters(
            builds, gold_sets.read_gold_sets(corpora), out_path=out, device=settings.device
        )
    _show_scores(result, as_json=as_json)


def average_encoders(
    encoders: Annotated[list[Path], typer.Argument(help="Folders of encoders, or of models with one.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the encoder, for `--encoder` elsewhere.")],
    as_json: JsonOption = False,
) -> None:
    """Average the weights of encoders that began alike."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when transformers is imported
    from core.workflows.starter_builds import average

    quiet_libraries()
    with errors_in_one_line():
        result = average.average_encoders(encoders, out_path=out)
    show_result(result, as_json=as_json, lines=lambda: [f"{out}: the mean of {len(encoders)} encoders"])


def _show_scores(result: Mapping[str, Any], *, as_json: bool) -> None:
    show_result(
        result,
        as_json=as_json,
        lines=lambda: [
            f"{part} on {corpus} dev, {protocol}: F1 {score['micro']['f1']:.4f}"
            for part, by_corpus in result["part_scores"].items()
            for corpus, scores in by_corpus.items()
            for protocol, score in scores.items()
        ],
    )


def _with_remarks(progress: Report) -> Report:
    """Return a report that draws the bar and keeps a line for what is no progress, such as where a training goes on."""

    def report(fraction: float, message: str = "", **values: float) -> None:
        progress(fraction, message, **values)
        if not values:
            say(message)

    return report
