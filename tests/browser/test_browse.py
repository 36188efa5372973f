"""Browse in a real browser: what a link names is found, a row opens in Annotate, and back leads to it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import StartServer
from tests.browser.test_deep_link import SERVE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_search_survives_a_reload_and_its_row_opens_in_annotate(
    start_server: StartServer, page: "Page", tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    url = start_server("-c", SERVE, str(tmp_path), "{port}")
    page.goto(f"{url}/browse")
    page.get_by_placeholder("Search the text").fill("shuffling gait")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("words=shuffling"))
    page.reload()
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    # The box before the first row; rows are drawn on a canvas.
    table.click(position={"x": 16, "y": 52})
    expect(page.get_by_test_id("dare-text")).to_contain_text("shuffling gait")
    expect(page).to_have_url(re.compile(r"/annotate\?.*sentence=\d"))


def test_going_back_finds_filters_order_and_page_as_they_were(
    start_server: StartServer, page: "Page", tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    url = start_server("-c", SERVE, str(tmp_path), "{port}")
    page.goto(f"{url}/browse?split=Training&sort=Last+changed+first&page=2")
    table, shown = page.get_by_test_id("stDataFrame"), page.get_by_text(re.compile("^51 to "))
    kept = re.compile(r"/browse\?(?=.*split=Training)(?=.*sort=Last\+changed\+first)(?=.*page=2)(?!.*sentence=)")
    expect(shown).to_be_visible()
    table.click(position={"x": 16, "y": 52})
    expect(page.get_by_test_id("dare-text")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(kept)
    expect(shown).to_be_visible()
    page.go_forward()
    page.get_by_role("link", name="Back to the table").click()
    expect(page).to_have_url(kept)
    expect(shown).to_be_visible()
