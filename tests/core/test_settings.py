"""Where an installation's databases lie."""

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import Settings


def test_sqlite_keeps_jobs_in_a_file_of_their_own_and_postgres_beside_the_rest() -> None:
    assert Settings(home=Path("/data")).resolved_jobs_database_url == "sqlite:////data/jobs.db"
    assert Settings(home=Path("/data"), database_url="sqlite:////x.db").resolved_jobs_database_url.endswith("jobs.db")
    assert Settings(database_url="postgresql://team").resolved_jobs_database_url == "postgresql://team"


def test_one_sqlite_file_for_both_databases_is_refused() -> None:
    settings = Settings(database_url="sqlite:////x.db", jobs_database_url="sqlite:////x.db")
    with pytest.raises(SettingsError, match="another SQLite file"):
        _ = settings.resolved_jobs_database_url


def test_a_value_that_cannot_be_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARE_PORT", "abc")
    monkeypatch.setenv("DARE_DEVICE", "tpu")
    with pytest.raises(SettingsError, match=r"^DARE_PORT=abc: .* integer.*; DARE_DEVICE=tpu: .*'cuda'.*Mend or unset"):
        Settings()
