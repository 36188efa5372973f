"""Enqueue, cancel and retry from the web process, and the upkeep that mends what a crash left behind."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.domain import JobKind, JobState
from core.errors import ConflictError, NotFoundError
from core.jobs import client, names
from core.jobs.engine import JobEngine
from core.jobs.status import StatusBoard
from core.jobs.supervisor import prepare
from core.jobs.upkeep import Upkeep
from core.settings import Settings
from db.queries import jobs
from db.session import Engine, Session, make_engine, session_scope
from db.tables import Project


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    prepare(settings)
    return settings


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = make_engine(settings.resolved_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with session_scope(engine) as session:
        session.add(Project(id=1, name="Test", template="blank"))
        session.commit()
        yield session


@pytest.fixture
def job_engine(settings: Settings) -> Iterator[JobEngine]:
    job_engine = JobEngine(settings)
    yield job_engine
    job_engine.close()


def enqueue(settings: Settings, session: Session) -> str:
    return client.enqueue(settings, session, JobKind.RETRAIN, project_id=1, params={"members": 3}, user_id=None)


def state_of(engine: Engine, job_id: str) -> JobState:
    with session_scope(engine) as session:
        return jobs.get_job(session, job_id).state


def test_enqueued_job_is_in_both_databases(
    settings: Settings, engine: Engine, session: Session, job_engine: JobEngine
) -> None:
    job_id = enqueue(settings, session)
    assert state_of(engine, job_id) is JobState.QUEUED
    assert job_engine.find_statuses([job_id]) == {job_id: "ENQUEUED"}


def test_cancelled_job_is_cancelled_in_both_databases_and_can_be_retried(
    settings: Settings, engine: Engine, session: Session, job_engine: JobEngine
) -> None:
    job_id = enqueue(settings, session)
    client.cancel(settings, session, job_id)
    assert state_of(engine, job_id) is JobState.CANCELLED
    assert job_engine.find_statuses([job_id]) == {job_id: "CANCELLED"}
    client.cancel(settings, session, job_id)  # a second click changes nothing
    client.retry(settings, session, job_id)
    assert state_of(engine, job_id) is JobState.QUEUED
    assert job_engine.find_statuses([job_id]) == {job_id: "ENQUEUED"}


def test_all_jobs_of_a_project_are_cancelled_and_those_of_others_are_not(
    settings: Settings, engine: Engine, session: Session, job_engine: JobEngine
) -> None:
    session.add(Project(id=2, name="Other", template="blank"))
    mine = [enqueue(settings, session) for _ in range(2)]
    other = client.enqueue(settings, session, JobKind.RETRAIN, project_id=2, params={}, user_id=None)
    client.cancel_all(settings, session, 1)
    assert [state_of(engine, job_id) for job_id in (*mine, other)] == [
        JobState.CANCELLED, JobState.CANCELLED, JobState.QUEUED
    ]  # fmt: skip
    assert job_engine.find_statuses([*mine, other]) == {**dict.fromkeys(mine, "CANCELLED"), other: "ENQUEUED"}


def test_a_job_never_waits_while_its_flow_is_still_cancelled(
    settings: Settings, engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = enqueue(settings, session)
    client.cancel(settings, session, job_id)
    seen_states = []
    rerun = JobEngine.rerun

    def rerun_when_seen(self: JobEngine, job_id: str, kind: JobKind) -> None:
        seen_states.append(state_of(engine, job_id))
        rerun(self, job_id, kind)

    monkeypatch.setattr(JobEngine, "rerun", rerun_when_seen)
    client.retry(settings, session, job_id)
    assert seen_states == [JobState.CANCELLED]


def test_a_retry_that_the_engine_refuses_leaves_the_job_as_it_was(
    settings: Settings, engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = enqueue(settings, session)
    client.cancel(settings, session, job_id)

    def refuse(_self: JobEngine, _job_id: str, _kind: JobKind) -> None:
        raise ConnectionError("the server is away")

    monkeypatch.setattr(JobEngine, "rerun", refuse)
    with pytest.raises(ConnectionError):
        client.retry(settings, session, job_id)
    session.rollback()
    assert state_of(engine, job_id) is JobState.CANCELLED


def test_retry_of_a_waiting_job_is_refused(settings: Settings, session: Session) -> None:
    job_id = enqueue(settings, session)
    with pytest.raises(ConflictError, match=f"{job_id} is queued"):
        client.retry(settings, session, job_id)


def test_unknown_job_is_refused(settings: Settings, session: Session) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"):
        client.cancel(settings, session, "nothing")


def test_cancelled_job_can_be_neither_started_nor_finished(settings: Settings, session: Session) -> None:
    job_id = enqueue(settings, session)
    client.cancel(settings, session, job_id)
    with pytest.raises(ConflictError, match="is cancelled and no longer queued or running"):
        jobs.start_job(session, job_id)
    with pytest.raises(ConflictError):
        jobs.finish_job(session, job_id, result={})


def test_upkeep_queues_a_job_that_the_engine_never_received(
    engine: Engine, session: Session, job_engine: JobEngine
) -> None:
    jobs.add_job(session, "lost", JobKind.PREDICT, project_id=1, params={})
    session.commit()
    upkeep = Upkeep(engine, job_engine)
    upkeep.run()
    assert job_engine.find_statuses(["lost"]) == {}  # once may be a moment between two writes
    upkeep.run()
    assert job_engine.find_statuses(["lost"]) == {"lost": "ENQUEUED"}


def test_upkeep_leaves_a_job_alone_that_a_notebook_does_itself_until_it_is_retried(
    settings: Settings, engine: Engine, session: Session, job_engine: JobEngine
) -> None:
    jobs.add_job(session, "mine", JobKind.RETRAIN, project_id=1, params={})
    jobs.start_job(session, "mine")
    jobs.set_stage(session, "mine", names.OUTSIDE_STAGE)
    session.commit()
    upkeep = Upkeep(engine, job_engine)
    for _ in range(3):
        upkeep.run()
    assert job_engine.find_statuses(["mine"]) == {}
    assert state_of(engine, "mine") is JobState.RUNNING
    client.cancel(settings, session, "mine")  # its process was killed
    assert state_of(engine, "mine") is JobState.CANCELLED
    jobs.requeue_job(session, "mine")
    session.commit()
    for _ in range(2):
        upkeep.run()
    assert job_engine.find_statuses(["mine"]) == {"mine": "ENQUEUED"}


def test_upkeep_ends_the_row_of_a_job_that_the_engine_has_cancelled(
    settings: Settings, engine: Engine, session: Session, job_engine: JobEngine
) -> None:
    job_id = enqueue(settings, session)
    job_engine.cancel(job_id)
    upkeep = Upkeep(engine, job_engine)
    upkeep.run()
    assert state_of(engine, job_id) is JobState.QUEUED
    upkeep.run()
    assert state_of(engine, job_id) is JobState.CANCELLED


def test_upkeep_leaves_a_job_that_was_retried_while_it_looked(
    settings: Settings, engine: Engine, session: Session, job_engine: JobEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = enqueue(settings, session)
    job_engine.cancel(job_id)
    upkeep = Upkeep(engine, job_engine)
    upkeep.run()
    find_statuses = job_engine.find_statuses

    def find_then_retry(job_ids: Sequence[str]) -> dict[str, str]:
        statuses = find_statuses(job_ids)
        if statuses[job_id] == "CANCELLED":
            client.cancel(settings, session, job_id)
            client.retry(settings, session, job_id)
        return statuses

    monkeypatch.setattr(job_engine, "find_statuses", find_then_retry)
    upkeep.run()
    assert state_of(engine, job_id) is JobState.QUEUED
    assert find_statuses([job_id]) == {job_id: "ENQUEUED"}


def test_board_tells_loading_before_anything_else() -> None:
    board = StatusBoard()
    board.begin("retrain: member-1")
    assert board.current() == ("loading", "starting the predictor")
    board.set_predictor("ready", "")
    assert board.current() == ("busy", "retrain: member-1")
    board.end("retrain: member-1")
    assert board.current() == ("ready", "")


def test_client_imports_no_model_library() -> None:
    code = "import sys, core.jobs.client; print({'torch', 'transformers', 'spacy', 'streamlit'} & set(sys.modules))"
    root = Path(__file__).parents[3]
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert output.stdout == "set()\n"
