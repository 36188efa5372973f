"""Pages with a deck under AppTest: an empty database for them, and a browser tab that sends events."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import Settings
from db.session import Session, session_scope
from pages.components.session import get_engine

ROUTER = Path(__file__).parents[2] / "pages" / "shell" / "router.py"

OpenDatabase = Callable[[], AbstractContextManager[Session]]


@contextmanager
def use_database(home: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDatabase]:
    """Let pages use an empty database in a folder, and yield what opens a session that commits at its end."""
    monkeypatch.setenv("DARE_HOME", str(home))
    copy(migrated_file, home / "curator.db")
    engine = get_engine(Settings().resolved_database_url)
    yield lambda: session_scope(engine)
    engine.dispose()


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
