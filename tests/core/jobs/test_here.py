"""A job in the process that asks for it leaves what a worker's would: its result, or why it failed."""

from pathlib import Path

import pytest

from core.domain import JobKind, JobState
from core.errors import JobError, NotEnoughDataError
from core.jobs import names
from core.jobs.here import run_here
from core.workflows.retraining.retrain_params import RetrainParams
from db.queries import jobs, models, users
from db.session import Session
from tests.builders import write_tiny_encoder
from tests.core.workflows.training import FULL, QUICK, seed_project


def run(session: Session, project_id: int, encoder: Path) -> dict[str, object]:
    params = RetrainParams.from_json({**QUICK, "num_members": 1, "num_epochs": 1, "encoder": str(encoder)})
    return run_here(
        session, JobKind.RETRAIN, project_id=project_id, params=params.to_json(), user_id=users.get_or_add_user(session)
    )


def test_a_training_ends_as_a_candidate_and_a_job_that_is_done(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, splits=FULL)
    result = run(session, project_id, write_tiny_encoder(tmp_path / "encoder"))
    (job,) = jobs.list_jobs(session, project_id=project_id)
    assert (job.state, job.result) == (JobState.DONE, result)
    assert [one.name for one in models.list_models(session, project_id)] == [result["model"]]


def test_workers_see_that_a_running_job_is_none_of_theirs(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, splits=FULL)
    params = RetrainParams.from_json(
        {**QUICK, "num_members": 1, "num_epochs": 1, "encoder": str(write_tiny_encoder(tmp_path / "encoder"))}
    )
    seen = set()

    def look(_fraction: float, _message: str = "", **_: float) -> None:
        with Session(session.get_bind()) as other:
            (job,) = jobs.list_jobs(other, project_id=project_id)
            seen.add((job.state, job.stage))

    user_id = users.get_or_add_user(session)
    run_here(session, JobKind.RETRAIN, project_id=project_id, params=params.to_json(), user_id=user_id, report=look)
    assert seen == {(JobState.RUNNING, names.OUTSIDE_STAGE)}


def test_a_failed_training_says_why_in_its_job(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, splits={})
    with pytest.raises(NotEnoughDataError) as caught:
        run(session, project_id, write_tiny_encoder(tmp_path / "encoder"))
    (job,) = jobs.list_jobs(session, project_id=project_id)
    assert (job.state, job.error) == (JobState.FAILED, " ".join(str(caught.value).split()))


@pytest.mark.parametrize("kind", [JobKind.PREDICT, JobKind.FETCH])
def test_a_kind_that_needs_the_warm_predictor_leaves_no_job(session: Session, kind: JobKind) -> None:
    project_id = seed_project(session, splits={})
    with pytest.raises(JobError, match=f"'{kind}' cannot run here; known kinds: generate, pretrain, retrain"):
        run_here(session, kind, project_id=project_id, params={}, user_id=1)
    assert jobs.list_jobs(session, project_id=project_id) == []
