"""One task in a process of its own: whole outputs, clean ends, clear errors."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import NotEnoughDataError
from core.jobs.child import ChannelReport, run_task
from core.jobs.processes import NICENESS
from core.workflows.pipelines import DONE_FILE, Report

LAUNCHER = """
import os, subprocess, sys, time
from core.domain import JobKind
from core.errors import NotEnoughDataError
from core.jobs import child
from core.workflows import pipelines

class Pipeline:
    def run_task(self, task, run_path, out_path, report):
        print("printed text is no message")
        if task == "short":
            raise NotEnoughDataError("2 gold relations, but 10 are needed; review more sentences.")
        report(0.5, "half way", loss=0.25)
        helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (run_path / "helper").write_text(str(helper.pid))
        (run_path / "niceness").write_text(str(os.nice(0)))
        time.sleep(60 if task == "long" else 0)
        helper.kill()
        helper.wait()

pipelines.PIPELINES[JobKind.RETRAIN] = "__main__:Pipeline"
sys.exit(child.main())
"""


class WritingPipeline:
    """Writes one file; `fails` makes it stop half way."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.num_runs = 0

    def run_task(self, task: str, _run_path: Path, out_path: Path, report: Report) -> None:
        self.num_runs += 1
        (out_path / "weights.txt").write_text(f"{task} {self.num_runs}")
        report(0.5)
        if self.fails:
            raise NotEnoughDataError("too few")


class Notes:
    """Takes note of progress."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []

    def __call__(self, fraction: float, message: str = "", **_values: float) -> None:
        self.lines.append((fraction, message))


def start_child(tmp_path: Path, task: str) -> "subprocess.Popen[bytes]":
    launcher = tmp_path / "launcher.py"
    launcher.write_text(LAUNCHER)
    command = [sys.executable, str(launcher), "--kind", "retrain", "--task", task, "--run-path", str(tmp_path)]
    with (tmp_path / "log").open("wb") as log_file:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            start_new_session=True,
        )


def read_output(process: "subprocess.Popen[bytes]") -> bytes:
    """Return all that a child sends; its stdin stays open until it has ended."""
    assert process.stdout is not None and process.stdin is not None
    output = process.stdout.read()
    process.wait(10)
    process.stdout.close()
    process.stdin.close()
    return output


def is_gone(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_output_appears_whole_with_its_summary(tmp_path: Path) -> None:
    notes = Notes()
    run_task(WritingPipeline(), "member-1", tmp_path, notes)  # type: ignore[arg-type]
    assert (tmp_path / "member-1" / "weights.txt").read_text() == "member-1 1"
    assert json.loads((tmp_path / "member-1" / DONE_FILE).read_text())["task"] == "member-1"
    assert notes.lines == [(0.5, ""), (1.0, "done")]


def test_finished_output_is_taken_as_it_is(tmp_path: Path) -> None:
    pipeline = WritingPipeline()
    run_task(pipeline, "member-1", tmp_path, Notes())  # type: ignore[arg-type]
    run_task(pipeline, "member-1", tmp_path, Notes())  # type: ignore[arg-type]
    assert pipeline.num_runs == 1


def test_failed_task_leaves_no_output_and_a_rerun_starts_clean(tmp_path: Path) -> None:
    pipeline = WritingPipeline(fails=True)
    with pytest.raises(NotEnoughDataError):
        run_task(pipeline, "member-1", tmp_path, Notes())  # type: ignore[arg-type]
    assert not (tmp_path / "member-1").exists()
    (tmp_path / ".member-1.partial" / "stale.txt").touch()
    pipeline.fails = False
    run_task(pipeline, "member-1", tmp_path, Notes())  # type: ignore[arg-type]
    assert sorted(path.name for path in (tmp_path / "member-1").iterdir()) == [DONE_FILE, "weights.txt"]


def test_output_without_summary_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "member-1").mkdir()
    (tmp_path / "member-1" / "weights.txt").write_text("half")
    run_task(WritingPipeline(), "member-1", tmp_path, Notes())  # type: ignore[arg-type]
    assert (tmp_path / "member-1" / "weights.txt").read_text() == "member-1 1"


def test_child_sends_progress_only_and_logs_what_is_printed(tmp_path: Path) -> None:
    process = start_child(tmp_path, "quick")
    output = read_output(process)
    lines = [json.loads(line) for line in output.splitlines()]
    assert process.returncode == 0
    assert lines == [
        {"fraction": 0.5, "message": "half way", "values": {"loss": 0.25}},
        {"fraction": 1.0, "message": "done", "values": {}},
    ]
    assert "printed text is no message" in (tmp_path / "log").read_text()
    # Pages and curators go first.
    assert int((tmp_path / "niceness").read_text()) == min(19, os.nice(0) + NICENESS)


def test_child_tells_its_error_in_one_line_and_logs_the_traceback(tmp_path: Path) -> None:
    process = start_child(tmp_path, "short")
    output = read_output(process)
    assert process.returncode == 1
    assert json.loads(output) == {"error": "2 gold relations, but 10 are needed; review more sentences."}
    assert "Traceback" in (tmp_path / "log").read_text()


def test_child_and_all_it_started_end_when_the_worker_dies(tmp_path: Path) -> None:
    process = start_child(tmp_path, "long")
    assert process.stdout is not None and process.stdin is not None
    process.stdout.readline()
    deadline = time.monotonic() + 10
    while not (helper := tmp_path / "helper").exists() or not helper.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.stdin.close()
    assert process.wait(5) == -signal.SIGKILL
    while not is_gone(int(helper.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.stdout.close()


def test_report_thins_plain_lines_but_keeps_numbers_and_the_last(tmp_path: Path) -> None:
    path = tmp_path / "channel"
    with path.open("w") as channel:
        report = ChannelReport(channel, interval_seconds=60)
        report(0.1, "first")
        report(0.2, "left out")
        report(0.3, "kept", loss=1.0)
        report(1.0, "last")
    assert [json.loads(line)["message"] for line in path.read_text().splitlines()] == ["first", "kept", "last"]
