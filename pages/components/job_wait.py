"""Why a job runs and yet does nothing: another one is at work where models are trained, one at a time."""

from collections.abc import Sequence

from core.domain import JobKind, JobState
from db.queries import jobs
from db.queries.jobs import BusyJob, Job, JobProgress
from db.session import Session

# Their parts train or use models of their own, for which a worker has one place.
NAMES = {
    JobKind.RETRAIN: "training",
    JobKind.GENERATE: "generation",
    JobKind.PRETRAIN: "training of a language model",
}
STATE = ("waiting", "gray")


def find_wait(session: Session, job: Job, progress: Sequence[JobProgress]) -> str:
    """Return what a job waits for, in words; empty where it does not wait, or nobody can tell for what."""
    if not _may_wait(job, progress):
        return ""
    return describe_wait(job, progress, jobs.list_busy_jobs(session, tuple(NAMES)))


def describe_wait(job: Job, progress: Sequence[JobProgress], busy: Sequence[BusyJob]) -> str:
    """Return what a job waits for, in words.

    Args:
        job: The job that may wait.
        progress: What it has told so far; one that has told anything is at work.
        busy: Jobs that are at work, the one heard of last first.
    """
    if not _may_wait(job, progress):
        return ""
    other = next((one for one in busy if one.job_id != job.id), None)
    if other is None:
        return ""
    where = "this project" if other.project_id == job.project_id else other.project_name
    return f"Waits for the {NAMES[other.kind]} of {where} to end"


def _may_wait(job: Job, progress: Sequence[JobProgress]) -> bool:
    return job.kind in NAMES and job.state is JobState.RUNNING and not progress
