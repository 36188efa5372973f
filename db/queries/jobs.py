"""Jobs as users see them, their progress, and what workers say about themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import JobKind, JobState
from core.errors import ConflictError, NotFoundError
from db.columns import utc_now
from db.tables import Job, JobProgress, Project, WorkerStatus

__all__ = [
    "ACTIVE_STATES",
    "ALIVE_SECONDS",
    "MAX_POINTS",
    "BusyJob",
    "Job",
    "JobProgress",
    "WorkerStatus",
    "add_job",
    "claim_worker_name",
    "end_job",
    "finish_job",
    "find_job",
    "find_rival",
    "get_job",
    "get_progress",
    "list_busy_jobs",
    "is_alive",
    "list_jobs",
    "list_workers",
    "requeue_job",
    "set_stage",
    "start_job",
    "upsert_progress",
    "upsert_worker_status",
]

MAX_POINTS = 400
ALIVE_SECONDS = 15.0  # a worker reports every two seconds
ACTIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
RETRIED_STATES = (JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class BusyJob:
    """A running job that has told progress: what it is, and of which project."""

    job_id: str
    kind: JobKind
    project_id: int
    project_name: str


def add_job(
    session: Session,
    job_id: str,
    kind: JobKind,
    *,
    project_id: int,
    params: dict[str, Any],
    user_id: int | None = None,
) -> Job:
    """Store a job that waits."""
    job = Job(id=job_id, kind=kind, project_id=project_id, params=params, user_id=user_id)
    session.add(job)
    session.flush()
    return job


def find_job(session: Session, job_id: str) -> Job | None:
    """Return a job, or None."""
    return session.get(Job, job_id)


def get_job(session: Session, job_id: str) -> Job:
    """Return a job.

    Raises:
        NotFoundError: There is no such job; its project may have been deleted.
    """
    job = find_job(session, job_id)
    if job is None:
        raise NotFoundError(f"Job {job_id!r} does not exist; its project may have been deleted.")
    return job


def list_jobs(
    session: Session,
    *,
    project_id: int | None = None,
    kinds: Sequence[JobKind] = (),
    states: Sequence[JobState] = (),
    limit: int = 50,
) -> list[Job]:
    """Return jobs, newest first; an empty `kinds` or `states` means all."""
    query = select(Job).order_by(col(Job.created_at).desc(), col(Job.id)).limit(limit)
    if project_id is not None:
        query = query.where(Job.project_id == project_id)
    if kinds:
        query = query.where(col(Job.kind).in_(kinds))
    if states:
        query = query.where(col(Job.state).in_(states))
    return list(session.exec(query))


def list_busy_jobs(session: Session, kinds: Sequence[JobKind]) -> list[BusyJob]:
    """Return the running jobs of these kinds that have told progress, the one heard of last first."""
    heard = sa.func.max(col(JobProgress.updated_at))
    query = (
        sa.select(col(Job.id), col(Job.kind), col(Project.id), col(Project.name))
        .join(Project, col(Project.id) == col(Job.project_id))
        .join(JobProgress, col(JobProgress.job_id) == col(Job.id))
        .where(col(Job.kind).in_(kinds), col(Job.state) == JobState.RUNNING)
        .group_by(col(Job.id), col(Job.kind), col(Project.id), col(Project.name))
        .order_by(heard.desc(), col(Job.id))
    )
    return [BusyJob(*row) for row in session.execute(query)]


def start_job(session: Session, job_id: str) -> Job:
    """Mark a job as running; the first start is kept when a job is resumed.

    Raises:
        ConflictError: The job is over, for instance cancelled before it started.
    """
    job = _hold_job(session, job_id, ACTIVE_STATES)
    job.state = JobState.RUNNING
    job.started_at = job.started_at or utc_now()
    session.flush()
    return job


def set_stage(session: Session, job_id: str, stage: str) -> None:
    """Say which coarse step a job has reached."""
    get_job(session, job_id).stage = stage
    session.flush()


def finish_job(session: Session, job_id: str, *, result: dict[str, Any]) -> None:
    """Mark a job as done and store its result.

    Raises:
        ConflictError: The job is over already, for instance cancelled.
    """
    job = _hold_job(session, job_id, ACTIVE_STATES)
    job.result = result
    end_job(session, job_id, JobState.DONE)


def end_job(session: Session, job_id: str, state: JobState, *, error: str = "") -> None:
    """Mark a job as over.

    Args:
        session: An open session.
        job_id: The job.
        state: DONE, FAILED or CANCELLED.
        error: What went wrong, for people; empty otherwise.

    Raises:
        ConflictError: The job is over already.
    """
    job = _hold_job(session, job_id, ACTIVE_STATES)
    job.state = state
    job.error = error
    job.finished_at = utc_now()
    session.flush()


def requeue_job(session: Session, job_id: str) -> Job:
    """Make a failed or cancelled job wait again; its finished parts are kept by whoever runs it.

    Raises:
        ConflictError: The job is not over yet, or has succeeded.
    """
    job = _hold_job(session, job_id, RETRIED_STATES)
    job.state, job.error, job.result, job.finished_at = JobState.QUEUED, "", None, None
    session.flush()
    return job


def _hold_job(session: Session, job_id: str, states: Sequence[JobState]) -> Job:
    """Return a job in one of these states; nobody else can change it before the session's transaction ends."""
    job = get_job(session, job_id)
    session.flush()  # what the caller has changed must survive the refresh
    statement = sa.update(Job).where(col(Job.id) == job_id, col(Job.state).in_(states))
    # To set what is there already takes the write lock, after which the answer stays true.
    held = session.connection().execute(statement.values(stage=Job.stage))
    session.refresh(job)
    if held.rowcount == 0:
        wanted = " or ".join(state.value for state in states)
        raise ConflictError(f"Job {job_id} is {job.state.value} and no longer {wanted}; look at it again.")
    return job


def upsert_progress(
    session: Session,
    job_id: str,
    part: str,
    *,
    fraction: float,
    message: str = "",
    points: Sequence[dict[str, float]] = (),
    anew: bool = False,
) -> None:
    """Store how far one part of a job is.

    Args:
        session: An open session.
        job_id: The job.
        part: Name of the part, a task's for one.
        fraction: Share that is done, in [0, 1].
        message: What is being done, for people.
        points: Points to add to the part's curve; of more than `MAX_POINTS`, every second old one goes.
        anew: Whether the curve starts again, as it does when the part is run again.
    """
    progress = session.get(JobProgress, (job_id, part)) or JobProgress(job_id=job_id, part=part)
    progress.fraction = fraction
    progress.message = message
    progress.values = _thin([*([] if anew else progress.values), *points])
    progress.updated_at = utc_now()
    session.add(progress)
    session.flush()


def _thin(points: list[dict[str, float]]) -> list[dict[str, float]]:
    """Halve the points until they fit, keeping the first and the newest."""
    while len(points) > MAX_POINTS:
        points = [*points[:-1:2], points[-1]]
    return points


def get_progress(session: Session, job_id: str) -> list[JobProgress]:
    """Return the progress of every part of a job that has begun, by name."""
    return list(session.exec(select(JobProgress).where(JobProgress.job_id == job_id).order_by(JobProgress.part)))


def claim_worker_name(session: Session, name: str, *, place: str, now: datetime) -> WorkerStatus | None:
    """Take a worker's name for a place, or return the worker that is alive under it elsewhere.

    The row is held until the transaction ends: of two places that ask at once the second one sees the first.
    """
    held = sa.update(WorkerStatus).where(col(WorkerStatus.name) == name)
    # To set what is there already takes the write lock, after which the answer stays true.
    session.execute(held.values(state=WorkerStatus.state).execution_options(synchronize_session=False))
    rival = find_rival(session, name, place=place, now=now)
    if rival is None:
        upsert_worker_status(session, name, state="starting", place=place)
    return rival


def find_rival(session: Session, name: str, *, place: str, now: datetime) -> WorkerStatus | None:
    """Return the worker that is alive under a name at another place, or None."""
    worker = session.get(WorkerStatus, name, populate_existing=True)
    is_rival = worker is not None and worker.place not in ("", place) and is_alive(worker, now=now)
    return worker if is_rival else None


def is_alive(worker: WorkerStatus, *, now: datetime) -> bool:
    """Return whether a worker has reported lately and not that it stopped."""
    return worker.state != "stopped" and (now - worker.updated_at).total_seconds() < ALIVE_SECONDS


def upsert_worker_status(
    session: Session, name: str, *, state: str, message: str = "", device: str | None = None, place: str | None = None
) -> None:
    """Store what a worker does now; its device and its place are kept where None is given."""
    worker = session.get(WorkerStatus, name) or WorkerStatus(name=name, state=state)
    worker.state = state
    worker.message = message
    worker.device = worker.device if device is None else device
    worker.place = worker.place if place is None else place
    worker.updated_at = utc_now()
    session.add(worker)
    session.flush()


def list_workers(session: Session) -> list[WorkerStatus]:
    """Return every worker that ever reported, by name; `updated_at` tells which are alive."""
    return list(session.exec(select(WorkerStatus).order_by(WorkerStatus.name)))
