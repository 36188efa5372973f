"""A job that runs and waits behind another says for which, on every page that shows its bar."""

import pytest

from core.domain import JobKind, JobState
from core.workflows.projects import create_project
from db.queries import jobs, projects
from db.queries.jobs import BusyJob, Job, JobProgress
from db.session import Session
from pages.components.job_wait import describe_wait
from tests.pages.support import OpenPage, texts
from tests.pages.test_train import add_training

GENERATION = BusyJob("g1", JobKind.GENERATE, 2, "Other_project")
TRAINING = BusyJob("t1", JobKind.RETRAIN, 1, "Demo")


def make_job(kind: JobKind = JobKind.RETRAIN, state: JobState = JobState.RUNNING) -> Job:
    return Job(id="t1", kind=kind, state=state, project_id=1, params={})


@pytest.mark.parametrize(
    ("job", "busy", "told"),
    [
        (make_job(), [GENERATION], "Waits for the generation of Other_project to end"),
        (make_job(), [TRAINING, GENERATION], "Waits for the generation of Other_project to end"),
        (make_job(), [BusyJob("p1", JobKind.PRETRAIN, 1, "Demo")],
         "Waits for the training of a language model of this project to end"),
        (make_job(), [], ""),
        (make_job(), [TRAINING], ""),
        (make_job(state=JobState.QUEUED), [GENERATION], ""),
        (make_job(JobKind.INGEST), [GENERATION], ""),
    ],
)  # fmt: skip
def test_a_job_that_has_told_nothing_waits_for_one_that_has(job: Job, busy: list[BusyJob], told: str) -> None:
    assert describe_wait(job, [], busy) == told


def test_a_job_that_has_told_progress_does_not_wait() -> None:
    assert describe_wait(make_job(), [JobProgress(job_id="t1", part="member-0")], [GENERATION]) == ""


def test_a_training_behind_the_generation_of_another_project_says_so(open_page: OpenPage, session: Session) -> None:
    other = create_project(session, "Other_project", template="drug-drug")
    jobs.add_job(session, "g1", JobKind.GENERATE, project_id=other, params={"count": 5})
    jobs.start_job(session, "g1")
    jobs.upsert_progress(session, "g1", "base", fraction=0.2, message="epoch 1")
    job = add_training(session)
    jobs.start_job(session, job.id)
    jobs.set_stage(session, job.id, "member")
    session.commit()
    for page in ("train", "home"):
        app = open_page(page, project=str(job.project_id))
        bars = [bar.text.replace("\\", "") for bar in app.get("progress")]
        assert "Waits for the generation of Other_project to end" in bars
        assert ":gray-badge[waiting]" in texts(app)
    assert "Training members" not in texts(open_page("train"))
    jobs.upsert_progress(session, job.id, "member-0", fraction=0.1, message="epoch 1 of 3")
    session.commit()
    assert "Training members" in texts(open_page("train"))


def test_jobs_at_work_are_listed_with_their_project_the_latest_first(session: Session) -> None:
    demo = projects.list_projects(session)[0]
    for number, kind in enumerate((JobKind.GENERATE, JobKind.RETRAIN, JobKind.INGEST, JobKind.PRETRAIN)):
        jobs.add_job(session, f"j{number}", kind, project_id=demo.id, params={})
        jobs.start_job(session, f"j{number}")
    for job_id in ("j0", "j1", "j2"):
        jobs.upsert_progress(session, job_id, "a", fraction=0.5)
    found = jobs.list_busy_jobs(session, (JobKind.GENERATE, JobKind.RETRAIN, JobKind.PRETRAIN))
    assert [(one.job_id, one.project_name) for one in found] == [("j1", demo.name), ("j0", demo.name)]
