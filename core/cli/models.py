"""Commands that use models on files: `predict`, `evaluate`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption
from core.cli.output import errors_in_one_line, progress_line, quiet_libraries, show_result
from core.settings import Settings
from core.starter import DEFAULT_STARTER
from core.training.config import Precision

ModelOption = Annotated[str, typer.Option("--model", help="Starter, trained model, or folder of one.")]
FormatOption = Annotated[str | None, typer.Option("--format", help="Told by content if not named, as in import.")]

_PROTOCOLS = (
    "Mentions found: mentions, strict, boundaries, end-token. Mentions given: classification, concept-pair, ddi2013, "
    "chemprot, semeval-official, redn-paper."
)


def predict(
    files: Annotated[list[Path], typer.Argument(help="Files of documents.")],
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    model: ModelOption = DEFAULT_STARTER,
    format_name: FormatOption = None,
    out_format: Annotated[str, typer.Option("--out-format", help="Any format that `export` writes.")] = "jsonl",
    precision: Annotated[
        Precision,
        typer.Option(help="fp32; bf16 (twice as fast on some machines, a little less exact); auto: measured here."),
    ] = "fp32",
    as_json: JsonOption = False,
) -> None:
    """Predict mentions and relations of files; annotations they have are not read."""
    from core.workflows.prediction.batch import predict_files

    quiet_libraries()
    with errors_in_one_line(), progress_line() as progress:
        result = predict_files(
            Settings(),
            files,
            model=model,
            format_name=format_name,
            out_path=out,
            out_format=out_format,
            report=progress,
            precision=precision,
        )
    show_result(
        result,
        as_json=as_json,
        lines=lambda: [
            f"{out}: {result['num_documents']} documents, {result['num_mentions']} mentions, "
            f"{result['num_relations']} relations by {result['model']}"
        ],
    )


def evaluate(
    model: Annotated[str, typer.Argument(help="Starter, trained model, or folder of one.")],
    file: Annotated[Path, typer.Argument(help="File of gold documents.")],
    format_name: FormatOption = None,
    protocol: Annotated[str, typer.Option(help=_PROTOCOLS)] = "strict",
    as_json: JsonOption = False,
) -> None:
    """Score a model on gold documents under a named protocol."""
    from core.workflows.prediction.batch import evaluate_file

    quiet_libraries()
    with errors_in_one_line(), progress_line() as progress:
        result = evaluate_file(
            Settings(),
            file,
            model=model,
            format_name=format_name,
            protocol=protocol,
            report=progress,
        )
    show_result(result, as_json=as_json, lines=lambda: _score_lines(result))


def _score_lines(result: dict[str, Any]) -> list[str]:
    rows = [("micro", result["micro"]), *result["by_label"].items()]
    width = max(16, *(len(name) + 1 for name, _ in rows))
    return [
        f"{result['model']} on {result['file']}: {result['protocol']}",
        f"{'':{width}}{'P':>8}{'R':>8}{'F1':>8}{'TP':>7}{'FP':>7}{'FN':>7}",
        *(
            f"{name:{width}}{row['precision']:8.3f}{row['recall']:8.3f}{row['f1']:8.3f}{row['tp']:7}{row['fp']:7}{row['fn']:7}"
            for name, row in rows
        ),
        f"macro F1 {result['macro_f1']:.3f}; the protocol's own, {result['average']}: F1 {result['f1']:.3f}",
    ]
