"""Background jobs from the command line: how one is queued and followed, and `generate`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from core.cli.data import JsonOption, ProjectArgument, get_project_id, open_session
from core.cli.output import errors_in_one_line, progress_line, say, show_result
from core.domain import JobKind, JobState
from core.errors import JobError, ModelError
from core.jobs import client, devices, supervisor
from core.settings import Settings
from core.workflows.presets import get_preset
from db.queries import jobs, users
from db.session import make_engine, session_scope

_POLL_SECONDS = 0.5
_ALIVE_SECONDS = 15

WaitOption = Annotated[bool, typer.Option("--wait", help="Wait for the result; starts a worker if none is alive.")]


def generate(
    project: ProjectArgument,
    count: Annotated[int, typer.Option(help="Sentences a label, after the filters.")] = 50,
    label: Annotated[list[str] | None, typer.Option(help="Only this label; repeat for several.")] = None,
    preset: Annotated[str, typer.Option(help="A paper's settings of generator and sampling: dare-paper.")] = "",
    base: Annotated[
        str | None, typer.Option(help="Generator to start from: scratch (usual), or a name or folder.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of training and sampling.")] = 0,
    may_download: Annotated[bool, typer.Option("--download", help="Fetch the generator if it is a hub name.")] = False,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write synthetic sentences for the labels of a project."""
    given = {"count": count, "base": base, "seed": seed, "labels": label, "may_download": may_download}
    with errors_in_one_line():
        values = get_preset(preset).generation if preset else {}
        if preset and not values:
            raise ModelError(f"Preset {preset!r} is about training alone; for generation there is dare-paper.")
        params = {**values, **{name: value for name, value in given.items() if value is not None}}
        result = run_job(JobKind.GENERATE, project, params, wait=wait)
    show_result(result, as_json=as_json, lines=lambda: _generate_lines(result))


def _generate_lines(result: dict[str, Any]) -> list[str]:
    if "labels" not in result:
        return [f"job {result['job_id']} is queued"]
    return [f"{name}: {counts}" for name, counts in result["labels"].items()]


def run_job(kind: JobKind, project: str, params: dict[str, Any], *, wait: bool) -> dict[str, Any]:
    """Queue a job; with `wait`, follow it to its end and return its result."""
    settings = Settings()
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
