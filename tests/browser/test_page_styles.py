"""What the app's few rules of style are for, measured in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import StartServer
from tests.browser.test_deep_link import SERVE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FRAME = """node => ["", "::before", "::after"].map((part) => getComputedStyle(node, part || null))
  .flatMap((style) => [style.boxShadow, style.outlineStyle])"""


def test_a_key_after_a_click_beside_the_text_frames_no_page_and_no_hint_lies_over_what_is_typed(
    start_server: StartServer, page: "Page", tmp_path: Path
) -> None:
    url = start_server("-c", SERVE, str(tmp_path), "{port}")
    page.goto(f"{url}/annotate")
    page.get_by_test_id("dare-text").wait_for()
    page.mouse.click(1250, 880)
    page.keyboard.press("c")
    main = page.get_by_test_id("stMain")
    assert main.evaluate("node => node.matches(':focus-visible')")
    assert set(main.evaluate(FRAME)) == {"none"}
    field = page.get_by_placeholder("Words in the sentence")
    field.fill("nausea caused by")
    hint, box = page.get_by_test_id("InputInstructions").bounding_box(), field.bounding_box()
    assert hint and box and hint["y"] >= box["y"] + box["height"]
    field.press("Tab")
    assert main.evaluate("node => getComputedStyle(node.ownerDocument.activeElement).boxShadow") != "none"


def test_a_step_of_the_history_keeps_to_one_line(start_server: StartServer, page: "Page", tmp_path: Path) -> None:
    url = start_server("-c", SERVE, str(tmp_path), "{port}")
    page.goto(f"{url}/annotate")
    page.get_by_test_id("dare-text").wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("x")
    page.get_by_text("2 of ").first.wait_for()
    page.get_by_text("History").last.click()
    page.get_by_text("Suggestions rejected").wait_for()
    for told in ("Mention rejected", "Suggestions rejected"):
        line = page.get_by_test_id("stMarkdown").filter(has_text=told).first.bounding_box()
        assert line and line["height"] < 40
    rows = page.get_by_role("button", name="Undo this"), page.get_by_role("button", name="Undo back to here")
    first, second = (button.first.bounding_box() for button in rows)
    assert first and second and first["y"] == second["y"]
