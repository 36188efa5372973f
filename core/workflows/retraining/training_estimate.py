"""What a training will take, told before it starts: time from finished trainings of the same project, and memory."""

from dataclasses import dataclass

from core.domain import JobKind, JobState
from core.errors import ModelError
from core.settings import Settings
from core.workflows.retraining.memory import estimate_memory
from core.workflows.retraining.retrain_params import NUM_TEACHERS, RetrainParams
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session

# Trainings that differ in one of these do not tell each other's pace.
_ALIKE = ("encoder", "device", "architecture", "num_processes", "is_encoder_frozen", "has_gradient_checkpointing")
_NUM_READ = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """What a finished training took for each epoch of each model, what it waited for others left out."""

    seconds_by_epoch: float
    seconds: float
    num_models: int
    num_epochs: int

    def expect_seconds(self, params: RetrainParams) -> float:
        """Return how long another training takes, if the data is as large."""
        return self.seconds_by_epoch * count_models(params) * params.num_epochs


def find_pace(session: Session, project_id: int, params: RetrainParams) -> Pace | None:
    """Return the pace of the newest finished training of the same kind, or None."""
    states = (JobState.DONE,)
    done = jobs.list_jobs(session, project_id=project_id, kinds=(JobKind.RETRAIN,), states=states, limit=_NUM_READ)
    return next((found for job in done if (found := measure_pace(job, params)) is not None), None)


def count_models(params: RetrainParams) -> int:
    """Return how many models are trained one after the other: members, teachers and a student."""
    return params.num_members + params.has_soft_labels * NUM_TEACHERS + params.has_student


def measure_pace(job: Job, params: RetrainParams) -> Pace | None:
    """Return the pace of a finished training; None if it was of another kind, or does not tell its time."""
    try:
        used = RetrainParams.from_json(job.params)
    except ModelError:
        return None
    is_alike = all(getattr(used, name) == getattr(params, name) for name in _ALIKE)
    seconds = float((job.result or {}).get("seconds", 0.0))
    if not is_alike or not seconds:
        return None
    models = count_models(used)
    return Pace(seconds / (models * used.num_epochs), seconds, models, used.num_epochs)


def estimate_memory_of_workers(session: Session, params: RetrainParams, settings: Settings) -> int | None:
    """Return the bytes that the training of one model takes on the device of the workers; see `estimate_memory`."""
    devices = {worker.device for worker in jobs.list_workers(session) if worker.device}
    is_cpu = params.device == "cpu" or devices <= {"cpu"}
    return estimate_memory(params, settings, device="cpu" if is_cpu else "cuda")
