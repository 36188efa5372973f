"""A training task of a job that was stopped goes on after its last epoch, and leaves no checkpoint behind."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file

from core.domain import JobKind, State
from core.training import state
from core.workflows.retraining.retrain import RetrainPipeline
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session
from tests.builders import ignore_progress, write_tiny_encoder
from tests.core.workflows.training import FULL, seed_project

pytestmark = pytest.mark.usefixtures("no_rest")
STAGE_2 = {"is_two_stage": True, "num_members": 2}


class StopError(Exception):
    """Ends a training in the middle, as a power cut would."""


class Listener:
    """Takes messages; from a fraction of the task on, it ends it."""

    def __init__(self, *, stop_at: float = 2.0) -> None:
        self.stop_at = stop_at
        self.messages: list[str] = []

    def __call__(self, fraction: float, message: str = "", **_values: float) -> None:
        self.messages.append(message)
        if fraction >= self.stop_at:
            raise StopError


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint after every epoch, however short it is."""
    monkeypatch.setattr(state, "_REST_RATIO", 0)
    monkeypatch.setattr(state, "_REST_SECONDS", 0)


def prepare(session: Session, run_path: Path, encoder: Path, **params: object) -> Job:
    project_id = seed_project(session, splits=FULL, synthetic_states=(State.ACCEPTED,) * 12)
    settings = {"num_epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32", "device": "cpu"}
    job = jobs.add_job(
        session, run_path.name, JobKind.RETRAIN, project_id=project_id,
        params={"encoder": str(encoder), **settings, **params},
    )  # fmt: skip
    run_path.mkdir(parents=True)
    RetrainPipeline().prepare(session, job, run_path)
    return job


def run_task(task: str, run_path: Path, out_path: Path, listener: Listener) -> None:
    out_path.mkdir()
    RetrainPipeline().run_task(task, run_path, out_path, listener)


@pytest.mark.parametrize(
    ("task", "params", "stop_at", "remark"),
    [
        ("member-1", {"num_members": 2}, 0.8, "going on after epoch 3 of 4"),
        ("member-1", STAGE_2, 0.8, "going on after epoch 2 of 4"),  # the second stage begins at 0.5
        ("joint", {"architecture": "joint", "method": "gold"}, 0.8, "going on after epoch 3 of 4"),
    ],
    ids=["member", "two stages", "joint"],
)
def test_a_stopped_task_goes_on_and_ends_with_the_weights_of_one_that_ran_through(
    session: Session, tmp_path: Path, task: str, params: dict[str, object], stop_at: float, remark: str
) -> None:
    run_path = tmp_path / "runs" / "job-a"
    job = prepare(session, run_path, write_tiny_encoder(tmp_path / "encoder"), **params)
    run_task(task, run_path, tmp_path / "whole", Listener())
    RetrainPipeline().keep(session, job, task, run_path)
    assert not (run_path / "training" / task).exists()

    with pytest.raises(StopError):
        run_task(task, run_path, tmp_path / "stopped", Listener(stop_at=stop_at))
    listener = Listener()
    run_task(task, run_path, tmp_path / "resumed", listener)
    assert [one for one in listener.messages if one.startswith("going on")][-1] == remark
    assert "epoch 2 of 4" not in listener.messages
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "resumed"))
    assert whole.keys() == resumed.keys()
    assert all(tensor.equal(resumed[name]) for name, tensor in whole.items())


def test_the_joint_log_tells_the_scores_of_the_epochs_before_the_stop(session: Session, tmp_path: Path) -> None:
    run_path = tmp_path / "runs" / "job-a"
    prepare(session, run_path, write_tiny_encoder(tmp_path / "encoder"), architecture="joint", method="gold")
    with pytest.raises(StopError):
        run_task("joint", run_path, tmp_path / "stopped", Listener(stop_at=0.8))
    run_task("joint", run_path, tmp_path / "resumed", Listener())
    epochs = json.loads((tmp_path / "resumed" / "training.json").read_text(encoding="utf-8"))["epochs"]
    assert [epoch["epoch"] for epoch in epochs] == [0, 1, 2, 3]
    assert all({"mentions", "strict", "training_loss", "validation_loss"} <= epoch.keys() for epoch in epochs)


def test_a_finished_job_keeps_no_checkpoint(session: Session, tmp_path: Path) -> None:
    run_path = tmp_path / "runs" / "job-a"
    job = prepare(session, run_path, write_tiny_encoder(tmp_path / "encoder"), num_members=1, has_student=False)
    run_task("member-1", run_path, run_path / "member-1", Listener())
    assert any((run_path / "training" / "member-1" / "stage-1").iterdir())
    (run_path / "evaluate").mkdir()
    RetrainPipeline().run_task("evaluate", run_path, run_path / "evaluate", ignore_progress)
    RetrainPipeline().finish(session, job, run_path)
    assert not (run_path / "training").exists()
