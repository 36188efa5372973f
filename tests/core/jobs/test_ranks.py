"""A task in several processes: their environments, one end for all, nothing left of the helpers' output."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from core.domain import JobKind
from core.errors import JobError
from core.jobs.child import help_task, task_arguments
from core.jobs.progress import Progress
from core.jobs.ranks import find_free_port, rank_environments, run_ranks
from core.workflows.pipelines import Report

CPU_WORKER = {"DARE_DEVICE": "cpu", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "3"}
GPU_WORKER = {"DARE_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": "1"}

LAUNCHER = """
import sys
import torch
from core.domain import JobKind
from core.jobs import child
from core.training.config import TrainingConfig
from core.training.trainer import train
from core.workflows import pipelines

class Points(tuple):
    def to(self, device):
        return Points(part.to(device) for part in self)

class Pipeline:
    def run_task(self, task, run_path, out_path, report):
        line = torch.nn.Linear(1, 1)
        items = [(x / 10, 3 * x / 10 + 1) for x in range(21)]
        config = TrainingConfig(num_epochs=1, batch_size=4, precision="fp32")
        result = train(
            line, items, lengths=[1] * 21, config=config, report=report, device=torch.device("cpu"),
            collate=lambda rows: Points(torch.tensor(rows).T),
            loss=lambda model, batch, _: ((model(batch[0][:, None])[:, 0] - batch[1]) ** 2).mean(),
        )
        (out_path / "steps.txt").write_text(str(result.num_steps))

pipelines.PIPELINES[JobKind.RETRAIN] = "__main__:Pipeline"
sys.exit(child.main())
"""


class WritingPipeline:
    def run_task(self, task: str, _run_path: Path, out_path: Path, report: Report) -> None:
        report(0.5, "half way", loss=0.1)
        (out_path / "weights.txt").write_text(task)


def run(code: str, folder: Path, *, num_processes: int = 2) -> list[Progress]:
    """Run a program as every process of a task; it gets its folder, or nothing, as its last argument."""
    lines: list[Progress] = []
    environments = rank_environments(CPU_WORKER, num_processes, devices=[], port=1)
    asyncio.run(
        run_ranks(
            [sys.executable, "-c", code, str(folder)],
            environments=environments,
            log_path=folder / "task.log",
            scratch_path=folder / "scratch",
            on_progress=lines.append,
        )
    )
    return lines


def test_every_process_knows_its_rank_and_where_they_meet() -> None:
    first, second = rank_environments(CPU_WORKER, 2, devices=[], port=4711)
    meeting = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "4711"}
    assert first == {**CPU_WORKER, **meeting, "RANK": "0", "LOCAL_RANK": "0"}
    assert second == {**CPU_WORKER, **meeting, "RANK": "1", "LOCAL_RANK": "1"}


def test_processes_share_the_cores_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    environments = rank_environments({"DARE_DEVICE": "cpu"}, 4, devices=[], port=1)
    assert {environment["OMP_NUM_THREADS"] for environment in environments} == {"1"}


def test_each_process_gets_a_device_and_the_first_one_the_worker_s() -> None:
    environments = rank_environments(GPU_WORKER, 3, devices=["0", "1", "2", "3"], port=1)
    assert {environment["CUDA_VISIBLE_DEVICES"] for environment in environments} == {"1,0,2"}
    assert [environment["LOCAL_RANK"] for environment in environments] == ["0", "1", "2"]


def test_more_processes_than_devices_are_refused() -> None:
    with pytest.raises(JobError, match=r"3 processes needs as many CUDA devices.* has 2; set num_processes to 2"):
        rank_environments(GPU_WORKER, 3, devices=["0", "1"], port=1)


def test_a_free_port_is_a_port() -> None:
    assert 0 < find_free_port() < 65536


def test_the_first_process_tells_its_progress_and_its_end_ends_the_others(tmp_path: Path) -> None:
    code = """import os, sys, time
rank = os.environ["RANK"]
print('{"fraction": 0.5, "message": "rank %s"}' % rank, flush=True)
if rank == "1":
    os.makedirs(sys.argv[-1]); time.sleep(600)
while not os.path.exists(os.path.join(sys.argv[1], "scratch", "1")): time.sleep(0.01)"""
    started = time.monotonic()
    assert run(code, tmp_path) == [Progress(0.5, "rank 0")]
    assert time.monotonic() - started < 300
    assert sorted(path.name for path in tmp_path.iterdir()) == ["task.1.log", "task.log"]


def test_a_process_that_fails_ends_all_with_its_message(tmp_path: Path) -> None:
    code = """import os, time
if os.environ["RANK"] == "1":
    print('{"error": "the loss became nan"}'); raise SystemExit(1)
time.sleep(600)"""
    started = time.monotonic()
    with pytest.raises(JobError, match="^the loss became nan$"):
        run(code, tmp_path)
    assert time.monotonic() - started < 300


@pytest.mark.slow
def test_two_children_train_one_model_and_leave_one_output(tmp_path: Path) -> None:
    launcher, run_path = tmp_path / "launcher.py", tmp_path / "run"
    launcher.write_text(LAUNCHER)
    run_path.mkdir()
    lines: list[Progress] = []
    worker = {**os.environ, **CPU_WORKER, "PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}
    asyncio.run(
        run_ranks(
            [sys.executable, str(launcher), *task_arguments(JobKind.RETRAIN, "member-1", run_path)],
            environments=rank_environments(worker, 2, devices=[], port=find_free_port()),
            log_path=tmp_path / "task.log",
            scratch_path=run_path / ".member-1.ranks",
            on_progress=lines.append,
        )
    )
    assert (run_path / "member-1" / "steps.txt").read_text() == "3"  # 21 items, eight a step
    assert lines[-1] == Progress(1.0, "done")
    assert sorted(path.name for path in run_path.iterdir()) == [".member-1.lock", "member-1"]


def test_one_process_is_started_without_a_scratch_folder(tmp_path: Path) -> None:
    code = """import sys; print('{"fraction": 1.0, "message": "%d"}' % len(sys.argv))"""
    assert run(code, tmp_path, num_processes=1) == [Progress(1.0, "2")]


def test_a_helper_writes_beside_the_output_and_is_silent(tmp_path: Path) -> None:
    help_task(WritingPipeline(), "member-1", tmp_path, tmp_path / "scratch" / "1")  # type: ignore[arg-type]
    assert (tmp_path / "scratch" / "1" / "weights.txt").read_text() == "member-1"
    assert not (tmp_path / "member-1").exists()
