"""Measures what the speed rules and the memory estimate are worth: `python -m tests.benchmarks.speed --encoder DIR`.

ensemble  seconds and F1 of a `cls` ensemble on CDR, as the product trains it and with every input padded to 128
          pieces in float32, every layer whole: same members, seeds, epochs, batches and order. Dropout draws
          other masks for other shapes, so F1 then differs by chance; `--no-dropout` shows that nothing else does
redn      seconds a candidate pair of DDI 2013, all pairs of a sentence in one pass against one pair at a time
student   seconds of prediction by one student against the ensemble it stands for
memory    estimated and measured peak memory of training 110M parameters at length 128, batch 32
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import describe_machine
from tests.benchmarks.models_data import DEFAULT_CORPORA
from tests.benchmarks.options import SpeedOptions
from tests.benchmarks.speed_scoring import compare_redn, compare_student
from tests.benchmarks.speed_training import compare_training

Row = tuple[str, str]
Result = tuple[list[Row], dict[str, Any]]


def measure_ensemble(options: SpeedOptions) -> Result:
    """Train both arms; the ratio is that of their total seconds."""
    with tempfile.TemporaryDirectory() as folder:
        arms = compare_training(options, Path(folder))
    rows = []
    for name, arm in arms.items():
        f1, protocol = arm.scores["micro"]["f1"], arm.scores["protocol"]
        text = f"{sum(arm.seconds):.1f} s ({arm.precision}); F1 {100 * f1:.2f} ({protocol}, CDR dev)"
        rows.append((f"train {options.num_members} x cls on CDR, {name}", text))
    ratio = sum(arms["padded"].seconds) / sum(arms["ours"].seconds)
    difference = 100 * (arms["ours"].scores["micro"]["f1"] - arms["padded"].scores["micro"]["f1"])
    rows.append(("training: times faster; difference of F1", f"{ratio:.2f}; {difference:+.2f}"))
    return rows, {name: asdict(arm) for name, arm in arms.items()} | {"ratio": ratio}


def measure_redn(options: SpeedOptions) -> Result:
    """Compare the two architectures a pair."""
    found = compare_redn(options)
    slow, fast = (1e3 * seconds / found.num_pairs for seconds in (found.slow_seconds, found.fast_seconds))
    text = f"{slow:.2f} ms cls, {fast:.2f} ms redn; {found.ratio:.2f} times faster ({found.num_pairs} pairs)"
    return [("a pair of DDI 2013", text)], asdict(found) | {"ratio": found.ratio}


def measure_student(options: SpeedOptions) -> Result:
    """Compare one model with several."""
    found = compare_student(options)
    text = (
        f"{found.slow_seconds:.1f} s ensemble, {found.fast_seconds:.1f} s student; {found.ratio:.2f} times faster "
        f"({found.num_pairs} pairs)"
    )
    return [(f"prediction, {options.num_members} x cls and a student", text)], asdict(found) | {"ratio": found.ratio}


def measure_memory(_: SpeedOptions) -> Result:
    """Train a few steps of a new 110M encoder in a process of its own, with and without checkpointing."""
    rows, figures = [], {}
    for name, extra in (("usual", []), ("gradient checkpointing", ["--checkpointing"])):
        command = [sys.executable, "-m", "tests.benchmarks.training_memory", *extra]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        found = figures[name] = json.loads(output.splitlines()[-1])
        estimate, measured = found["estimate"]["total"], found["measured"]
        text = f"{estimate / 2**30:.2f} GiB estimated, {measured / 2**30:.2f} GiB measured"
        rows.append((f"memory of training, 110M, 32 x 128, {name}", f"{text} ({estimate / measured - 1:+.0%})"))
    return rows, figures


MEASUREMENTS: dict[str, Callable[[SpeedOptions], Result]] = {
    "ensemble": measure_ensemble,
    "redn": measure_redn,
    "student": measure_student,
    "memory": measure_memory,
}


def make_table(rows: Sequence[Row], options: SpeedOptions) -> str:
    """Return the Markdown table with what it takes to make it again."""
    seeds = f"{options.seed} to {options.seed + options.num_members - 1}"
    lines = [f"| {name} | {text} |" for name, text in rows]
    dropout = "with" if options.has_dropout else "without"
    about = f"Seeds {seeds}, {options.num_epochs} epochs, share of the corpora {options.share:g}, {dropout} dropout."
    return "\n".join([describe_machine(), "", about, "", "| figure | measured |", "|---|---|", *lines]) + "\n"


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, help="folder or starter name of the encoder")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA, help="folder of the corpora")
    parser.add_argument("--members", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-dropout", action="store_true", help="train both arms without dropout")
    parser.add_argument("--share", type=float, default=1.0, help="part of each corpus that is read")
    parser.add_argument("--only", choices=MEASUREMENTS, help="one measurement; the table says of the others: not run")
    parser.add_argument("--json", action="store_true", help="print figures as JSON in the place of the table")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None, say: Callable[[str], object] = sys.stdout.write) -> None:
    """Measure and print the table, or the figures behind it."""
    given = parse_options(arguments)
    options = SpeedOptions(
        encoder=given.encoder,
        corpora=given.corpora,
        num_members=given.members,
        num_epochs=given.epochs,
        seed=given.seed,
        share=given.share,
        has_dropout=not given.no_dropout,
    )
    rows: list[Row] = []
    figures: dict[str, Any] = {}
    for name, measure in MEASUREMENTS.items():
        if given.only in (None, name):
            found, figures[name] = measure(options)
            rows += found
        else:
            rows.append((name, "not run"))
    table = make_table(rows, options)
    if given.out:
        given.out.write_text(table, encoding="utf-8")
    say(json.dumps({"machine": describe_machine(), **figures}) + "\n" if given.json else table)


if __name__ == "__main__":
    main()
