"""The warm predictor as the worker sees it: loading, ready, jobs, crashes."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import JobError
from core.jobs.progress import Progress
from core.jobs.warm import WarmPredictor

SCRIPT = """
import json, os, sys, time
from pathlib import Path
def say(**message): print(json.dumps(message), flush=True)
with open("processes", "a") as processes: processes.write(f"{os.getpid()}\\n")
say(state="loading", message="loading the model")
say(state="ready", message="")
for line in sys.stdin:
    job = json.loads(line)["job"]
    with open("starts", "a") as starts: starts.write(job + "\\n")
    if job == "crash" or (job == "crash once" and not Path("crashed").exists()):
        Path("crashed").touch()
        os._exit(9)
    if job == "hang": time.sleep(600)
    while job.startswith("wait") and not Path(f"{job} is over").exists(): time.sleep(0.01)
    say(job=job, fraction=0.5, message="half way", values={})
    say(job=job, error="no such project" if job == "fail" else "")
"""


class Warm:
    """A predictor with what it has said."""

    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path
        self.states: list[str] = []
        self.progress: list[Progress] = []
        script = tmp_path / "script.py"
        script.write_text(f"import os; os.chdir({str(tmp_path)!r})\n{SCRIPT}")
        self.predictor = WarmPredictor(
            [sys.executable, str(script)],
            environment={},
            log_path=tmp_path / "predictor.log",
            on_state=lambda state, _message: self.states.append(state),
            pause_seconds=0.05,
        )

    def run(self, job_id: str) -> None:
        asyncio.run(self.predictor.run(job_id, self.progress.append))

    def starts(self) -> list[str]:
        return (self.path / "starts").read_text().splitlines()


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    warm = Warm(tmp_path)
    warm.predictor.start()
    yield warm
    warm.predictor.stop()


def test_job_sent_while_the_models_load_waits_for_them(warm: Warm) -> None:
    warm.run("job-1")
    assert warm.states == ["loading", "loading", "ready"]
    assert warm.progress == [Progress(0.5, "half way")]


def test_failed_job_raises_its_message_and_the_process_stays(warm: Warm) -> None:
    with pytest.raises(JobError, match="^no such project$"):
        warm.run("fail")
    warm.run("job-1")
    assert warm.states.count("ready") == 1


def test_crash_starts_the_process_again_and_the_job_once_more(warm: Warm) -> None:
    warm.run("crash once")
    assert warm.starts() == ["crash once", "crash once"]
    assert warm.states.count("ready") == 2


def test_job_that_crashes_the_process_twice_fails_and_the_next_one_runs(warm: Warm) -> None:
    with pytest.raises(JobError, match=r"ended with exit code 9, twice in this job; its log is .*predictor\.log"):
        warm.run("crash")
    warm.run("job-1")
    assert warm.starts() == ["crash", "crash", "job-1"]


def test_cancelled_job_ends_the_process_which_starts_again(warm: Warm) -> None:
    async def start_and_cancel() -> None:
        job = asyncio.create_task(warm.predictor.run("hang", warm.progress.append))
        while not (warm.path / "starts").exists():
            await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    asyncio.run(start_and_cancel())
    warm.run("job-1")
    assert warm.starts() == ["hang", "job-1"]


def test_cancelled_job_that_only_waits_leaves_the_process_to_the_job_it_works_on(warm: Warm) -> None:
    async def cancel_what_waits() -> None:
        first = asyncio.create_task(warm.predictor.run("wait", warm.progress.append))
        await started(warm, "wait")
        for number in range(2):
            waiting = asyncio.create_task(warm.predictor.run(f"job-{number}", warm.progress.append))
            await asyncio.sleep(0.05)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        (warm.path / "wait is over").touch()
        await first

    asyncio.run(cancel_what_waits())
    assert warm.starts().count("wait") == 1
    assert warm.states.count("ready") == 1


def test_an_end_that_a_cancel_has_caused_is_no_crash_of_the_jobs_that_wait(warm: Warm) -> None:
    async def cancel_then_crash() -> None:
        hanging = asyncio.create_task(warm.predictor.run("hang", warm.progress.append))
        await started(warm, "hang")
        waiting = asyncio.create_task(warm.predictor.run("crash once", warm.progress.append))
        await asyncio.sleep(0.05)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        await waiting

    asyncio.run(cancel_then_crash())
    assert warm.starts() == ["hang", "crash once", "crash once"]


def test_a_job_that_waits_behind_one_that_crashes_twice_is_done_afterwards(warm: Warm) -> None:
    async def run_both() -> None:
        crashing = asyncio.create_task(warm.predictor.run("crash", warm.progress.append))
        waiting = asyncio.create_task(warm.predictor.run("job-1", warm.progress.append))
        with pytest.raises(JobError, match="twice in this job"):
            await crashing
        await waiting

    asyncio.run(run_both())
    assert warm.starts() == ["crash", "crash", "job-1"]


async def started(warm: Warm, job_id: str) -> None:
    while not (warm.path / "starts").exists() or job_id not in warm.starts():
        await asyncio.sleep(0.01)


def test_stop_ends_the_process_for_good(tmp_path: Path) -> None:
    warm = Warm(tmp_path)
    warm.predictor.start()
    warm.run("job-1")
    warm.predictor.stop()
    time.sleep(0.2)  # four times the pause before another start
    (process_id,) = (tmp_path / "processes").read_text().split()
    with pytest.raises(ProcessLookupError):
        os.kill(int(process_id), 0)
