"""Commands of the dependency parser: `build-parser`, `evaluate-parser`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption
from core.cli.output import errors_in_one_line, progress_line, quiet_libraries, say, show_result
from core.workflows.pipelines import Report


def build_parser(
    train_file: Annotated[Path, typer.Option("--train", help="Treebank to learn from: CoNLL-U, plain or .gz.")],
    dev_file: Annotated[Path, typer.Option("--dev", help="Treebank that chooses the weights and is scored.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the parser; replaced as a whole.")],
    max_steps: Annotated[int, typer.Option(help="Steps at most; the usual number if 0.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of new weights, dropout and order.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Train the dependency parser that ships as a starter, from treebanks.

    Killed or stopped, it begins anew the next time; the parser that was there stays until the new one is complete.
    """
    from core.workflows.starter_builds.build_parser import MAX_STEPS, ParserRecipe
    from core.workflows.starter_builds.build_parser import build_parser as build

    quiet_libraries()
    with errors_in_one_line(), progress_line() as progress:
        recipe = ParserRecipe(train_path=train_file, dev_path=dev_file, max_steps=max_steps or MAX_STEPS, seed=seed)
        result = build(recipe, out_path=out, report=_with_scores(progress))
    show_result(result, as_json=as_json, lines=lambda: [f"{out}:", *_score_lines(result["dev_scores"])])


def evaluate_parser(
    model: Annotated[str, typer.Argument(help="starter-parser, installed spaCy package, folder of one, or auto.")],
    file: Annotated[Path, typer.Argument(help="Treebank: CoNLL-U, plain or .gz.")],
    as_json: JsonOption = False,
) -> None:
    """Score a dependency parser on a treebank, raw text in, and time it on one core."""
    from core.workflows.starter_builds.build_parser import score_parser_file

    with errors_in_one_line(), progress_line() as progress:
        scores = score_parser_file(model, file, report=progress).to_json()
    show_result(scores, as_json=as_json, lines=lambda: _score_lines(scores))


def _with_scores(progress: Report) -> Report:
    """Return a report that draws the bar and keeps a line for each evaluation."""

    def report(fraction: float, message: str = "", **values: float) -> None:
        progress(fraction, message, **values)
        scores = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
        say(f"{message}: {scores}" if scores else message)

    return report


def _score_lines(scores: dict[str, Any]) -> list[str]:
    tags = "none" if scores["tag_accuracy"] is None else f"{scores['tag_accuracy']:.4f}"
    return [
        f"{scores['parser']} on {scores['treebank']}: {scores['num_sentences']:,} sentences, "
        f"{scores['num_words']:,} words",
        f"LAS {scores['las']:.4f}  UAS {scores['uas']:.4f}  tags {tags}  words F1 {scores['word_f1']:.4f}",
        f"sentences F1 {scores['sentence_f1']:.4f}, {scores['sentence_f1_by_line']:.4f} with headings on lines of "
        "their own",
        f"{scores['words_per_second']:,} words a second of one core",
    ]
