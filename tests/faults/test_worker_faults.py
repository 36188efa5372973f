"""Workers, children and predictors that die, with real processes and a fake pipeline."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.domain import JobKind, JobState
from core.jobs import client, names
from core.jobs.processes import settings_environment
from core.jobs.supervisor import prepare
from core.settings import Settings
from core.workflows.model_library.generators import open_store
from core.workflows.projects import delete_project
from db.queries import jobs
from db.queries.jobs import Job, WorkerStatus
from db.session import Engine, make_engine, session_scope
from db.tables import Project

pytestmark = pytest.mark.slow

FAKE_PROCESSES = Path(__file__).with_name("fake_processes.py")
WAIT_SECONDS = 60  # far less than what hangs takes to end by itself
STAGES = [["generate"], ["member-0", "member-1", "member-2"]]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Installation:
    """One home folder with its databases, workers and jobs."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        prepare(self.settings)
        self.engine: Engine = make_engine(self.settings.resolved_database_url)
        self.processes: list[subprocess.Popen[bytes]] = []
        with session_scope(self.engine) as session:
            project = Project(name="Test", template="blank")
            session.add(project)
            session.flush()
            self.project_id = project.id

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.settings.home / "worker.log").open("ab") as log_file:
            process = subprocess.Popen(
                [sys.executable, str(FAKE_PROCESSES), *arguments],
                env={**settings_environment(self.settings), "PYTHONPATH": str(Path(__file__).parents[2])},
                stdin=subprocess.DEVNULL,
                stderr=log_file,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_worker(self, name: str = "test:0") -> "subprocess.Popen[bytes]":
        return self.start("worker", "--name", name)

    def enqueue(self, params: dict[str, object], *, kind: JobKind = JobKind.RETRAIN) -> str:
        with session_scope(self.engine) as session:
            return client.enqueue(self.settings, session, kind, project_id=self.project_id, params=params, user_id=None)

    def cancel(self, job_id: str) -> None:
        with session_scope(self.engine) as session:
            client.cancel(self.settings, session, job_id)

    def retry(self, job_id: str) -> None:
        with session_scope(self.engine) as session:
            client.retry(self.settings, session, job_id)

    def job(self, job_id: str) -> Job:
        with session_scope(self.engine) as session:
            return jobs.get_job(session, job_id)

    def worker_status(self, name: str = "test:0") -> WorkerStatus | None:
        with session_scope(self.engine) as session:
            return next((row for row in jobs.list_workers(session) if row.name == name), None)

    def wait_until_over(self, job_id: str) -> Job:
        wait_for(lambda: self.job(job_id).state.is_over)
        return self.job(job_id)

    def starts(self, job_id: str) -> list[tuple[str, int]]:
        path = self.settings.home / "artifacts" / names.run_key(job_id) / "starts.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(task, int(process_id)) for task, process_id in (line.split() for line in lines)]

    def kept(self, job_id: str) -> list[str]:
        return (self.settings.home / "artifacts" / names.run_key(job_id) / "kept.log").read_text().splitlines()

    def wait_for_start(self, job_id: str, task: str) -> int:
        wait_for(lambda: task in dict(self.starts(job_id)))
        return dict(self.starts(job_id))[task]

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.engine.dispose()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path)
    yield installation
    installation.close()


def test_killed_worker_resumes_and_reruns_only_the_task_that_was_running(installation: Installation) -> None:
    worker = installation.start_worker()
    job_id = installation.enqueue({"stages": STAGES, "seconds": 0.3})
    child_id = installation.wait_for_start(job_id, "member-1")
    worker.kill()
    worker.wait()
    wait_for(lambda: not is_alive(child_id))
    installation.start_worker()
    job = installation.wait_until_over(job_id)
    assert job.state is JobState.DONE
    assert job.result == {"outputs": ["generate", "member-0", "member-1", "member-2"]}
    counts = Counter(task for task, _ in installation.starts(job_id))
    assert counts == {"generate": 1, "member-0": 1, "member-1": 2, "member-2": 1}


def test_cancel_ends_the_child_and_a_retry_keeps_what_was_finished(installation: Installation) -> None:
    installation.start_worker()
    job_id = installation.enqueue({"stages": STAGES, "member-1": "hang at first"})
    child_id = installation.wait_for_start(job_id, "member-1")
    installation.cancel(job_id)
    assert installation.job(job_id).state is JobState.CANCELLED
    wait_for(lambda: not is_alive(child_id))
    assert [task for task, _ in installation.starts(job_id)] == ["generate", "member-0", "member-1"]
    assert installation.kept(job_id) == ["generate", "member-0"]
    installation.retry(job_id)
    assert installation.wait_until_over(job_id).state is JobState.DONE
    counts = Counter(task for task, _ in installation.starts(job_id))
    assert counts == {"generate": 1, "member-0": 1, "member-1": 2, "member-2": 1}


def test_a_deleted_project_ends_what_runs_for_it_and_leaves_no_file(installation: Installation) -> None:
    installation.start_worker()
    job_id = installation.enqueue({"stages": STAGES, "member-1": "hang at first"})
    child_id = installation.wait_for_start(job_id, "member-1")
    store = open_store(installation.settings)
    with session_scope(installation.engine) as session:
        client.cancel_all(installation.settings, session, installation.project_id)
        delete_project(session, installation.project_id, store, uploads_path=installation.settings.uploads_path)
    assert not is_alive(child_id)
    assert list(store.path("runs").iterdir()) == []


def test_a_retry_at_once_after_a_cancel_starts_anew_what_hung(installation: Installation) -> None:
    installation.start_worker()
    job_id = installation.enqueue({"stages": STAGES, "member-1": "hang at first"})
    child_id = installation.wait_for_start(job_id, "member-1")
    installation.cancel(job_id)
    installation.retry(job_id)
    assert installation.wait_until_over(job_id).state is JobState.DONE
    assert not is_alive(child_id)
    counts = Counter(task for task, _ in installation.starts(job_id))
    assert counts == {"generate": 1, "member-0": 1, "member-1": 2, "member-2": 1}


def test_failing_task_fails_the_job_with_its_message_and_a_retry_runs_only_that_task(
    installation: Installation,
) -> None:
    installation.start_worker()
    job_id = installation.enqueue({"stages": STAGES, "member-0": "fail at first"})
    job = installation.wait_until_over(job_id)
    assert job.state is JobState.FAILED
    assert job.error == "member-0: ValueError: the loss became not a number"
    log = names.task_log_path(installation.settings.logs_path, job_id, "member-0").read_text()
    assert "Traceback" in log
    installation.retry(job_id)
    job = installation.wait_until_over(job_id)
    assert (job.state, job.error) == (JobState.DONE, "")
    counts = Counter(task for task, _ in installation.starts(job_id))
    assert counts == {"generate": 1, "member-0": 2, "member-1": 1, "member-2": 1}


def test_second_worker_of_the_same_name_is_refused(installation: Installation) -> None:
    installation.start_worker()
    wait_for(lambda: installation.worker_status() is not None)
    second = installation.start_worker()
    assert second.wait(60) == 1
    log = (installation.settings.home / "worker.log").read_text()
    assert "A worker named 'test:0' is already running on this machine" in log
    assert "DARE_WORKER_NAME" in log


def test_task_that_keeps_killing_its_worker_fails_the_job_with_a_message(installation: Installation) -> None:
    job_id = installation.enqueue({"stages": [["member-0", "member-1"]], "member-0": "kill worker"})
    for _ in range(4):
        installation.start_worker().wait(60)
    installation.start_worker()
    job = installation.wait_until_over(job_id)
    assert job.state is JobState.FAILED
    assert job.error.startswith("member-0: given up after its worker died 4 times while it ran")
    counts = Counter(task for task, _ in installation.starts(job_id))
    assert counts == {"member-0": 4, "member-1": 1}


def test_predictor_says_that_it_loads_and_is_started_again_after_a_crash(installation: Installation) -> None:
    installation.start_worker()
    wait_for(lambda: (status := installation.worker_status()) is not None and status.state == "loading")
    wait_for(lambda: (status := installation.worker_status()) is not None and status.state == "ready")
    first = installation.wait_until_over(installation.enqueue({}, kind=JobKind.PREDICT))
    crashed = installation.wait_until_over(installation.enqueue({"crash": True}, kind=JobKind.PREDICT))
    assert first.state is JobState.DONE
    assert crashed.state is JobState.DONE
    assert first.result is not None and crashed.result is not None
    assert crashed.result["pid"] != first.result["pid"]


def test_stopped_worker_leaves_no_process_and_another_takes_its_task_up(installation: Installation) -> None:
    worker = installation.start_worker()
    job_id = installation.enqueue({"stages": [["member-0"]], "member-0": "hang at first"})
    child_id = installation.wait_for_start(job_id, "member-0")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    wait_for(lambda: not is_alive(child_id))
    status = installation.worker_status()
    assert status is not None and status.state == "stopped"
    installation.start_worker("other:0")
    assert installation.wait_until_over(job_id).state is JobState.DONE


def processes_of(home: Path) -> set[int]:
    """Return the processes whose environment names this home folder."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        process_id = int(path.parent.name)
        with suppress(OSError):
            if f"DARE_HOME={home}".encode() in path.read_bytes().split(b"\0") and is_alive(process_id):
                found.add(process_id)
    return found


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_supervisor(installation: Installation, signal_number: signal.Signals) -> None:
    supervisor = installation.start("supervisor")
    wait_for(lambda: (status := installation.worker_status("local:0")) is not None and status.state == "ready")
    assert len(processes_of(installation.settings.home)) == 3  # supervisor, worker, predictor
    supervisor.send_signal(signal_number)
    supervisor.wait(60)
    wait_for(lambda: not processes_of(installation.settings.home))


def test_supervisor_starts_a_killed_worker_again_under_the_same_name(installation: Installation) -> None:
    supervisor = installation.start("supervisor")
    job_id = installation.enqueue({"stages": [["member-0"]], "member-0": "hang at first"})
    child_id = installation.wait_for_start(job_id, "member-0")
    os.kill(parent_of(child_id), signal.SIGKILL)
    assert installation.wait_until_over(job_id).state is JobState.DONE
    supervisor.terminate()
    supervisor.wait(60)


def parent_of(process_id: int) -> int:
    return int(Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[1])
