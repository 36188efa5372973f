"""What pages and commands do with jobs: enqueue, cancel, retry. Imports neither torch nor spaCy, runs nothing."""

import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from core.domain import JobKind, JobState
from core.errors import ConflictError
from core.jobs.engine import JobEngine
from core.settings import Settings
from db.queries import jobs
from db.session import Session


def enqueue(
    settings: Settings,
    session: Session,
    kind: JobKind,
    *,
    project_id: int,
    params: Mapping[str, object],
    user_id: int | None,
) -> str:
    """Queue a job and return its identifier.

    The session is committed: a worker may start the job before this function returns.
    """
    job_id = uuid.uuid4().hex
    jobs.add_job(session, job_id, kind, project_id=project_id, params=dict(params), user_id=user_id)
    session.commit()
    _job_engine(settings).enqueue(job_id, kind)
    return job_id


def cancel(settings: Settings, session: Session, job_id: str) -> None:
    """Cancel a job that is not over yet; what it has finished is kept for a retry.

    Raises:
        NotFoundError: There is no such job.
    """
    if jobs.get_job(session, job_id).state.is_over:
        return
    session.commit()
    _job_engine(settings).cancel(job_id)
    with suppress(ConflictError):  # it has ended in this very moment
        jobs.end_job(session, job_id, JobState.CANCELLED)
    session.commit()


def cancel_all(settings: Settings, session: Session, project_id: int) -> None:
    """Cancel the jobs of a project that are not over yet, and wait until nothing works on them any more.

    Takes a few seconds where there are any. What they wrote may be removed then: nothing comes back.
    """
    active = jobs.list_jobs(session, project_id=project_id, states=jobs.ACTIVE_STATES, limit=sys.maxsize)
    for job in active:
        cancel(settings, session, job.id)
    for job in active:
        _job_engine(settings).settle(job.id)


def retry(settings: Settings, session: Session, job_id: str) -> None:
    """Run a failed or cancelled job again; what it has finished is not done again.

    Takes a second or two when the job was cancelled just now: until its worker has ended what it ran.

    Raises:
        NotFoundError: There is no such job.
        ConflictError: The job is not over yet, or has succeeded.
    """
    if jobs.get_job(session, job_id).state in jobs.RETRIED_STATES:
        _job_engine(settings).settle(job_id)
    job = jobs.requeue_job(session, job_id)
    # The row stays held meanwhile: one that waits while its flow is still cancelled would be ended by a worker.
    _job_engine(settings).rerun(job_id, job.kind)
    session.commit()


@lru_cache(maxsize=4)
def _job_engine(settings: Settings) -> JobEngine:
    return JobEngine(settings)
