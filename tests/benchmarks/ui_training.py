"""A real training beside the pages: a worker trains an ensemble on the demo project until it is told to stop."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.domain import JobKind, JobState
from core.jobs import client
from core.settings import Settings
from db.queries import jobs, projects, users
from db.session import Engine, session_scope
from tests.benchmarks.ui_desk import environment_of
from tests.browser.conftest import ROOT

PARAMS = {"method": "gold", "num_members": 50, "num_epochs": 200}
START_SECONDS = 600


@contextmanager
def training(engine: Engine, home: Path) -> Iterator[None]:
    """Hold a training that has begun its epochs; it must still be running at the end.

    Raises:
        RuntimeError: The training did not begin, or was over too early to have run all the time.
    """
    settings = Settings(home=home)
    with session_scope(engine) as session:
        # The demo project is the first one: it was made when the databases were.
        project_id = min(one.id for one in projects.list_projects(session))
        user_id = users.get_or_add_user(session)
        job_id = client.enqueue(
            settings, session, JobKind.RETRAIN, project_id=project_id, params=PARAMS, user_id=user_id
        )
    with (home / "worker.log").open("ab") as sink:
        command = [sys.executable, "-m", "core.cli", "worker"]
        worker = subprocess.Popen(command, cwd=ROOT, stdout=sink, stderr=sink, env=environment_of(home))
    try:
        _wait_for_epochs(engine, job_id)
        yield
        with session_scope(engine) as session:
            state = jobs.get_job(session, job_id).state
        if state is not JobState.RUNNING:
            raise RuntimeError(f"The training was {state} before the measurement ended; give it more epochs.")
    finally:
        with session_scope(engine) as session:
            client.cancel(settings, session, job_id)
        worker.terminate()
        worker.wait(60)


def _wait_for_epochs(engine: Engine, job_id: str) -> None:
    """Wait until a member has reported a loss."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with session_scope(engine) as session:
            job = jobs.get_job(session, job_id)
            points = [point for part in jobs.get_progress(session, job_id) for point in part.values]
        if job.state.is_over:
            raise RuntimeError(f"The training ended at once: {job.error or job.state}")
        if points:
            return
        time.sleep(0.5)
    raise RuntimeError(f"No epoch was reported within {START_SECONDS} s.")
