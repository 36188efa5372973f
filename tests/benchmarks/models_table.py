"""The committed table of `tests.benchmarks.models`, made from the result files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from core.evaluation.repeats import score_cross_validation, summarise_seeds
from core.evaluation.scores import Counts, Scores

TITLE = "# Every architecture on every corpus it fits"
ABOUT = (
    "Trained on nine tenths of the published train split; the last tenth, drawn by a fixed seed, chose the epoch and, "
    "for classifiers, temperature and threshold. Scored once on the published dev split (ADE: the fold's own dev part "
    "chose, its test part was scored). One model a row, no ensemble. Every gold relation of the split is in the "
    "denominator, also those that no input could hold; WebNLG triples that join a string with itself are no relations "
    "here. Seconds are those of a machine that had other work too, so no ratio should be made of them; peak memory is "
    "the whole process. The encoder is the 22M all-MiniLM-L6-v2: these are sanity checks of the code, and "
    "BioBERT or BERT-large reach more."
)
_HEADER = (
    "| corpus | architecture | protocol | F1 | P | R | 95 % interval | settings | training | peak memory |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
Result = Mapping[str, Any]


def make_table(names: Sequence[str], folder: Path) -> str:
    """Write the results of rows as a Markdown table; a row without one says "not run".

    Args:
        names: Names of the rows.
        folder: Where the results lie, several a row after several seeds or folds.
    """
    lines = list(_HEADER)
    for name in names:
        paths = sorted(folder.glob(f"{name}.*json"))
        results = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        if not results:
            corpus, _, architecture = name.partition("-")
            lines.append(f"| {corpus} | {architecture} | not run | | | | | | | |")
            continue
        protocols = [scores["protocol"] for scores in results[0]["scores"]]
        lines += [_line(results, index) for index in range(len(protocols))]
    return "\n".join(lines)


def _line(results: Sequence[Result], index: int) -> str:
    """Write one protocol of one row."""
    first = results[0]
    scores = [result["scores"][index] for result in results]
    folds = {result["fold"] for result in results}
    is_cross_validated = len(folds) > 1
    protocol = scores[0]["protocol"]
    f1 = [one["f1"] for one in scores]
    if is_cross_validated:
        crossed = score_cross_validation([_read_scores(one) for one in scores])
        protocol, figure = crossed.protocol, f"{crossed.f1:.3f} ± {crossed.macro_f1.sd:.3f}"
    else:
        summary = summarise_seeds(f1)
        figure = f"{summary.mean:.3f}" + (f" ± {summary.sd:.3f} ({summary.n} seeds)" if summary.n > 1 else "")
    interval = first.get("result", {}).get("interval") if len(results) == 1 and index == 0 else None
    has_interval = interval is not None and scores[0]["average"] == "micro"
    cells = [
        first["corpus"] + ("" if first["fold"] is None or is_cross_validated else f", fold {first['fold']}"),
        _describe_architecture(first),
        protocol,
        figure,
        f"{mean(one['micro']['precision'] for one in scores):.3f}",
        f"{mean(one['micro']['recall'] for one in scores):.3f}",
        f"{interval['low']:.3f}–{interval['high']:.3f}" if interval and has_interval else "",
        f"{first['num_epochs']} epochs, rate {first['learning_rate']:g}, batch {first['batch_size']}, "
        f"seed {', '.join(sorted({str(result['seed']) for result in results}))}",
        f"{mean(result['training_seconds'] for result in results):.0f} s",
        f"{max(result['peak_bytes'] for result in results) / 2**30:.1f} GiB",
    ]
    return f"| {' | '.join(cells)} |"


def _read_scores(scores: Result) -> Scores:
    """Read scores back from their JSON."""
    counts = {
        label: Counts(int(one["tp"]), int(one["fp"]), int(one["fn"])) for label, one in scores["by_label"].items()
    }
    return Scores(scores["protocol"], counts)


def _describe_architecture(result: Result) -> str:
    extras = [_describe_option(name, value) for name, value in result["options"].items()]
    extras += ["negative filter"] if result["has_negative_filter"] else []
    return f"{result['architecture']} ({', '.join(extras)})" if extras else str(result["architecture"])


def _describe_option(name: str, value: object) -> str:
    """Write a switch as a word and any other option with its value."""
    if isinstance(value, bool):
        return ("" if value else "no ") + name.removeprefix("has_")
    return f"{name} {value}"
