"""A curator's hands and eyes: drags, clicks and keys on a deck, and what Python then holds."""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

WORD_RECT = """(element, words) => {
  const node = element.firstChild, at = node.data.indexOf(words);
  const range = document.createRange();
  range.setStart(node, at); range.setEnd(node, at + words.length);
  const rects = [...range.getClientRects()], first = rects[0], last = rects[rects.length - 1];
  return [first.left, first.top + first.height / 2, last.right, last.top + last.height / 2];
}"""


class Desk:
    """A curator's hands and eyes on one deck."""

    def __init__(self, page: "Page", address: str, query: str) -> None:
        self.page = page
        page.goto(f"{address}/?{query}")
        page.get_by_test_id("dare-text").wait_for()
        page.locator(".probe").wait_for(state="attached")
        self.root = page.get_by_test_id("dare-deck")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def where(self, words: str) -> list[float]:
        return list(self.page.get_by_test_id("dare-text").evaluate(WORD_RECT, words))

    def drag(self, words: str, inset: float = 1) -> None:
        left, top, right, bottom = self.where(words)
        self.page.mouse.move(left + inset, top)
        self.page.mouse.down()
        self.page.mouse.move((left + right) / 2, top)
        self.page.mouse.move(right - inset, bottom)
        self.page.mouse.up()

    def click(self, words: str) -> None:
        left, top, right, _ = self.where(words)
        self.page.mouse.click((left + right) / 2, top)

    def held(self) -> dict[str, Any]:
        """Return what Python holds."""
        return dict(json.loads(self.page.locator(".probe").text_content() or "{}"))

    def card(self, place: int = 0) -> dict[str, Any]:
        return dict(self.held()["items"][place])

    def saw(self, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until what Python holds passes the check."""
        for _ in range(1200):  # a minute: the machine may be busy
            held = self.held()
            if check(held):
                return held
            self.page.wait_for_timeout(50)
        raise AssertionError(f"Python never got there; it holds {self.held()}")

    def label(self, text: str) -> "Locator":
        return self.root.locator(".dare-arc-label", has=self.page.get_by_text(text, exact=True))

    def button(self, name: str) -> "Locator":
        return self.root.get_by_role("button", name=re.compile(name))
