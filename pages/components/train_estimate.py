"""How long a training may take, told only from finished trainings of the same project."""

from dataclasses import dataclass

from core.domain import JobKind, JobState
from core.workflows.retrain_params import RetrainParams
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session
from pages.components.wording import count, duration

UNKNOWN = "How long it takes is shown after the first steps; no finished training of this project tells it yet."


@dataclass(frozen=True, slots=True)
class Pace:
    """What a finished training took for each epoch of each member."""

    seconds_by_epoch: float
    job_seconds: float
    num_members: int
    num_epochs: int


def describe(session: Session, project_id: int, params: RetrainParams) -> str:
    """Return an estimate with what it was measured on, or that there is none."""
    done = jobs.list_jobs(session, project_id=project_id, kinds=(JobKind.RETRAIN,), states=(JobState.DONE,), limit=20)
    pace = next((found for job in done if (found := measure(job, params)) is not None), None)
    if pace is None:
        return UNKNOWN
    expected = pace.seconds_by_epoch * params.num_members * params.num_epochs
    return (
        f"Roughly {duration(expected)}, if the data is as large as last time: {count(pace.num_members, 'member')} × "
        f"{count(pace.num_epochs, 'epoch')} took {duration(pace.job_seconds)}."
    )


def measure(job: Job, params: RetrainParams) -> Pace | None:
    """Return the pace of a finished training; None if it had another encoder or device, or was interrupted."""
    used = job.params
    is_alike = used.get("encoder") == params.encoder and used.get("device") == params.device
    if not is_alike or job.started_at is None or job.finished_at is None:
        return None
    seconds = (job.finished_at - job.started_at).total_seconds()
    epochs = int(used["num_members"]) * int(used["num_epochs"])
    return Pace(seconds / epochs, seconds, int(used["num_members"]), int(used["num_epochs"]))
