"""Pages in a browser after something else changed: a step done in a dialog, a project deleted in another tab."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING

import pytest

from core.workflows.projects import create_project
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
        create_project(session, "Another <b>one</b>", template="drug-drug")
    engine.dispose()
    yield start_server("-c", SERVE, environment={"DARE_HOME": str(tmp_path)})


def test_accepting_above_a_score_closes_the_dialog_and_tells_what_it_did(page: "Page", address: str) -> None:
    from playwright.sync_api import expect

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
    expect(page.get_by_test_id("dare-text")).to_have_text(TEXTS[1])
    desk.press("a")
    page.get_by_text("2 of 3 sentences of this project are reviewed").wait_for()
    assert page.get_by_text("Two versions").count() == 0


def test_dialog_closed_without_a_step_leaves_the_present_state(page: "Page", address: str) -> None:
    from playwright.sync_api import expect

    PageDesk(page, f"{address}/annotate?project=1")
    page.get_by_role("button", name="Accept above a score").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("No suggestion in these sentences reaches the score.").wait_for()
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")
    expect(page.get_by_test_id("dare-text")).to_have_text(TEXTS[0])


def test_tab_left_open_on_a_deleted_project_says_so_once(page: "Page", address: str, tmp_path: Path) -> None:
    desk = PageDesk(page, f"{address}/annotate?project=1")
    engine = make_engine(f"sqlite:///{tmp_path / 'curator.db'}")
    with session_scope(engine) as session:
        session.connection().exec_driver_sql("DELETE FROM project WHERE id = 1")
    engine.dispose()
    desk.press("f")
    warning = page.get_by_text("Project 1 does not exist any more. This is “Another <b>one</b>”")
    warning.wait_for()
    page.get_by_text("This project has no text yet").wait_for()
    page.wait_for_url("**project=2")
    page.get_by_role("link", name="Upload", exact=True).click()
    page.get_by_role("heading", name="Imports").wait_for()
    warning.wait_for(state="detached")


def test_link_to_a_project_that_is_none_says_so(page: "Page", address: str) -> None:
    page.goto(f"{address}/annotate?project=abc")
    page.get_by_text("“abc” is no number of a project. This is “Another <b>one</b>”").wait_for()
    page.get_by_text("This project has no text yet").wait_for()
