"""Background jobs from the command line: how one is queued and followed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from core.cli.access import get_project_id, open_session
from core.cli.output import progress_line, say
from core.domain import JobKind, JobState
from core.errors import JobError
from core.jobs import devices
from core.settings import Settings
from db.queries import jobs, users
from db.session import make_engine, session_scope

_POLL_SECONDS = 0.5
_ALIVE_SECONDS = 15

WaitOption = Annotated[bool, typer.Option("--wait", help="Wait for the result; starts a worker if none is alive.")]


def run_job(kind: JobKind, project: str, params: dict[str, Any], *, wait: bool) -> dict[str, Any]:
    """Queue a job; with `wait`, follow it to its end and return its result."""
    # The job engine takes half a second to load, and most commands queue nothing.
    from core.jobs import client, supervisor

    settings = Settings()
    supervisor.prepare(settings)
    with open_session(settings) as session:
        project_id = get_project_id(session, project)
        user_id = users.get_or_add_user(session)
        job_id = client.enqueue(settings, session, kind, project_id=project_id, params=params, user_id=user_id)
        is_served = _has_live_worker(jobs.list_workers(session))
    if not wait:
        if not is_served:
            say("note: no worker is running; the job starts with the next `dare` or `dare worker`.")
        return {"job_id": job_id}
    with _worker(settings, is_needed=not is_served):
        return {"job_id": job_id, **_follow(settings, job_id)}


def _has_live_worker(workers: list[jobs.WorkerStatus]) -> bool:
    oldest = datetime.now(UTC) - timedelta(seconds=_ALIVE_SECONDS)
    return any(worker.state != "stopped" and worker.updated_at >= oldest for worker in workers)


@contextmanager
def _worker(settings: Settings, *, is_needed: bool) -> Iterator[None]:
    """Keep a worker running for the length of the block, if one is needed."""
    if not is_needed:
        yield
        return
    from core.jobs import supervisor

    workers = supervisor.make_workers(settings, devices.find_devices(settings)[:1])
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        supervisor.stop_all(workers)


def _follow(settings: Settings, job_id: str) -> dict[str, Any]:
    """Draw the progress of a job until it is over, and return its result.

    Raises:
        JobError: It failed or was cancelled.
    """
    engine = make_engine(settings.resolved_database_url)
    try:
        with progress_line() as progress:
            while True:
                with session_scope(engine) as session:
                    job = jobs.get_job(session, job_id)
                    parts = jobs.get_progress(session, job_id)
                if job.state.is_over:
                    break
                if parts:
                    part = max(parts, key=lambda one: one.updated_at)
                    progress(part.fraction, f"{job.stage} {part.part}: {part.message}")
                time.sleep(_POLL_SECONDS)
    finally:
        engine.dispose()
    if job.state is not JobState.DONE:
        raise JobError(f"Job {job_id} {job.state}: {job.error or 'no reason was given'}")
    return dict(job.result or {})
