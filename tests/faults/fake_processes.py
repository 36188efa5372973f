"""A worker, its children and its predictor with a fake pipeline: `python fake_processes.py ROLE ARGUMENT...`."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from core.domain import JobKind
from core.settings import Settings
from core.workflows import pipelines
from core.workflows.pipelines import Report

if TYPE_CHECKING:
    from db.queries.jobs import Job


class FakePipeline:
    """Three tasks in two stages; the job's params say how each behaves, and a file counts their starts."""

    def prepare(self, _session: object, job: "Job", run_path: Path) -> list[list[str]]:
        (run_path / "params.json").write_text(json.dumps(job.params))
        stages: list[list[str]] = job.params["stages"]
        return stages

    def num_processes(self, _task: str, _run_path: Path) -> int:
        return 1

    def keep(self, _session: object, _job: "Job", task: str, run_path: Path) -> None:
        with (run_path / "kept.log").open("a") as kept:
            kept.write(f"{task}\n")

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        params = json.loads((run_path / "params.json").read_text())
        with (run_path / "starts.log").open("a") as starts:
            starts.write(f"{task} {os.getpid()}\n")
        is_first = (run_path / "starts.log").read_text().split().count(task) == 1
        behaviour = params.get(task, "")
        if behaviour == "kill worker":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        if behaviour == "hang at first" and is_first:
            time.sleep(600)
        if behaviour == "fail at first" and is_first:
            raise ValueError("the loss became\nnot a number")
        for step in range(10):
            time.sleep(params.get("seconds", 0.1) / 10)
            report((step + 1) / 10, f"step {step + 1}", loss=1 / (step + 1))
        (out_path / "weights.txt").write_text(task)

    def finish(self, _session: object, _job: object, run_path: Path) -> dict[str, object]:
        outputs = sorted(path.read_text() for path in run_path.glob("*/weights.txt"))
        return {"outputs": outputs}


class FakeModels:
    """Takes a moment to load."""

    def __init__(self, settings: Settings) -> None:
        self.home = settings.home

    def warm_up(self) -> None:
        time.sleep(0.2)


def fake_predict(_session: object, job: "Job", models: FakeModels, report: Report) -> dict[str, object]:
    crash_path = models.home / "crash"
    if job.params.get("crash") and not crash_path.exists():
        crash_path.touch()
        os._exit(9)
    report(0.5, "half way")
    time.sleep(job.params.get("seconds", 0.0))
    return {"pid": os.getpid()}


def main() -> int:
    pipelines.PIPELINES[JobKind.RETRAIN] = "__main__:FakePipeline"
    pipelines.INTERACTIVE[JobKind.PREDICT] = "__main__:fake_predict"
    pipelines.MODEL_CACHE["default"] = "__main__:FakeModels"
    role, *arguments = sys.argv[1:]
    this = [sys.executable, __file__]
    # Imported where needed: a child that imported the engine as well would start three times slower.
    if role == "child":
        from core.jobs import child

        return child.main(arguments)
    if role == "predictor":
        from core.jobs import predictor

        return predictor.main()
    from core.jobs import supervisor, worker

    if role == "supervisor":
        supervisor.supervise(Settings(), lambda: time.sleep(60), worker_command=[*this, "worker"])
        return 0
    config = worker.WorkerConfig(
        arguments[1],
        child_command=[*this, "child"],
        predictor_command=[*this, "predictor"],
        poll_seconds=0.05,
        heartbeat_seconds=0.2,
    )
    worker.run_to_exit(Settings(), config, ends_with_parent="--ends-with-parent" in arguments)


if __name__ == "__main__":
    sys.exit(main())
