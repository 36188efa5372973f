"""Browse in a real browser: what a link names is found, a row opens in Annotate."""

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
