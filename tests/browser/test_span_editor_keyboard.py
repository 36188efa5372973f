"""What a curator does on the text without a mouse, and with texts that are hard to point at."""

from collections.abc import Callable

import pytest

from tests.browser.harness.cards import RASH
from tests.browser.harness.desk import Desk
from tests.browser.harness.hard_cards import ARABIC, ODD, long_document

pytestmark = pytest.mark.browser

Open = Callable[[str], Desk]


def words(desk: Desk, text: str, *, count: int) -> list[str]:
    """Return the words of every mention once Python holds that many."""
    mentions = desk.saw(lambda held: len(held["items"][0]["mentions"]) == count)["items"][0]["mentions"]
    return [text[one["start"] : one["end"]] for one in mentions]


def test_words_are_marked_with_the_arrows(open_deck: Open) -> None:
    desk = open_deck("deck=rash")
    desk.press("m")
    desk.root.get_by_text("Marking “In”.").wait_for()
    desk.press("ArrowRight", "ArrowRight", "2")  # past the emoji; the second type
    assert words(desk, RASH, count=4)[-1] == "patients"
    assert desk.card()["mentions"][-1]["entity_type"] == "Disease"
    desk.press("m", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Enter")
    assert words(desk, RASH, count=5)[-1] == "5-fluorouracil"
    desk.press("m", "Escape", "a")
    assert desk.saw(lambda held: held["items"][0]["state"] == "accepted")["log"][-1][0] == "accept"


def test_part_of_a_word_is_marked_with_alt(open_deck: Open) -> None:
    desk = open_deck("deck=rash")
    left, top, _, _ = desk.where("5-fluorouracil")
    desk.page.keyboard.down("Alt")
    desk.page.mouse.move(left + 1, top)
    desk.page.mouse.down()
    desk.page.mouse.move(desk.where("5-fluoro")[2] - 1, top, steps=3)
    desk.page.mouse.up()
    desk.page.keyboard.up("Alt")
    assert words(desk, RASH, count=4)[-1] == "5-fluoro"
    desk.press("m", "ArrowRight", "Alt+Shift+ArrowLeft", "Alt+Shift+ArrowLeft", "Enter")
    assert words(desk, RASH, count=5)[-1] == "lithi"


def test_relation_is_made_without_a_mouse(open_deck: Open) -> None:
    desk = open_deck("deck=rash")
    desk.press("ArrowRight", "l")
    desk.root.get_by_text("Head “5-fluorouracil”, tail “tremor”.").wait_for()
    desk.press("Enter", "2")
    new = desk.saw(lambda held: len(held["items"][0]["relations"]) == 2)["items"][0]["relations"][-1]
    assert (new["head_id"], new["tail_id"], new["label"]) == (11, 13, "treats")


def test_choice_of_a_label_takes_the_focus_and_gives_it_back(open_deck: Open) -> None:
    from playwright.sync_api import expect

    desk = open_deck("deck=rash")
    for mention in (11, 13):
        desk.root.locator(f".dare-tag[data-mention='{mention}']").focus()
        desk.press("Enter")
    first = desk.root.get_by_role("menuitem").first
    expect(first).to_be_focused()
    desk.press("ArrowDown", "Enter")
    new = desk.saw(lambda held: len(held["items"][0]["relations"]) == 2)["items"][0]["relations"][-1]
    assert new["label"] == "treats"
    expect(desk.root.locator(".dare-tag[data-mention='13']")).to_be_focused()


def test_odd_characters_are_whole_and_counted_as_python_counts(open_deck: Open) -> None:
    desk = open_deck("deck=odd")
    assert desk.page.get_by_test_id("dare-text").text_content() == ODD
    narrow = desk.root.locator(".dare-box[data-id='1']").bounding_box()
    assert narrow is not None
    assert narrow["width"] >= 6
    desk.drag("ve to", inset=2)
    assert words(desk, ODD, count=4)[-1] == "nai\u0308ve to"
    desk.drag("thyroid", inset=2)
    assert words(desk, ODD, count=5)[-1] == "hypo\u00adthyroid"
    desk.press("m", "ArrowRight", "Enter")
    assert words(desk, ODD, count=6)[-1] == "blockers"
    desk.click("ALT")
    desk.press("Shift+ArrowRight", "Shift+ArrowRight")
    desk.saw(lambda held: held["items"][0]["mentions"][1]["state"] == "corrected")
    assert words(desk, ODD, count=6)[1] == "ALT 🇩🇪"


def test_text_from_right_to_left_is_resized_where_it_ends(open_deck: Open) -> None:
    desk = open_deck("deck=arabic")
    desk.click("ليثيوم")
    start, end = (desk.root.locator(f".dare-grip[data-edge={edge}]").bounding_box() for edge in ("start", "end"))
    assert start is not None
    assert end is not None
    assert end["x"] < start["x"]
    y = end["y"] + end["height"] / 2
    desk.page.mouse.move(end["x"] + end["width"] / 2, y)
    desk.page.mouse.down()
    desk.page.mouse.move(desk.where("سبب")[0] + 4, y, steps=4)
    desk.page.mouse.up()
    desk.saw(lambda held: held["items"][0]["mentions"][0]["state"] == "corrected")
    assert words(desk, ARABIC, count=1) == ["ليثيوم سبب"]


def test_long_document_is_shown_in_sections(open_deck: Open) -> None:
    desk = open_deck("deck=document")
    text = long_document().text
    assert len(text) > 50_000
    shown = desk.page.get_by_test_id("dare-text")
    assert len(shown.text_content() or "") < 6_000
    desk.root.get_by_text("1 relation to other sections").wait_for()
    desk.press(".")
    desk.root.get_by_text("Section 2 of").wait_for()
    first = (shown.text_content() or "").split(":")[0]
    desk.press("m", "ArrowRight", "ArrowRight", "1")
    assert words(desk, text, count=3)[-1] == "cisplatin"
    start = desk.card()["mentions"][-1]["start"]
    assert text[:start].endswith(f"{first}: ")
    desk.press("e")
    desk.root.get_by_role("button", name="cisplatin", exact=True).nth(1).click()
    desk.root.locator(".dare-tag.is-selected[data-mention='2']").wait_for()
    assert (shown.text_content() or "").endswith(text[-20:])
