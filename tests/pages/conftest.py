"""Pages under AppTest on a database of their own, with the router around them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import Settings
from db.session import Session, session_scope
from pages.components.session import get_engine

ROUTER = Path(__file__).parents[2] / "pages" / "shell" / "router.py"

Write = Callable[[Callable[[Session], Any]], Any]


class DeckPage:
    """A browser tab on a page with a deck: sends events as the browser would, and reads what it was sent."""

    def __init__(self, page: str, **query: str) -> None:
        self.app = AppTest.from_file(str(ROUTER), default_timeout=60)
        for name, value in query.items():
            self.app.query_params[name] = value
        self.app.run()
        self.app.switch_page(f"../{page}.py")
        for name, value in query.items():
            self.app.query_params[name] = value
        self.log: list[dict[str, object]] = []
        self.run()

    def run(self) -> None:
        self.app.run()
        assert not self.app.exception, [error.value for error in self.app.exception]

    @property
    def deck(self) -> dict[str, Any]:
        """What the browser has been sent."""
        return dict(json.loads(self.app.get("bidi_component")[0].proto.json))

    @property
    def card(self) -> dict[str, Any]:
        """The card that is shown."""
        deck = self.deck
        return dict(deck["items"][deck["position"] - deck["first"]])

    def send(self, kind: str, *, position: int | None = None, **fields: object) -> None:
        """Do something on the card that is shown, with the version that is shown."""
        deck, card = self.deck, self.card
        where = {"item_kind": card["kind"], "item_id": card["id"], "version": card["version"]}
        place = deck["position"] if position is None else position
        base = {"client": "c1", "session": deck["session"], "seq": len(self.log) + 1, "position": place}
        self.log.append(base | where | {"kind": kind} | fields)
        self.app.session_state[deck["deck"]] = {"log": self.log}
        self.run()

    @property
    def notices(self) -> list[str]:
        """Refusals that are shown on cards."""
        return [notice["message"] for notice in self.deck["notices"]]


@pytest.fixture
def home(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with an empty database that the pages use."""
    monkeypatch.setenv("DARE_HOME", str(tmp_path))
    for name in ("DARE_DATABASE_URL", "DARE_JOBS_DATABASE_URL", "DARE_ARTIFACTS_URL"):
        monkeypatch.delenv(name, raising=False)
    copy(migrated_file, tmp_path / "curator.db")
    yield tmp_path
    get_engine(Settings().resolved_database_url).dispose()


@pytest.fixture
def in_database(home: Path) -> Write:  # noqa: ARG001 - the folder must be there
    """Run a function with a session and commit."""

    def run(action: Callable[[Session], Any]) -> Any:
        with session_scope(get_engine(Settings().resolved_database_url)) as session:
            return action(session)

    return run


@pytest.fixture
def open_page(home: Path) -> Callable[..., DeckPage]:  # noqa: ARG001 - the folder must be there
    """Open a page in a tab of its own."""
    return DeckPage
