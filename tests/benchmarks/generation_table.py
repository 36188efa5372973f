"""The committed page of `tests.benchmarks.generation`, made from the result files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.generation.filters import Removal
from tests.benchmarks.generation_row import NUM_EXAMPLES
from tests.benchmarks.generation_speed import SPEED_NAME
from tests.benchmarks.generation_summary import Result, make_summary
from tests.benchmarks.generation_training import GenerationRow

TITLE = "# What generators write, by corpus, label and base"
ABOUT = (
    "A generator a label, fine-tuned on gold sentences of the label from nine tenths of the published train split; "
    "the last tenth and the dev split are what no sentence may repeat. A *shared* one is fine-tuned on the same gold "
    "of all labels of the corpus, each behind its label's code. *scratch* is a small GPT-2 from nothing that read the "
    "sentences of the train split and this gold. *Rate* is the learning rate; on a base of less than 50 million "
    "weights it is the one of three that held-out gold sentences like best. *Kept* passed every filter; the columns "
    "after it count what each filter removed, the first that applies. *Copies* are the generated sentences that "
    "repeat gold or held-out text, over all generated. *distinct-n* and *self-BLEU* are those of the kept sentences "
    "(their number matters, so compare rows that kept as many); read them beside the yield, for a generator that says "
    "the same in few words keeps many sentences, and judges agree with it. *Novelty* is 1 - the Jaccard similarity "
    "with the nearest gold sentence, the mean over the kept. *Perplexity* is the generator's own, per piece, the code "
    "of a shared one included, so bases of different vocabularies cannot be compared by it. *Agreement* is the mean "
    "probability that judges, trained on gold alone, give the intended label; it held no sentence back. In brackets "
    "is their agreement with the gold sentences of the label, each judged by those that have not seen it: a "
    "yardstick, for judges are no better than their training. *Sentences/s* are drawn and filtered ones, on a machine "
    "that may have had other work. *Training* includes the search of the rate; that of a shared one is for all "
    "labels."
)
_COLUMNS = (
    "corpus",
    "label",
    "base",
    "gold",
    "rate",
    "generated",
    "kept",
    *(reason.value.replace("_", " ") for reason in Removal),
    "copies",
    "distinct-1 / 2 / 3",
    "self-BLEU",
    "novelty",
    "perplexity",
    "agreement",
    "sentences/s",
    "training",
)


def make_page(rows: Sequence[GenerationRow], folder: Path) -> str:
    """Write summary, table, speed and examples as Markdown; a row without a result says "not run"."""
    results = {row: _read(folder / f"{row.name}.json") for row in rows}
    found = {row: result for row, result in results.items() if result is not None}
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    lines += [_line(row, result) for row, result in results.items()]
    parts = [
        TITLE,
        make_summary(rows, found),
        ABOUT,
        "\n".join(lines),
        _write_speed(_read(folder / SPEED_NAME)),
        *_write_machines(found),
        *(_write_examples(row, result) for row, result in found.items() if result["examples"]),
    ]
    return "\n\n".join(parts) + "\n"


def _read(path: Path) -> Result | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _line(row: GenerationRow, result: Result | None) -> str:
    start = [row.corpus, row.label, row.base_name]
    if result is None:
        cells = [*start, "not run", *[""] * (len(_COLUMNS) - 4)]
    else:
        removed, generated = result["removed"], result["num_generated"]
        copies = removed[Removal.MEMORISED] + removed[Removal.COPY_OF_GOLD]
        cells = [
            *start,
            str(result["num_gold"]),
            f"{result['learning_rate']:g}",
            f"{generated:,}",
            f"{result['num_kept']:,} ({result['num_kept'] / generated:.0%})",
            *(f"{removed[reason.value]:,}" for reason in Removal),
            f"{copies / generated:.1%}",
            *_measures(result),
            f"{generated / result['drawing_seconds']:.0f}",
            f"{result['training_seconds']:.0f} s",
        ]
    return f"| {' | '.join(cells)} |"


def _measures(result: Result) -> list[str]:
    """Write what is measured on the kept sentences; dashes where there are none."""
    if not result["num_kept"]:
        return ["–"] * 5
    return [
        " / ".join(f"{share:.2f}" for share in result["distinct"]),
        *(f"{result[name]:.2f}" for name in ("self_bleu", "novelty")),
        f"{result['perplexity']:.1f}",
        "not run" if result["agreement"] is None else f"{result['agreement']:.2f} ({result['gold_agreement']:.2f})",
    ]


def _write_speed(speed: Result | None) -> str:
    if speed is None:
        return "Speed of drawing many at a time against one at a time: not run."
    return (
        f"Speed, both in one run with {speed['generator']}: {speed['batched_by_second']:.1f} sentences/s in batches of "
        f"{speed['batch_size']} (of {speed['num_batched']}), {speed['single_by_second']:.1f} with `generate` one at a "
        f"time (of {speed['num_single']}): {speed['ratio']:.1f} times as fast by the clock, "
        f"{speed['processor_ratio']:.1f} by processor time. {speed['machine']}"
    )


def _write_machines(found: Mapping[GenerationRow, Result]) -> list[str]:
    """Write where and by which command rows were made, a paragraph for each machine and command."""
    names: dict[str, list[str]] = {}
    for row, result in found.items():
        names.setdefault(result["machine"], []).append(row.name)
    if len(names) == 1:
        return [f"Every row: {machine}" for machine in names]
    return [f"{', '.join(rows)}: {machine}" for machine, rows in names.items()]


def _write_examples(row: GenerationRow, result: Result) -> str:
    title = f"### {row.corpus}, {row.label}, {row.base_name}: {NUM_EXAMPLES} kept sentences, drawn by seed 0"
    return "\n".join([title, "", *(f"1. `{text}`" for text in result["examples"])])
