"""A folder of data with the demo project for each test, and the app run in it without a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import Settings
from db.session import Session, make_engine, session_scope
from pages.shell.startup import prepare_data
from tests.pages.support import OpenPage

ROUTER = Path(__file__).parents[2] / "pages" / "shell" / "router.py"


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    prepare_data(Settings(home=home))
    return home


@pytest.fixture
def settings(prepared_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a fresh copy of the demo's data; pages read the same from the environment."""
    shutil.copytree(prepared_home, tmp_path / "home")
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    return Settings()


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    engine = make_engine(settings.resolved_database_url)
    with session_scope(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def open_page(settings: Settings) -> OpenPage:  # noqa: ARG001 - the page needs the folder
    """Return a function that runs the router and one page of it."""

    def open_page(name: str = "home", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROUTER), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        if name != "home":
            for key, value in query.items():
                app.query_params[key] = value
            app.switch_page(f"../{name}.py").run()
        assert not app.exception, app.exception
        return app

    return open_page
