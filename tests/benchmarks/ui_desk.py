"""What the measurements of the pages share: a server that can be killed, a watch on its database, a timed page."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from core.settings import Settings
from db.session import Engine, make_engine
from pages.shell.startup import prepare_data
from tests.browser.conftest import ROOT, free_port, wait_until_healthy

SERVE = "from app import serve; from core.settings import Settings; serve(Settings(port={port}))"
POLL_SECONDS = 0.002

# Set before the page's own scripts, so that it hears every key first. A press is painted when the frame after the
# change of the card has been drawn: a message posted from a frame's callback is handled after that frame.
RECORDER = """
window.darePresses = [];
const deckOf = () => document.querySelector('[data-testid=dare-deck]');
window.addEventListener('keydown', (event) => {
  const before = deckOf()?.dataset.item ?? '';
  const press = { key: event.key, item: before, at: performance.timeOrigin + event.timeStamp, milliseconds: null };
  window.darePresses.push(press);
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { press.milliseconds = performance.now() - event.timeStamp; };
  const look = () => {
    if ((deckOf()?.dataset.item ?? '') === before) requestAnimationFrame(look);
    else channel.port2.postMessage('');
  };
  requestAnimationFrame(look);
}, true);
"""
ALL_PAINTED = "() => window.darePresses.every((press) => press.milliseconds !== null)"
ALL_SAVED = "() => document.querySelector('[data-testid=dare-deck]')?.dataset.pending === '0'"
NUM_PENDING = "() => Number(document.querySelector('[data-testid=dare-deck]').dataset.pending)"


@dataclass(frozen=True, slots=True)
class Press:
    """A key that was pressed on a card.

    Args:
        key: The key.
        item_id: Sentence that was shown.
        at: Seconds since 1970.
        milliseconds: Until the frame with the next card was drawn; None if it never was.
    """

    key: str
    item_id: int
    at: float
    milliseconds: float | None


def read_presses(page: Page) -> list[Press]:
    """Return what was pressed since the page was loaded."""
    raw = page.evaluate("() => window.darePresses")
    return [
        Press(one["key"], int(one["item"].partition(":")[2] or 0), one["at"] / 1000, one["milliseconds"]) for one in raw
    ]


def open_deck(page: Page, url: str) -> None:
    """Open a page with a deck and wait for its first card."""
    page.add_init_script(RECORDER)
    page.goto(url)
    page.get_by_test_id("dare-text").wait_for(timeout=120_000)
    page.wait_for_timeout(500)


@dataclass
class Server:
    """The web process alone, with a home of its own: no worker, so nothing runs beside it."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> Engine:
        """Create the databases and return the engine of the first."""
        settings = Settings(home=self.home)
        prepare_data(settings)
        return make_engine(settings.resolved_database_url)

    def start(self) -> None:
        """Start the process, at the same address after a kill, and wait until it answers."""
        log = self.home / "server.log"
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE.format(port=self.port)],
                cwd=ROOT,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=environment_of(self.home),
            )
        wait_until_healthy(self.address, self.process, log)

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


def environment_of(home: Path) -> dict[str, str]:
    """Return the environment of a process that belongs to a home."""
    return os.environ | {"PYTHONPATH": str(ROOT), "DARE_HOME": str(home), "HF_HUB_OFFLINE": "1"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A decision as another process finds it in the database.

    Args:
        item_id: The sentence.
        action: What was done.
        seen_at: Seconds since 1970 when it could be read, at most some milliseconds late.
    """

    item_id: int
    action: str
    seen_at: float


def read_decisions(home: Path, *, after_id: int = 0) -> list[tuple[int, int, str]]:
    """Return the decisions after one as (id, sentence id, action), in their order."""
    with closing(sqlite3.connect(home / "curator.db", timeout=30)) as connection:
        return _read_after(connection, after_id)


def _read_after(connection: sqlite3.Connection, after_id: int) -> list[tuple[int, int, str]]:
    query = "SELECT id, target_id, action FROM decision WHERE id > ? ORDER BY id"
    return list(connection.execute(query, (after_id,)))


@contextmanager
def watch_decisions(home: Path) -> Iterator[list[Stored]]:
    """Yield a list that fills with new decisions as soon as they can be read."""
    found: list[Stored] = []
    stop = threading.Event()
    last = max((one[0] for one in read_decisions(home)), default=0)

    def watch() -> None:
        nonlocal last
        with closing(sqlite3.connect(home / "curator.db", timeout=30)) as connection:
            while not stop.wait(POLL_SECONDS):
                for decision_id, item_id, action in _read_after(connection, last):
                    last = decision_id
                    found.append(Stored(item_id, action, time.time()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join(10)
