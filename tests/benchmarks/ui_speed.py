"""How long a curator waits on the deck: key to next card, decision to database, presses faster than the server."""

import statistics
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.benchmarks.ui_desk import ALL_PAINTED, ALL_SAVED, Press, Stored, open_deck, read_presses, watch_decisions

PATTERN = "aaxaaaxaaa"
ACTIONS = {"a": "accept", "x": "reject"}
PAUSE_MILLISECONDS = 150
NUM_RAPID, RAPID_MILLISECONDS = 20, 80


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th percentile and worst of measurements in milliseconds."""

    p50_ms: float
    p95_ms: float
    max_ms: float
    n: int


def spread(values: Sequence[float]) -> Spread:
    """Return how measurements spread."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return Spread(round(cuts[49], 1), round(cuts[94], 1), round(max(values), 1), len(values))


@dataclass(frozen=True, slots=True)
class Speed:
    """What one run on the deck measured.

    Args:
        key_to_card: From the key to the frame with the next card.
        key_to_row: From the key to the decision being readable in the database by another process.
        num_wrong: Decisions that are missing, twice there, on another card or of another kind.
        num_rapid_right: Of the rapid presses, those whose decision is on the card that was shown.
    """

    key_to_card: Spread
    key_to_row: Spread
    num_wrong: int
    num_rapid_right: int


def measure_speed(browser: Browser, url: str, home: Path, *, num_decisions: int) -> Speed:
    """Decide cards one after another with a short pause, then some without waiting."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        open_deck(page, url)
        with watch_decisions(home) as stored:
            for number in range(num_decisions):
                page.keyboard.press(PATTERN[number % len(PATTERN)])
                page.wait_for_function(ALL_PAINTED, polling=10)
                page.wait_for_timeout(PAUSE_MILLISECONDS)
            _wait_saved(page)
            presses = read_presses(page)
            paced = list(stored)
            _press_rapidly(page)
            _wait_saved(page)
            rapid = read_presses(page)[len(presses) :]
            rapid_stored = stored[len(paced) :]
    finally:
        page.close()
    waits = [one.milliseconds for one in presses if one.milliseconds is not None]
    return Speed(
        spread(waits),
        spread(_row_waits(presses, paced)),
        count_wrong(presses, paced),
        sum(_is_right(press, found) for press, found in zip(rapid, rapid_stored, strict=False)),
    )


def _press_rapidly(page: Page) -> None:
    """Press keys at a fixed rate, whatever the page does."""
    start = time.perf_counter()
    for number in range(NUM_RAPID):
        page.keyboard.press(PATTERN[number % len(PATTERN)])
        due = start + (number + 1) * RAPID_MILLISECONDS / 1000
        page.wait_for_timeout(max(0, 1000 * (due - time.perf_counter())))


def _wait_saved(page: Page) -> None:
    page.wait_for_function(ALL_SAVED, timeout=60_000)
    page.wait_for_timeout(200)


def _is_right(press: Press, found: Stored) -> bool:
    return (press.item_id, ACTIONS[press.key]) == (found.item_id, found.action)


def _row_waits(presses: Sequence[Press], stored: Sequence[Stored]) -> list[float]:
    """Return milliseconds from each press to its row."""
    first_seen = {one.item_id: one.seen_at for one in reversed(stored)}
    return [1000 * (first_seen[one.item_id] - one.at) for one in presses if one.item_id in first_seen]


def count_wrong(presses: Sequence[Press], stored: Sequence[Stored]) -> int:
    """Return how many decisions are missing, twice there, on another card or of another kind."""
    wanted = {(one.item_id, ACTIONS[one.key]) for one in presses}
    found = [(one.item_id, one.action) for one in stored]
    return len(wanted - set(found)) + len(found) - len(set(found)) + len(set(found) - wanted)


def measure_while(
    beside: AbstractContextManager[object], browser: Browser, url: str, home: Path, *, num_decisions: int
) -> Speed:
    """Measure while something runs beside the pages."""
    with beside:
        return measure_speed(browser, url, home, num_decisions=num_decisions)
