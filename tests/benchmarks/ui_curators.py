"""Several curators at once, each in a browser session of their own, on documents of one project."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.benchmarks.ui_desk import ALL_SAVED, open_deck, read_decisions, read_presses
from tests.benchmarks.ui_speed import ACTIONS, PATTERN, Spread, spread

PAUSE_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Together:
    """What became of the decisions of several curators.

    Args:
        num_pressed: Decisions that they made.
        num_lost: Decisions that are not in the database.
        num_duplicated: Decisions that are there more than once.
        num_errors: Refusals shown on cards, and errors of scripts in the pages.
        key_to_card: From the key to the frame with the next card.
    """

    num_curators: int
    seconds: float
    num_pressed: int
    num_lost: int
    num_duplicated: int
    num_errors: int
    key_to_card: Spread


def measure_together(browser: Browser, urls: list[str], home: Path, *, seconds: float) -> Together:
    """Let every curator decide a card each 0.4 s, on a document of their own.

    Args:
        browser: A browser; every curator gets a context, that is a session, of their own.
        urls: Where each curator works.
        home: Folder of the database.
        seconds: How long.
    """
    last = max((one[0] for one in read_decisions(home)), default=0)
    errors: list[str] = []
    desks = [_open(browser, url, errors) for url in urls]
    start = time.perf_counter()
    turn = 0
    while (now := time.perf_counter() - start) < seconds:
        for desk in desks:
            desk.keyboard.press(PATTERN[turn % len(PATTERN)])
        turn += 1
        desks[0].wait_for_timeout(max(0, 1000 * (PAUSE_SECONDS - (time.perf_counter() - start - now))))
    for desk in desks:
        desk.wait_for_function(ALL_SAVED, timeout=120_000)
    presses = [press for desk in desks for press in read_presses(desk) if press.item_id]
    num_notices = sum(desk.get_by_test_id("dare-notice").count() for desk in desks)
    for desk in desks:
        desk.context.close()
    pressed = Counter((one.item_id, ACTIONS[one.key]) for one in presses)
    stored = Counter((item_id, action) for _, item_id, action in read_decisions(home, after_id=last))
    return Together(
        len(urls),
        seconds,
        len(presses),
        (pressed - stored).total(),
        (stored - pressed).total(),
        num_notices + len(errors),
        spread([one.milliseconds for one in presses if one.milliseconds is not None]),
    )


def _open(browser: Browser, url: str, errors: list[str]) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_deck(page, url)
    return page
