"""One task of a pipeline in a process of its own: `python -m core.jobs.child --kind … --task … --run-path …`.

Stdin ends when the worker dies, and the process with it. Stdout carries JSON lines to the worker: progress,
and at most one error. Everything printed goes to stderr, the task's log.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from filelock import FileLock

from core.domain import JobKind
from core.jobs.processes import describe_error, end_own_group, give_way, send, take_stdout, watch_parent
from core.jobs.progress import make_progress
from core.workflows.pipelines import DONE_FILE, Pipeline, Report, get_pipeline, ignore_progress

log = logging.getLogger(__name__)


def task_arguments(kind: JobKind, task: str, run_path: Path) -> list[str]:
    """Return the arguments that make a child run one task."""
    return ["--kind", kind.value, "--task", task, "--run-path", str(run_path)]


def run_task(pipeline: Pipeline, task: str, run_path: Path, report: Report) -> None:
    """Run a task into `run_path / task`, which appears whole or not at all.

    A finished output is taken as it is. The lock makes a second run of the same task, left over from a
    cancelled one, wait for the first and then find its output.
    """
    out_path, partial_path = run_path / task, run_path / f".{task}.partial"
    with FileLock(run_path / f".{task}.lock"):
        if not (out_path / DONE_FILE).exists():
            for path in (out_path, partial_path):
                shutil.rmtree(path, ignore_errors=True)
            partial_path.mkdir()
            started = time.monotonic()
            pipeline.run_task(task, run_path, partial_path, report)
            summary = {"task": task, "seconds": round(time.monotonic() - started, 3)}
            (partial_path / DONE_FILE).write_text(json.dumps(summary), encoding="utf-8")
            partial_path.rename(out_path)
    report(1.0, "done")


def help_task(pipeline: Pipeline, task: str, run_path: Path, scratch_path: Path) -> None:
    """Do a task beside the child that keeps its output; this one's goes to a folder that is deleted afterwards."""
    scratch_path.mkdir(parents=True)
    pipeline.run_task(task, run_path, scratch_path, ignore_progress)


class ChannelReport:
    """Sends progress to the worker, at most ten lines a second; the last line of all is always sent."""

    def __init__(self, channel: TextIO, *, interval_seconds: float = 0.1) -> None:
        self._channel = channel
        self._interval_seconds = interval_seconds
        self._last = -interval_seconds

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:
        """Send progress; a line without numbers is left out where the one before is too fresh."""
        now = time.monotonic()
        if not values and fraction < 1 and now - self._last < self._interval_seconds:
            return
        self._last = now
        send(self._channel, make_progress(fraction, message, values).to_message())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the task that the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run one task of a job; started by a worker.")
    parser.add_argument("--kind", type=JobKind, required=True)
    parser.add_argument("--task", required=True)
    parser.add_argument("--run-path", type=Path, required=True)
    parser.add_argument("--scratch-path", type=Path, help="help another child do the task, and write here")
    options = parser.parse_args(arguments)
    channel = take_stdout()
    # A terminal's Ctrl-C is the worker's business: it ends its children in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent(end_own_group)
    give_way()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        pipeline = get_pipeline(options.kind)
        if options.scratch_path:
            help_task(pipeline, options.task, options.run_path, options.scratch_path)
        else:
            run_task(pipeline, options.task, options.run_path, ChannelReport(channel))
    except Exception as error:
        log.exception("task %s failed", options.task)
        send(channel, {"error": describe_error(error)})
        return 1
    return 0


if __name__ == "__main__":
    # An interpreter that ends step by step is now and then aborted by a thread of torch, when all work is done.
    exit_code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
