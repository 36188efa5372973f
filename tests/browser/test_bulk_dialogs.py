"""Dialogs in a browser: a step done in one closes it, the page is drawn anew, and the next key meets no conflict."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING

import pytest

from db.session import make_engine, session_scope
from tests.browser.test_review_pages import SERVE, PageDesk
from tests.pages.test_annotate import TEXTS, seed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def address(
    browser: "Browser",  # noqa: ARG001 - skips first
    start_server: Callable[..., str],
    tmp_path: Path,
    migrated_file: Path,
) -> Iterator[str]:
    """A running app whose one project has three open sentences, two of them with suggestions."""
    copy(migrated_file, tmp_path / "curator.db")
    engine = make_engine(f"sqlite:///{tmp_path / 'curator.db'}")
    with session_scope(engine) as session:
        seed(session)
    engine.dispose()
    yield start_server("-c", SERVE, environment={"DARE_HOME": str(tmp_path)})


def test_accepting_above_a_score_closes_the_dialog_and_tells_what_it_did(page: "Page", address: str) -> None:
    desk = PageDesk(page, f"{address}/annotate?project=1")
    page.get_by_role("button", name="Accept above a score").click()
    dialog = page.get_by_role("dialog")
    slider = dialog.get_by_role("slider")
    slider.focus()
    for _ in range(20):
        slider.press("ArrowLeft")
    dialog.get_by_text("1 pair of mentions without a suggested relation becomes “no relation”").wait_for()
    dialog.get_by_role("button", name="Accept 4 suggestions").click()
    page.locator("[role=dialog]").wait_for(state="detached")  # its fading included: keys are silent until then
    page.get_by_text("Suggestions in 2 sentences accepted as one step.").wait_for()
    assert page.get_by_test_id("dare-text").text_content() == TEXTS[1]
    desk.press("a")
    page.get_by_text("2 of 3 sentences of this project are reviewed").wait_for()
    assert page.get_by_text("Two versions").count() == 0


def test_dialog_closed_without_a_step_leaves_the_present_state(page: "Page", address: str) -> None:
    PageDesk(page, f"{address}/annotate?project=1")
    page.get_by_role("button", name="Accept above a score").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("No suggestion in these sentences reaches the score.").wait_for()
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")
    assert page.get_by_test_id("dare-text").text_content() == TEXTS[0]
