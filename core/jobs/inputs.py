"""What the tasks of a job read: written once into its folder, whole once the list of stages is there."""

import json
import re
from pathlib import Path

from core.errors import JobError
from core.jobs import names
from core.workflows.pipelines import get_pipeline
from db.queries.jobs import Job
from db.session import Session

TASK_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def write_inputs(session: Session, job: Job, run_path: Path) -> None:
    """Let a job's pipeline write its inputs below `run_path`, which may not exist yet.

    Raises:
        JobError: A stage is empty, or a task's name is used twice or cannot be a folder's name.
    """
    run_path.mkdir(parents=True, exist_ok=True)
    stages = get_pipeline(job.kind).prepare(session, job, run_path)
    _check_stages(stages)
    partial_path = run_path / f"{names.STAGES_FILE}.partial"
    partial_path.write_text(json.dumps(stages), encoding="utf-8")
    partial_path.rename(run_path / names.STAGES_FILE)


def read_stages(run_path: Path) -> list[list[str]]:
    """Return the stages of a job whose inputs are written: task names, stage by stage."""
    stages: list[list[str]] = json.loads((run_path / names.STAGES_FILE).read_text(encoding="utf-8"))
    return stages


def _check_stages(stages: list[list[str]]) -> None:
    """Refuse stages that would mix up folders or never end."""
    tasks = [task for stage in stages for task in stage]
    if not all(stages) or len(tasks) != len(set(tasks)) or not all(TASK_NAME.fullmatch(task) for task in tasks):
        raise JobError(f"Stages {stages} need tasks with unique names of lower case letters, digits and hyphens.")
