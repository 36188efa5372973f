"""A worker's name belongs to one place at a time, and is free again when its worker has stopped or fallen silent."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import WorkerBusyError
from core.jobs.claim import claim_name, require_free_names
from core.jobs.supervisor import supervise
from core.settings import Settings
from db.queries import jobs
from db.session import Engine, session_scope
from db.tables import WorkerStatus


@pytest.fixture
def here(tmp_path: Path, engine: Engine) -> Settings:
    return make_settings(tmp_path / "here", engine)


@pytest.fixture
def elsewhere(tmp_path: Path, engine: Engine) -> Settings:
    return make_settings(tmp_path / "elsewhere", engine)


def make_settings(home: Path, engine: Engine) -> Settings:
    return Settings(home=home, database_url=engine.url.render_as_string(hide_password=False), device="cpu")


def age(engine: Engine, seconds: float) -> None:
    with session_scope(engine) as session:
        session.execute(sa.update(WorkerStatus).values(updated_at=datetime.now(UTC) - timedelta(seconds=seconds)))


def test_a_name_of_a_live_worker_is_refused_on_another_machine_and_taken_again_on_its_own(
    here: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_name(here, engine, "local:0")
    claim_name(here, engine, "local:0")  # it was restarted: the lock of its machine says that no other is alive
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu-2")
    with pytest.raises(WorkerBusyError, match=r"'local:0' is running at .*/here with the same .* DARE_WORKER_NAME"):
        claim_name(here, engine, "local:0")
    claim_name(here, engine, "local:1")


def test_a_name_of_a_live_worker_is_refused_in_another_folder_of_the_same_machine(
    here: Settings, elsewhere: Settings, engine: Engine
) -> None:
    claim_name(here, engine, "local:0")
    with pytest.raises(WorkerBusyError, match="is running at"):
        claim_name(elsewhere, engine, "local:0")


def test_a_worker_that_stopped_or_fell_silent_leaves_its_name_to_others(
    here: Settings, elsewhere: Settings, engine: Engine
) -> None:
    claim_name(here, engine, "local:0")
    age(engine, jobs.ALIVE_SECONDS + 1)
    claim_name(elsewhere, engine, "local:0")
    with session_scope(engine) as session:
        jobs.upsert_worker_status(session, "local:0", state="stopped")
    claim_name(here, engine, "local:0")
    with pytest.raises(WorkerBusyError):
        claim_name(elsewhere, engine, "local:0")


def test_a_heartbeat_keeps_the_place(here: Settings, elsewhere: Settings, engine: Engine) -> None:
    claim_name(here, engine, "local:0")
    with session_scope(engine) as session:
        jobs.upsert_worker_status(session, "local:0", state="busy")
    with pytest.raises(WorkerBusyError):
        require_free_names(elsewhere, engine, ["local:0"])


def test_the_app_does_not_start_where_its_worker_would_be_refused(
    here: Settings, elsewhere: Settings, engine: Engine
) -> None:
    claim_name(here, engine, "local:0")
    served: list[bool] = []
    with pytest.raises(WorkerBusyError, match="DARE_WORKER_NAME"):
        supervise(elsewhere, lambda: served.append(True), worker_command=["/no/such/program"])
    assert served == []
