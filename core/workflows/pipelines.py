"""What a kind of job does: the protocols of pipelines and interactive jobs, and where each kind's code lies.

The code is found by name when a job starts, so that the web process and a task's child import nothing heavy
before they need it.
"""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from core.domain import JobKind
from core.errors import JobError
from core.settings import Settings

if TYPE_CHECKING:
    from core.workflows.prediction.model_cache import ModelCache
    from db.queries.jobs import Job
    from db.session import Session

PIPELINES: dict[JobKind, str] = {
    JobKind.RETRAIN: "core.workflows.retraining.retrain:RetrainPipeline",
    JobKind.GENERATE: "core.workflows.synthesis.synthesise:GeneratePipeline",
    JobKind.PRETRAIN: "core.workflows.synthesis.pretrain:PretrainPipeline",
    JobKind.FETCH: "core.workflows.data_in.fetch:FetchPipeline",
}
INTERACTIVE: dict[JobKind, str] = {
    JobKind.INGEST: "core.workflows.data_in.ingest:run_ingest",
    JobKind.PREDICT: "core.workflows.prediction.predict:run_predict",
    JobKind.FETCH: "core.workflows.data_in.fetch:run_fetch",
}
DONE_FILE = "done.json"  # in the folder of a finished task: its name and the seconds it took
MODEL_CACHE: dict[str, str] = {"default": "core.workflows.prediction.model_cache:ModelCache"}


class Report(Protocol):
    """Fine progress of one part of a job; never raises."""

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:
        """Tell how far the part is.

        Args:
            fraction: Share that is done, in [0, 1].
            message: What is being done, for people.
            values: Numbers worth a curve, such as a loss.
        """


def ignore_progress(fraction: float, message: str = "", **values: float) -> None:
    """Stand for a report that nobody reads."""


class Pipeline(Protocol):
    """A kind of job that trains or generates: one function before, one per task, one after."""

    def prepare(self, session: "Session", job: "Job", run_path: Path) -> list[list[str]]:
        """Write every input below `run_path` and return the stages of task names.

        Stages run one after the other, the tasks of a stage side by side. A retry keeps the inputs, so that
        finished tasks still fit; only a crash in the middle makes it run twice, so it must bear a repeat. Task
        names are lower case letters, digits and hyphens.
        """

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        """Do one task in a process of its own, without the database.

        Reads `run_path` and the finished outputs `run_path / <task>` of earlier stages; writes into `out_path`,
        an empty folder that becomes `run_path / task` when the task returns.
        """

    def keep(self, session: "Session", job: "Job", task: str, run_path: Path) -> None:
        """Write what a finished task has for the database before the job ends; idempotent.

        What is written here stays when the job is cancelled or fails later.
        """

    def num_processes(self, task: str, run_path: Path) -> int:
        """Return how many processes do a task together, 1 as a rule.

        Each runs `run_task`; the first one's output is kept. Only a training that joins its processes by
        `core.training.processes` gains from more than one.
        """

    def finish(self, session: "Session", job: "Job", run_path: Path) -> dict[str, object]:
        """Write the database rows of the finished job and return its result as JSON; idempotent."""


class Interactive(Protocol):
    """A kind of job that runs in the warm predictor process; may run a second time after a crash."""

    def __call__(self, session: "Session", job: "Job", models: "ModelCache", report: Report) -> dict[str, object]:
        """Do the job and return its result as JSON."""


def get_pipeline(kind: JobKind) -> Pipeline:
    """Return the pipeline of a kind.

    Raises:
        JobError: The kind has no pipeline.
    """
    return cast(Callable[[], Pipeline], _find(PIPELINES, kind))()


def get_interactive(kind: JobKind) -> Interactive:
    """Return the function of an interactive kind.

    Raises:
        JobError: The kind is not interactive.
    """
    return cast(Interactive, _find(INTERACTIVE, kind))


def read_seconds(run_path: Path) -> float:
    """Return the seconds that the finished tasks of a run took; one that was interrupted tells those of its last run.

    What a job waited for others, for its turn on the device, is no part of it.
    """
    return float(
        sum(json.loads(path.read_text(encoding="utf-8"))["seconds"] for path in run_path.glob(f"*/{DONE_FILE}"))
    )


def load_models(settings: Settings) -> "ModelCache":
    """Return the cache of loaded models; slow, for it imports the model libraries."""
    return cast("Callable[[Settings], ModelCache]", _import(MODEL_CACHE["default"]))(settings)


def _find(targets: dict[JobKind, str], kind: JobKind) -> Any:  # noqa: ANN401 - cast by the caller
    if kind not in targets:
        known = ", ".join(sorted(targets))
        raise JobError(f"Jobs of kind {kind!r} cannot run here; known kinds: {known}.")
    return _import(targets[kind])


def _import(target: str) -> Any:  # noqa: ANN401 - cast by the caller
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
