"""The worker's side of a child process."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from core.errors import JobError
from core.jobs import runner
from core.jobs.progress import Progress
from core.jobs.runner import run_child


def run(code: str, log_path: Path, lines: list[Progress] | None = None) -> None:
    on_progress = (lines if lines is not None else []).append
    asyncio.run(run_child([sys.executable, "-c", code], environment={}, log_path=log_path, on_progress=on_progress))


def test_progress_lines_arrive_and_stderr_goes_to_the_log(tmp_path: Path) -> None:
    lines: list[Progress] = []
    code = """import sys; print('{"fraction": 0.5, "message": "half"}'); print("noise"); sys.stderr.write("warning")"""
    run(code, tmp_path / "jobs" / "task.log", lines)
    assert lines == [Progress(0.5, "half")]
    assert (tmp_path / "jobs" / "task.log").read_text() == "warning"


def test_error_line_of_a_failed_child_is_the_message(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="^too few relations$"):
        run("""print('{"error": "too few relations"}'); raise SystemExit(1)""", tmp_path / "log")


def test_child_that_dies_without_a_word_is_described_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"was ended by SIGKILL \(often: out of memory\); see .*task.log"):
        run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", tmp_path / "task.log")


def test_cancelled_call_kills_a_child_that_ignores_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.2)
    code = """import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"fraction": 0.1}', flush=True); time.sleep(600)"""

    async def start_and_cancel() -> None:
        began = asyncio.Event()
        child = asyncio.create_task(
            run_child(
                [sys.executable, "-c", code],
                environment={},
                log_path=tmp_path / "log",
                on_progress=lambda _progress: began.set(),
            )
        )
        await began.wait()
        child.cancel()
        await child

    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(start_and_cancel())
    assert time.monotonic() - started < 300
