"""Kills the server shortly after a decision, again and again: what the page showed as saved must be in the database."""

from dataclasses import dataclass
from random import Random

from playwright.sync_api import Browser, Page

from tests.benchmarks.ui_desk import ALL_SAVED, NUM_PENDING, Server, open_deck, read_decisions, read_presses
from tests.benchmarks.ui_speed import ACTIONS

MIN_MILLISECONDS, MAX_MILLISECONDS = 1, 500
BURST = "axa"
BURST_MILLISECONDS = 60


@dataclass(frozen=True, slots=True)
class Kills:
    """What became of decisions made just before the server was killed.

    Args:
        num_trials: Kills.
        num_pressed: Decisions made.
        num_shown_saved: Decisions that the page showed as saved when the server was dead.
        num_lost_saved: Of those, the ones that the database lacks.
        num_lost: Decisions that are still missing after the server was started again.
        num_duplicated: Decisions that are there more than once.
        num_refused: Decisions that the restarted server refused.
    """

    num_trials: int
    num_pressed: int
    num_shown_saved: int
    num_lost_saved: int
    num_lost: int
    num_duplicated: int
    num_refused: int


def measure_kills(browser: Browser, server: Server, url: str, *, num_trials: int) -> Kills:
    """Decide three cards, kill the server 1 to 500 ms after the last, start it again; all on one open page."""
    rng = Random(11)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    last = max((one[0] for one in read_decisions(server.home)), default=0)
    num_saved = num_lost_saved = num_refused = 0
    open_deck(page, url)
    for _ in range(num_trials):
        saved, lost = _kill_after_decisions(page, server, last, rng)
        num_saved, num_lost_saved = num_saved + saved, num_lost_saved + lost
        server.start()
        page.wait_for_function(ALL_SAVED, timeout=180_000)
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
        num_refused += page.get_by_test_id("dare-notice").count()
        _dismiss(page)
    pressed = _pressed(page)
    page.close()
    stored = [(item_id, action) for _, item_id, action in read_decisions(server.home, after_id=last)]
    num_missing = len(set(pressed) - set(stored))
    num_twice = len(stored) - len(set(stored))
    return Kills(num_trials, len(pressed), num_saved, num_lost_saved, num_missing, num_twice, num_refused)


def _kill_after_decisions(page: Page, server: Server, last: int, rng: Random) -> tuple[int, int]:
    """Return how many of this page's decisions were shown as saved, and how many of those the database lacks."""
    num_before = len(_pressed(page))
    for key in BURST:
        page.keyboard.press(key)
        page.wait_for_timeout(BURST_MILLISECONDS)
    page.wait_for_timeout(max(0, rng.randint(MIN_MILLISECONDS, MAX_MILLISECONDS) - BURST_MILLISECONDS))
    server.kill()
    page.wait_for_timeout(200)  # what was on the wire arrives
    pressed = _pressed(page)
    shown = pressed[: len(pressed) - page.evaluate(NUM_PENDING)]
    stored = {(item_id, action) for _, item_id, action in read_decisions(server.home, after_id=last)}
    return len(shown[num_before:]), len(set(shown[num_before:]) - stored)


def _pressed(page: Page) -> list[tuple[int, str]]:
    return [(one.item_id, ACTIONS[one.key]) for one in read_presses(page) if one.item_id]


def _dismiss(page: Page) -> None:
    for notice in page.get_by_test_id("dare-notice").all()[::-1]:
        notice.get_by_role("button", name="Dismiss").click()
