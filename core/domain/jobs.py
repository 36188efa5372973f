"""Background jobs and the models that come of them: what they do and where they stand."""

from enum import StrEnum


class JobKind(StrEnum):
    """What a background job does."""

    INGEST = "ingest"
    FETCH = "fetch"
    PREDICT = "predict"
    GENERATE = "generate"
    RETRAIN = "retrain"
    PRETRAIN = "pretrain"


class JobState(StrEnum):
    """Where a background job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether the job will not change any more by itself."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class ModelState(StrEnum):
    """Where a trained model stands; at most one model of each kind is promoted in a project."""

    CANDIDATE = "candidate"
    PROMOTED = "promoted"
    ARCHIVED = "archived"
