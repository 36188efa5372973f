"""The flows on the real engine, with steps that only take notes."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.domain import JobKind
from core.errors import JobError
from core.jobs.engine import JobEngine, migrate, start_executor, stop_executor
from core.jobs.flows import register_flows
from core.settings import Settings

POLL_SECONDS = 0.02


class NotedSteps:
    """Steps of a job with two stages; `failing` tasks raise, `hanging` ones wait until they are cancelled."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.failing: set[str] = set()
        self.hanging: set[str] = set()
        self.running = 0
        self.most_running = 0

    def prepare(self, job_id: str) -> list[list[str]]:
        self.notes.append("prepare")
        if job_id == "fetch":
            return [["download"]]
        return [["generate"], ["member-0", "member-1", "member-2"]]

    def enter_stage(self, _job_id: str, tasks: list[str]) -> None:
        self.notes.append(f"stage of {len(tasks)}")

    async def run_task(self, _job_id: str, task: str) -> None:
        self.notes.append(task)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(600 if task in self.hanging else 0.01)
        except asyncio.CancelledError:
            self.notes.append(f"{task} ended")
            raise
        finally:
            self.running -= 1
        if task in self.failing:
            raise JobError("the loss became infinite")

    def finish(self, _job_id: str) -> None:
        self.notes.append("finish")

    def fail(self, _job_id: str, message: str) -> None:
        self.notes.append(f"failed: {message}")

    def begin(self, _job_id: str) -> None:
        self.notes.append("begin")

    async def predict(self, _job_id: str) -> None:
        self.notes.append("predict")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def steps(settings: Settings) -> Iterator[NotedSteps]:
    steps = NotedSteps()
    migrate(settings)
    register_flows(steps, poll_seconds=POLL_SECONDS)
    engine = start_executor(settings, executor_id="test:0", poll_seconds=POLL_SECONDS)
    yield steps
    stop_executor(engine)


@pytest.fixture
def engine(settings: Settings, steps: NotedSteps) -> Iterator[JobEngine]:
    del steps  # only asked for because an executor must run
    engine = JobEngine(settings)
    yield engine
    engine.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def wait_for_status(engine: JobEngine, job_id: str, status: str) -> None:
    wait_for(lambda: engine.find_statuses([job_id]).get(job_id) == status)


def test_stages_run_in_order_and_one_task_at_a_time(engine: JobEngine, steps: NotedSteps) -> None:
    engine.enqueue("job", JobKind.RETRAIN)
    wait_for_status(engine, "job", "SUCCESS")
    assert steps.notes[:4] == ["prepare", "stage of 1", "generate", "stage of 3"]
    assert sorted(steps.notes[4:7]) == ["member-0", "member-1", "member-2"]
    assert steps.notes[7:] == ["finish"]
    assert steps.most_running == 1


def test_failed_task_fails_the_job_after_its_siblings_have_finished(engine: JobEngine, steps: NotedSteps) -> None:
    steps.failing = {"member-1"}
    engine.enqueue("job", JobKind.RETRAIN)
    wait_for_status(engine, "job", "ERROR")
    assert steps.notes[-1] == "failed: member-1: the loss became infinite"
    assert {"member-0", "member-2"} <= set(steps.notes)
    assert "finish" not in steps.notes


def test_rerun_after_a_failure_runs_only_the_failed_task(engine: JobEngine, steps: NotedSteps) -> None:
    steps.failing = {"member-1"}
    engine.enqueue("job", JobKind.RETRAIN)
    wait_for_status(engine, "job", "ERROR")
    steps.failing = set()
    steps.notes.clear()
    engine.rerun("job", JobKind.RETRAIN)
    wait_for_status(engine, "job", "SUCCESS")
    assert [note for note in steps.notes if note.startswith(("generate", "member"))] == ["member-1"]
    assert steps.notes[-1] == "finish"


def test_cancel_ends_the_running_task_and_fails_nothing(engine: JobEngine, steps: NotedSteps) -> None:
    steps.hanging = {"member-0"}
    engine.enqueue("job", JobKind.RETRAIN)
    wait_for(lambda: "member-0" in steps.notes)
    engine.cancel("job")
    wait_for(lambda: "member-0 ended" in steps.notes)
    time.sleep(0.1)
    assert steps.notes[-1] == "member-0 ended"


def test_rerun_after_a_cancel_keeps_the_finished_tasks(engine: JobEngine, steps: NotedSteps) -> None:
    steps.hanging = {"member-1"}
    engine.enqueue("job", JobKind.RETRAIN)
    wait_for(lambda: "member-1" in steps.notes)
    before = {task for task in ("generate", "member-0") if task in steps.notes}
    engine.cancel("job")
    wait_for(lambda: "member-1 ended" in steps.notes)
    steps.hanging = set()
    steps.notes.clear()
    engine.rerun("job", JobKind.RETRAIN)
    wait_for_status(engine, "job", "SUCCESS")
    assert not before & set(steps.notes)
    assert "member-1" in steps.notes
    assert steps.most_running == 1


def test_interactive_job_does_not_wait_for_a_task(engine: JobEngine, steps: NotedSteps) -> None:
    steps.hanging = {"generate"}
    engine.enqueue("long", JobKind.RETRAIN)
    wait_for(lambda: "generate" in steps.notes)
    engine.enqueue("short", JobKind.PREDICT)
    wait_for_status(engine, "short", "SUCCESS")
    assert steps.notes[-2:] == ["begin", "predict"]


def test_a_fetch_downloads_beside_a_training_and_then_goes_to_the_predictor(
    engine: JobEngine, steps: NotedSteps
) -> None:
    steps.hanging = {"generate"}
    engine.enqueue("long", JobKind.RETRAIN)
    wait_for(lambda: "generate" in steps.notes)
    engine.enqueue("fetch", JobKind.FETCH)
    wait_for_status(engine, "fetch", "SUCCESS")
    assert steps.notes[-3:] == ["prepare", "download", "predict"]


def test_a_cancelled_fetch_ends_its_download_and_stores_nothing(engine: JobEngine, steps: NotedSteps) -> None:
    steps.hanging = {"download"}
    engine.enqueue("fetch", JobKind.FETCH)
    wait_for(lambda: "download" in steps.notes)
    engine.cancel("fetch")
    wait_for(lambda: "download ended" in steps.notes)
    steps.hanging = set()
    steps.notes.clear()
    engine.rerun("fetch", JobKind.FETCH)
    wait_for_status(engine, "fetch", "SUCCESS")
    assert steps.notes == ["prepare", "download", "predict"]


def test_job_is_queued_once_however_often_it_is_sent(engine: JobEngine, steps: NotedSteps) -> None:
    engine.enqueue("job", JobKind.PREDICT)
    engine.enqueue("job", JobKind.PREDICT)
    wait_for_status(engine, "job", "SUCCESS")
    engine.enqueue("job", JobKind.PREDICT)
    time.sleep(0.1)
    assert steps.notes == ["begin", "predict"]


def test_everything_the_engine_stores_is_json(engine: JobEngine, steps: NotedSteps, settings: Settings) -> None:
    steps.failing = {"member-2"}
    engine.enqueue("job", JobKind.RETRAIN)
    wait_for_status(engine, "job", "ERROR")
    connection = sqlite3.connect(settings.home / "jobs.db")
    stored = [
        value
        for query in (
            "SELECT inputs, NULL FROM workflow_input",
            "SELECT output, error FROM workflow_output",
            "SELECT output, error FROM operation_outputs WHERE function_name NOT LIKE 'DBOS.%'",
        )
        for row in connection.execute(query)
        for value in row
        if value is not None
    ]
    connection.close()
    read = [json.loads(value) for value in stored]
    assert {"positionalArgs": ["job", "generate"], "namedArgs": {}} in read
    assert any("the loss became infinite" in str(value) for value in read)
