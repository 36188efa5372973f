"""Real servers and a real Chromium for browser tests; screenshots of failures go to test-artifacts/."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.harness.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "test-artifacts"
START_SECONDS = 60
WAIT_MILLISECONDS = 60_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
]
FAILED = pytest.StashKey[bool]()

StartServer = Callable[..., str]


def find_chromium() -> str | None:
    """Return the path of a Chromium, `CHROMIUM` first, or None."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.stash[FAILED] = report.failed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"The server at {url} did not start: {log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start a command with `{port}` filled in, and return its address once it is healthy."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*command: str, environment: dict[str, str] | None = None) -> str:
        port = free_port()
        log = tmp_path_factory.mktemp("server") / "server.log"
        words = [word.replace("{port}", str(port)) for word in command]
        with log.open("wb") as sink:
            # A file, not a pipe: nobody reads it, and a full pipe would stop the server.
            running.append(
                subprocess.Popen(
                    [sys.executable, *words],
                    cwd=ROOT,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env=os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {}),
                )
            )
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url, running[-1], log)
        return url

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(10)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The installed Chromium; tests that need one are skipped without."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium), and CHROMIUM is not set")
    return executable


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator["Browser"]:
    """One Chromium for a file: Playwright keeps an event loop in this thread, in which no other test's can run."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    playwright.expect.set_options(timeout=WAIT_MILLISECONDS)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: "Browser", request: pytest.FixtureRequest) -> Iterator["Page"]:
    """A page in a context of its own: own cookies, own Streamlit session. Script errors fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(WAIT_MILLISECONDS)
    opened.set_default_navigation_timeout(60_000)  # the first page of a busy machine
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    if request.node.stash.get(FAILED, False):
        ARTIFACTS.mkdir(exist_ok=True)
        opened.screenshot(path=ARTIFACTS / f"{request.node.name}.png")
    context.close()
    assert not errors, f"errors in the page: {errors}"


@pytest.fixture(scope="session")
def server(chromium_path: str, start_server: StartServer) -> str:  # noqa: ARG001 - skips first without a browser
    """A server whose only page is a deck, with no database."""
    return start_server("tests/browser/harness/app.py", "{port}")


@pytest.fixture
def open_deck(page: "Page", server: str) -> Callable[[str], Desk]:
    """Open one of the harness's decks by its query, as `deck=rash`."""
    return lambda query: Desk(page, server, query)
