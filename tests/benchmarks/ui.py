"""Measures the review deck in a real browser: `python -m tests.benchmarks.ui [--sentences N] [--decisions M] [--json]`.

For projects of 1,000, 10,000 and 100,000 sentences made in code, with and without a training beside: milliseconds
from the key to the frame with the next card, and to the decision in the database; whether 20 presses at 80 ms
make 20 right decisions. Then several curators at once, and with `--kill-trials` a server that is killed. Everything
lies in a temporary folder; the server listens on this machine only.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from db.session import Engine
from tests.benchmarks.machine import describe_machine
from tests.benchmarks.ui_curators import measure_together
from tests.benchmarks.ui_data import add_project
from tests.benchmarks.ui_desk import Server
from tests.benchmarks.ui_kills import measure_kills
from tests.benchmarks.ui_speed import NUM_RAPID, RAPID_MILLISECONDS, measure_while
from tests.benchmarks.ui_training import training
from tests.browser.conftest import FLAGS, find_chromium

SIZES = (1_000, 10_000, 100_000)
Row = dict[str, Any]
Tell = Callable[[Row], None]


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ui", description=__doc__)
    parser.add_argument("--sentences", type=int, action="append", help="size of a project; may be repeated")
    parser.add_argument("--decisions", type=int, default=200, help="decisions a size, at least 2")
    parser.add_argument("--training", choices=["both", "with", "without"], default="both", help="what runs beside")
    parser.add_argument("--curators", type=int, default=5, help="curators at once; 0 leaves them out")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they work")
    parser.add_argument("--kill-trials", type=int, default=0, help="how often to kill the server")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(arguments)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield a Chromium.

    Raises:
        RuntimeError: None is installed.
    """
    executable = find_chromium()
    if executable is None:
        raise RuntimeError("No Chromium was found; install one, or name it in CHROMIUM.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def measure_size(
    browser: Browser, server: Server, engine: Engine, size: int, options: argparse.Namespace, tell: Tell
) -> None:
    """Measure the speed on one project, and hand on one row for each load."""
    project_id = add_project(engine, num_sentences=size)
    url = f"{server.address}/annotate?project={project_id}"
    for load in ("without", "with"):
        if options.training not in (load, "both"):
            continue
        beside = training(engine, server.home) if load == "with" else nullcontext()
        speed = measure_while(beside, browser, url, server.home, num_decisions=options.decisions)
        tell({"measure": "speed", "sentences": size, "training": load == "with", **_load(), **asdict(speed)})


def measure_curators(browser: Browser, server: Server, engine: Engine, options: argparse.Namespace, tell: Tell) -> None:
    """Measure several curators, each on a document that is long enough for them."""
    per_document = int(options.seconds * 4) + 50
    size = per_document * options.curators
    project_id = add_project(engine, num_sentences=size, per_document=per_document, name="Together")
    urls = [f"{server.address}/annotate?project={project_id}&document={one}" for one in _documents(engine, project_id)]
    result = measure_together(browser, urls, server.home, seconds=options.seconds)
    tell({"measure": "together", "training": False, **_load(), **asdict(result)})


def _documents(engine: Engine, project_id: int) -> list[int]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT id FROM document WHERE project_id = {project_id} ORDER BY id")
        return [row[0] for row in rows]


def _load() -> Row:
    """Return how busy the machine was in the last minute, with other programs too."""
    return {"load": round(os.getloadavg()[0], 1)}


def measure(options: argparse.Namespace, tell: Tell) -> None:
    """Run every measurement that was asked for."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, open_browser() as browser:
        server = Server(Path(folder))
        engine = server.prepare()
        server.start()
        try:
            for size in options.sentences or SIZES:
                measure_size(browser, server, engine, size, options, tell)
            if options.curators:
                measure_curators(browser, server, engine, options, tell)
            if options.kill_trials:
                size = 20 + 10 * options.kill_trials
                url = f"{server.address}/annotate?project={add_project(engine, num_sentences=size, name='Kills')}"
                kills = measure_kills(browser, server, url, num_trials=options.kill_trials)
                tell({"measure": "kills", "training": False, **_load(), **asdict(kills)})
        finally:
            server.kill()
            engine.dispose()


def to_line(row: Row) -> str:
    """Return a row as one line for people."""
    if row["measure"] == "speed":
        load = "with training" if row["training"] else "without training"
        card, stored = row["key_to_card"], row["key_to_row"]
        return (
            f"{row['sentences']:>7,} sentences, {load}: key to card p50 {card['p50_ms']} p95 {card['p95_ms']} max "
            f"{card['max_ms']} ms; to row p50 {stored['p50_ms']} p95 {stored['p95_ms']} max {stored['max_ms']} ms "
            f"(n = {card['n']}); {row['num_wrong']} wrong; {row['num_rapid_right']} of {NUM_RAPID} right at "
            f"{RAPID_MILLISECONDS} ms; load {row['load']}"
        )
    if row["measure"] == "together":
        card = row["key_to_card"]
        return (
            f"{row['num_curators']} curators, {row['seconds']:g} s: {row['num_pressed']} decisions, "
            f"{row['num_lost']} lost, {row['num_duplicated']} duplicated, {row['num_errors']} errors; key to card "
            f"p50 {card['p50_ms']} p95 {card['p95_ms']} ms; load {row['load']}"
        )
    return (
        f"{row['num_trials']} kills: {row['num_pressed']} decisions, {row['num_shown_saved']} shown as saved before "
        f"the restart, {row['num_lost_saved']} of those lost; after it {row['num_lost']} lost, "
        f"{row['num_duplicated']} duplicated, {row['num_refused']} refused"
    )


def main() -> None:
    """Print a line a measurement, or all of them as one JSON object."""
    options = read_options()
    machine = describe_machine()
    rows: list[Row] = []

    def tell(row: Row) -> None:
        rows.append(row)
        if not options.json:
            sys.stdout.write(to_line(row) + "\n")
            sys.stdout.flush()

    if not options.json:
        sys.stdout.write(machine + "\n")
    measure(options, tell)
    if options.json:
        sys.stdout.write(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
