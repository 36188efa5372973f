"""Names that the web process and the workers share; needs nothing but the standard library and the domain."""

from pathlib import Path

from core.domain import JobKind

APPLICATION = "dare-curator"
# Pinned by hand: the engine's own default changes with every edit of a flow and would strand running jobs.
# Change it only when the order of steps in a flow changes, and drain the queues first.
APPLICATION_VERSION = "jobs-1"

PIPELINES = "pipelines"  # queue of whole pipelines, which mostly wait for their tasks
GPU = "gpu"  # queue of tasks: one at a time on each worker
INTERACTIVE = "interactive"  # queue of short jobs that never wait behind training

PIPELINE_FLOW = "pipeline"
TASK_FLOW = "task"
INTERACTIVE_FLOW = "interactive"
FETCH_FLOW = "fetch"

INTERACTIVE_KINDS = frozenset({JobKind.INGEST, JobKind.PREDICT})

STAGES_FILE = "stages.json"
# Stage of a job that the process that asked for it does itself; the engine never hears of it.
OUTSIDE_STAGE = "outside the workers"


def flow_of(kind: JobKind) -> tuple[str, str]:
    """Return the flow that runs jobs of a kind, and its queue."""
    if kind is JobKind.FETCH:
        return FETCH_FLOW, PIPELINES  # it waits for the network, so nobody may have to wait for it
    return (INTERACTIVE_FLOW, INTERACTIVE) if kind in INTERACTIVE_KINDS else (PIPELINE_FLOW, PIPELINES)


def task_id(job_id: str, task: str) -> str:
    """Return the identifier of one task in the engine: the same each time, so that no task is queued twice."""
    return f"{job_id}-{task}"


def run_key(job_id: str) -> str:
    """Return the artifact key of the folder in which a job works."""
    return f"runs/{job_id}"


def task_log_path(logs_path: Path, job_id: str, task: str) -> Path:
    """Return the log file of one task of a job."""
    return logs_path / "jobs" / f"{job_id}-{task}.log"


def worker_log_path(logs_path: Path, name: str) -> Path:
    """Return the log file of a worker."""
    return logs_path / f"worker-{file_name(name)}.log"


def file_name(name: str) -> str:
    """Return a worker's name with every character replaced that a file name may not hold."""
    return "".join(character if character.isalnum() or character in "-." else "_" for character in name)
