"""What generators write, per corpus, label and base: `python -m tests.benchmarks.generation`.

`--base` may be repeated, to compare a base made from nothing ("scratch") with folders of those that have read papers;
`--shared` measures one generator for all labels beside them. What the rows of a corpus share is made first: judges,
the base from nothing, shared generators. Then each row trains a generator in a process of its own and leaves a JSON
file, a log and the generator in `--results`. What has a JSON file is not run again, and what was not run says so in
the table. A row that fails does not stop the others; it is named at the end, with exit code 1. `--speed` then draws
from the first row's generator in batches, and one at a time with transformers' `generate`, in one run.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from core.domain import NO_RELATION
from core.generation.config import SCRATCH
from tests.benchmarks.generation_judges import load_panel
from tests.benchmarks.generation_row import run_row
from tests.benchmarks.generation_speed import write_speed
from tests.benchmarks.generation_table import make_page
from tests.benchmarks.generation_training import (
    SEED,
    GenerationRow,
    get_row_generator,
    get_scratch_base,
    make_row_plan,
)
from tests.benchmarks.machine import describe_machine
from tests.benchmarks.models_data import DEFAULT_CORPORA

SPEED = "speed"
LABELS = {
    "bc5cdr": ("CID", NO_RELATION),
    "chemprot": ("CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9", NO_RELATION),
    "ddi2013": ("mechanism", "effect", "advise", "int", NO_RELATION),
}


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA, help="folder of the corpora")
    parser.add_argument("--base", action="append", help='"scratch", or starter or folder of a model; may be repeated')
    parser.add_argument("--shared", action="store_true", help="measure one generator for all labels, too")
    parser.add_argument("--gold", type=int, default=250, help="most gold sentences a generator reads of a label")
    parser.add_argument("--count", type=int, default=250, help="sentences wanted after filtering")
    parser.add_argument("--judges", help="folder or starter name of the judges' encoder; no agreement without")
    parser.add_argument(
        "--only", nargs="*", help="what to run: corpora (chemprot) or labels (chemprot-CPR3, without colons)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="rows that run at the same time, each in a process")
    parser.add_argument("--speed", action="store_true", help="measure the speed with the first row's generator")
    parser.add_argument("--results", type=Path, required=True, help="folder of JSON files, logs and generators")
    parser.add_argument("--out", type=Path, help="Markdown file to write; standard output without")
    parser.add_argument("--run", help=argparse.SUPPRESS)  # a row, a corpus (what its rows share), or the speed
    options = parser.parse_args()
    names = [row.name for row in list_rows(options)]
    if len(set(names)) < len(names):
        parser.error(f"two bases have one name; the last parts of their paths must differ: {', '.join(options.base)}")
    return options


def list_rows(options: argparse.Namespace) -> list[GenerationRow]:
    """List a row for each corpus, label and base, and with `--shared` another for each."""
    return [
        GenerationRow(corpus, label, base, is_shared)
        for corpus, labels in LABELS.items()
        for label in labels
        for base in options.base or [SCRATCH]
        for is_shared in ([False, True] if options.shared else [False])
    ]


def select_rows(rows: Sequence[GenerationRow], options: argparse.Namespace) -> list[GenerationRow]:
    """Return the rows that `--only` names."""
    if options.only is None:
        return list(rows)
    return [row for row in rows if {row.corpus, row.label_name} & set(options.only)]


def prepare_corpus(rows: Sequence[GenerationRow], options: argparse.Namespace) -> None:
    """Make what several rows of one corpus read, so that rows that run at the same time need not wait for it."""
    corpus = rows[0].corpus
    if options.judges:
        load_panel(options.corpora, corpus, options.results, encoder=options.judges, seed=SEED)
    for base in dict.fromkeys(row.base for row in rows):
        row = replace(rows[0], base=base, is_shared=options.shared)
        if base == SCRATCH:
            get_scratch_base(corpus, make_row_plan(row, LABELS[corpus], options), options.results)
        if options.shared:
            get_row_generator(row, make_row_plan(row, LABELS[corpus], options), options.results)


def run_all(names: Sequence[str], options: argparse.Namespace) -> list[str]:
    """Run rows or preparations, `options.jobs` at a time; returns those that failed."""
    with ThreadPoolExecutor(options.jobs) as pool:
        are_done = pool.map(lambda name: _run_process(name, options), names)
        return [name for name, is_done in zip(names, are_done, strict=True) if not is_done]


def _run_process(name: str, options: argparse.Namespace) -> bool:
    """Run one of them in a process that logs into a file, and tell how it went; returns whether it succeeded."""
    log, started = options.results / f"{name}.log", time.perf_counter()
    threads = str(max(1, (os.cpu_count() or 1) // options.jobs))
    with log.open("w", encoding="utf-8") as file:
        command = [sys.executable, "-m", "tests.benchmarks.generation", *sys.argv[1:], "--run", name]
        environment = {"OMP_NUM_THREADS": threads, **os.environ}
        done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, env=environment, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        last = log.read_text(encoding="utf-8").strip().rpartition("\n")[2]
        sys.stderr.write(f"{name}: FAILED after {seconds:.0f} s, code {done.returncode}; {log} ends: {last}\n")
    else:
        sys.stderr.write(f"{name}: done in {seconds:.0f} s\n")
    return done.returncode == 0


def run_one(rows: Sequence[GenerationRow], options: argparse.Namespace) -> None:
    """Do in this process what `--run` names."""
    machine = describe_machine(sys.argv[1 : sys.argv.index("--run")])
    if options.run in LABELS:
        prepare_corpus([row for row in rows if row.corpus == options.run], options)
    elif options.run == SPEED:
        write_speed(rows[0], options.results, machine=machine)
    else:
        (row,) = [one for one in rows if one.name == options.run]
        result = run_row(row, LABELS[row.corpus], options, machine=machine)
        (options.results / f"{row.name}.json").write_text(json.dumps(result, indent=2), encoding="utf-8")


def main() -> None:
    """Run what has no result yet and write the table."""
    options = parse_options()
    options.results.mkdir(parents=True, exist_ok=True)
    every = list_rows(options)
    rows = select_rows(every, options)
    if options.run:
        run_one(rows, options)
        return
    missing = [row for row in rows if not (options.results / f"{row.name}.json").is_file()]
    failed = run_all(list(dict.fromkeys(row.corpus for row in missing)), options)
    # Where a corpus could not be prepared its rows are tried all the same: most need only a part of that.
    failed += run_all([row.name for row in missing], options)
    if options.speed:
        failed += run_all([SPEED], options)
    page = make_page(every, options.results)
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)
    if failed:
        sys.exit(f"{len(failed)} failed, see their logs in {options.results}: {', '.join(failed)}")


if __name__ == "__main__":
    main()
