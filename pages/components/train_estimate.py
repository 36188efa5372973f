"""How long a training may take, told from finished trainings of the same project, and how much memory."""

from dataclasses import dataclass

from core.domain import JobKind, JobState
from core.errors import ModelError
from core.workflows.memory import estimate_memory
from core.workflows.retrain_params import NUM_TEACHERS, RetrainParams
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session
from pages.components.session import get_settings
from pages.components.wording import count, duration, size

# Trainings that differ in one of these do not tell each other's pace.
_ALIKE = ("encoder", "device", "architecture", "num_processes", "is_encoder_frozen", "has_gradient_checkpointing")
UNKNOWN = "How long it takes is shown after the first steps; no finished training of this project tells it yet."


@dataclass(frozen=True, slots=True)
class Pace:
    """What a finished training took for each epoch of each model."""

    seconds_by_epoch: float
    job_seconds: float
    num_models: int
    num_epochs: int


def describe(session: Session, project_id: int, params: RetrainParams) -> str:
    """Return an estimate with what it was measured on, or that there is none."""
    done = jobs.list_jobs(session, project_id=project_id, kinds=(JobKind.RETRAIN,), states=(JobState.DONE,), limit=20)
    pace = next((found for job in done if (found := measure(job, params)) is not None), None)
    if pace is None:
        return UNKNOWN
    expected = pace.seconds_by_epoch * count_models(params) * params.num_epochs
    return (
        f"Roughly {duration(expected)}, if the data is as large as last time: {count(pace.num_models, 'model')} × "
        f"{count(pace.num_epochs, 'epoch')} took {duration(pace.job_seconds)}."
    )


def count_models(params: RetrainParams) -> int:
    """Return how many models are trained one after the other: members, teachers and a student."""
    return params.num_members + params.has_soft_labels * NUM_TEACHERS + params.has_student


def measure(job: Job, params: RetrainParams) -> Pace | None:
    """Return the pace of a finished training; None if it was of another kind or interrupted."""
    try:
        used = RetrainParams.from_json(job.params)
    except ModelError:
        return None
    is_alike = all(getattr(used, name) == getattr(params, name) for name in _ALIKE)
    if not is_alike or job.started_at is None or job.finished_at is None:
        return None
    seconds = (job.finished_at - job.started_at).total_seconds()
    models = count_models(used)
    return Pace(seconds / (models * used.num_epochs), seconds, models, used.num_epochs)


def describe_memory(session: Session, params: RetrainParams) -> str:
    """Return how much memory the training of one model takes on the device of the workers."""
    devices = {worker.device for worker in jobs.list_workers(session) if worker.device}
    is_cpu = params.device == "cpu" or devices <= {"cpu"}
    needed = estimate_memory(params, get_settings(), device="cpu" if is_cpu else "cuda")
    if needed is None:
        return "How much memory it takes can be told once the encoder is on this machine."
    return f"Memory: at most about {size(needed)} for the model in training, if inputs are as long as allowed."
