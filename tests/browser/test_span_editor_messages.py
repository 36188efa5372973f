"""What the deck tells a curator: what is saved, what was refused and for how long, what a queue's end leaves open."""

import re
from collections.abc import Callable

import pytest

from tests.browser.harness.desk import Desk

pytestmark = pytest.mark.browser

SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d$")


def test_refused_change_is_not_called_saved(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.drag("severe")
    desk.root.get_by_role("alert").get_by_text("adjective").wait_for()
    assert desk.root.get_by_test_id("dare-status").text_content() == ""
    desk.press("f")
    desk.root.get_by_test_id("dare-status").get_by_text(SAVED).wait_for()


def test_refusal_goes_with_the_next_change_that_is_stored_on_its_card(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.drag("severe")
    notice = desk.root.get_by_role("alert").get_by_text("adjective")
    notice.wait_for()
    desk.click("tremor")
    desk.press("Delete")
    notice.wait_for(state="detached")


def test_refusal_that_was_seen_goes_when_another_card_is_shown(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=long")
    desk.press("n")
    desk.page.get_by_text("2 of 2").wait_for()
    desk.drag("severe")
    notice = desk.root.get_by_role("alert").get_by_text("adjective")
    notice.wait_for()
    desk.press("p")
    notice.wait_for(state="detached")


def test_refusal_on_a_card_that_was_left_stays_until_the_card_was_looked_at(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=plain&delay=0.6")
    desk.page.get_by_role("button", name="Change elsewhere").click()
    desk.press("a")  # before the page has heard of the change; the next card is shown at once
    notice = desk.root.get_by_role("alert").get_by_text("Somebody else changed this sentence first")
    notice.wait_for()
    desk.press("n")
    desk.saw(lambda held: held["position"] == 2)
    assert notice.is_visible()
    desk.root.get_by_role("button", name="Show card").click()
    desk.press("n")
    notice.wait_for(state="detached")


def test_end_of_a_queue_says_what_is_undecided_and_leads_to_the_first(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=synthetic")
    desk.press("a", "Space", "Space")
    desk.root.get_by_text("2 of 3 cards of this queue are still undecided").wait_for()
    desk.press("o")
    desk.saw(lambda held: held["position"] == 1)
    desk.press("a", "a")
    desk.root.get_by_text("Nothing left in this queue").wait_for()
    desk.saw(lambda held: [kind for kind, _ in held["log"]] == ["accept"] * 3)


def test_reasons_leave_the_sentence_in_sight(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=synthetic")
    desk.press("Shift+X")
    reasons = desk.root.get_by_role("menu", name="Reasons")
    reasons.wait_for()
    text, menu = desk.page.get_by_test_id("dare-text").bounding_box(), reasons.bounding_box()
    assert text and menu and menu["y"] >= text["y"] + text["height"]


def test_deck_without_a_place_on_the_page_draws_nothing_until_it_has_one(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    said: list[str] = []
    desk.page.on("console", lambda message: said.append(message.text))
    desk.root.evaluate("deck => { deck.parentElement.style.display = 'none'; }")
    desk.press("f")
    desk.saw(lambda held: held["items"][0]["is_flagged"])
    assert not [text for text in said if "NaN" in text]
    desk.root.evaluate("deck => { deck.parentElement.style.display = ''; }")
    desk.root.locator(".dare-arc").wait_for(state="attached")
    assert desk.root.locator(".dare-tag").count() == 3
