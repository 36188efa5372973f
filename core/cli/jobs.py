"""Background jobs from the command line: how one is queued and followed, and the `jobs` commands."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption
from core.cli.output import errors_in_one_line, progress_line, say, show_result
from core.domain import JobKind, JobState
from core.errors import JobError
from core.jobs import devices, names
from core.settings import Settings
from core.workflows.projects import get_project_id
from db.queries import jobs, projects, users
from db.session import Session, make_engine, open_session, session_scope

_POLL_SECONDS = 0.5

app = typer.Typer(no_args_is_help=True, help="List, show, cancel, retry and wait for background jobs.")

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Id of a job, as `list` gives it.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Wait for the result; starts a worker if none is alive.")]


def run_job(
    kind: JobKind, project: str, params: dict[str, Any], *, wait: bool, reviewer: str = users.LOCAL_USER
) -> dict[str, Any]:
    """Queue a job; with `wait`, follow it to its end and return its result."""
    # The job engine takes half a second to load, and most commands queue nothing.
    from core.jobs import client, supervisor

    settings = Settings()
    supervisor.prepare(settings)
    with open_session(settings) as session:
        project_id = get_project_id(session, project)
        user_id = users.get_or_add_user(session, reviewer)
        job_id = client.enqueue(settings, session, kind, project_id=project_id, params=params, user_id=user_id)
        is_served = _has_live_worker(jobs.list_workers(session))
    if not wait:
        _say_waiting(is_served)
        return {"job_id": job_id}
    return _wait_for(settings, job_id, is_served=is_served)


def _say_waiting(is_served: bool) -> None:
    if not is_served:
        say("note: no worker is running; the job starts with the next `dare` or `dare worker`.")


def _has_live_worker(workers: list[jobs.WorkerStatus]) -> bool:
    now = datetime.now(UTC)
    return any(jobs.is_alive(worker, now=now) for worker in workers)


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


@app.command("list")
def list_jobs(
    project: Annotated[str | None, typer.Argument(help="Only of this project.")] = None,
    kind: Annotated[list[JobKind] | None, typer.Option(help="Only this kind; repeat for several.")] = None,
    state: Annotated[list[JobState] | None, typer.Option(help="Only in this state; repeat for several.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most jobs.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List jobs, newest first."""
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project) if project else None
        found = jobs.list_jobs(session, project_id=project_id, kinds=kind or (), states=state or (), limit=limit)
        described = [_describe(session, job) for job in found]
    show_result({"jobs": described}, as_json=as_json, lines=lambda: list(map(_line, described)))


def _describe(session: Session, job: jobs.Job) -> dict[str, Any]:
    moments = {name: getattr(job, name) for name in ("created_at", "started_at", "finished_at")}
    return {
        "job_id": job.id,
        "kind": job.kind.value,
        "project": projects.get_project(session, job.project_id).name,
        "source": job.params.get("source"),
        "state": job.state.value,
        "refused": bool(job.result and job.result.get("refused")),
        "stage": job.stage,
        **{name: at and at.isoformat(timespec="seconds") for name, at in moments.items()},
        "params": job.params,
        "error": job.error,
        "result": job.result,
        "progress": [_describe_part(part) for part in jobs.get_progress(session, job.id)],
    }


def _describe_part(part: jobs.JobProgress) -> dict[str, Any]:
    return {
        "part": part.part,
        "fraction": part.fraction,
        "message": part.message,
        "values": part.values,
        "updated_at": part.updated_at.isoformat(),
    }


def _line(job: dict[str, Any]) -> str:
    when = job["finished_at"] or job["started_at"] or job["created_at"]
    source = f", {job['source']}" if job["source"] else ""
    rest = f": {job['error']}" if job["error"] else ""
    return f"{job['job_id']} {job['kind']} {_say_state(job)} {when} in {job['project']}{source}{rest}"


def _say_state(job: dict[str, Any]) -> str:
    """Return the state of a job, how far its newest part is while it runs, and whether it was done in vain."""
    if job["refused"]:
        return "refused"
    if job["state"] != JobState.RUNNING or not job["progress"]:
        return str(job["state"])
    newest = max(job["progress"], key=lambda one: str(one["updated_at"]))
    part = "" if newest["part"] == job["kind"] else f" of {newest['part']}"
    return f"{job['state']} {newest['fraction']:.0%}{part}"


@app.command()
def show(job_id: JobArgument, as_json: JsonOption = False) -> None:
    """Print state, progress of each part, result and log files of a job."""
    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        result = _describe(session, jobs.get_job(session, job_id))
    logs = [names.task_log_path(settings.logs_path, job_id, part["part"]) for part in result["progress"]]
    result["logs"] = [str(path) for path in logs if path.is_file()]
    show_result(result, as_json=as_json, lines=lambda: _show_lines(result))


def _show_lines(result: dict[str, Any]) -> list[str]:
    return [
        _line(result),
        *(f"  {part['part']} {part['fraction']:.0%} {part['message']}".rstrip() for part in result["progress"]),
        *(f"  log: {path}" for path in result["logs"]),
        *([f"  result: {json.dumps(result['result'], ensure_ascii=False)}"] if result["result"] else []),
    ]


@app.command()
def cancel(job_id: JobArgument, as_json: JsonOption = False) -> None:
    """Cancel a job that is not over; what it has finished is kept for a retry."""
    # The job engine takes half a second to load.
    from core.jobs import client, supervisor

    settings = Settings()
    with errors_in_one_line(), open_session(settings) as session:
        supervisor.prepare(settings)
        client.cancel(settings, session, job_id)
        state = jobs.get_job(session, job_id).state
    show_result({"job_id": job_id, "state": state.value}, as_json=as_json, lines=lambda: [f"{job_id} {state}"])


@app.command()
def retry(job_id: JobArgument, wait: WaitOption = False, as_json: JsonOption = False) -> None:
    """Run a failed or cancelled job again; what it has finished is not done again."""
    from core.jobs import client, supervisor

    settings = Settings()
    with errors_in_one_line():
        with open_session(settings) as session:
            supervisor.prepare(settings)
            client.retry(settings, session, job_id)
            is_served = _has_live_worker(jobs.list_workers(session))
        result = _wait_for(settings, job_id, is_served=is_served) if wait else {"job_id": job_id}
    if not wait:
        _say_waiting(is_served)
    show_result(result, as_json=as_json, lines=lambda: [f"{job_id} {'done' if wait else 'is queued again'}"])


@app.command()
def wait(job_id: JobArgument, as_json: JsonOption = False) -> None:
    """Follow a job to its end; starts a worker if none is alive, and fails where the job does."""
    settings = Settings()
    with errors_in_one_line():
        with open_session(settings) as session:
            is_over = jobs.get_job(session, job_id).state.is_over
            is_served = _has_live_worker(jobs.list_workers(session))
        result = _wait_for(settings, job_id, is_served=is_served or is_over)
    show_result(result, as_json=as_json, lines=lambda: [f"{job_id} done"])


def _wait_for(settings: Settings, job_id: str, *, is_served: bool) -> dict[str, Any]:
    """Follow a job to its end, with a worker of its own where none is alive, and return its result."""
    with _worker(settings, is_needed=not is_served):
        return {"job_id": job_id, **_follow(settings, job_id)}
