"""What a curator does on the deck with mouse and keys, in a real browser."""

import re
from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from tests.browser.harness.cards import LONG, RASH
from tests.browser.harness.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

pytestmark = pytest.mark.browser


def test_drag_after_an_emoji_marks_code_points(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.press("2")
    desk.drag("severe skin"[7:] + " rash", inset=6)  # from inside "skin" to inside "rash": snaps to whole words
    held = desk.saw(lambda held: len(held["items"][0]["mentions"]) == 4)
    new = held["items"][0]["mentions"][-1]
    assert (new["start"], new["end"], new["entity_type"]) == (RASH.index("skin"), RASH.index("skin") + 9, "Disease")
    assert RASH[new["start"] : new["end"]] == "skin rash"


def test_digit_retypes_the_selected_mention(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.click("5-fluorouracil")
    desk.press("3")
    held = desk.saw(lambda held: held["items"][0]["mentions"][0]["entity_type"] == "Gene")
    assert held["items"][0]["mentions"][0]["state"] == "corrected"


def test_relation_takes_two_clicks_and_a_digit_and_offers_only_legal_labels(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.click("5-fluorouracil")
    desk.click("tremor")
    offered = desk.root.get_by_role("menuitem")
    assert [text[:-1] for text in offered.all_text_contents()] == ["CID", "treats"]
    desk.press("2")
    held = desk.saw(lambda held: len(held["items"][0]["relations"]) == 2)
    new = held["items"][0]["relations"][-1]
    assert (new["head_id"], new["tail_id"], new["label"]) == (11, 13, "treats")


def test_only_legal_label_needs_no_digit(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.press("3")
    desk.drag("BRCA1")
    desk.saw(lambda held: len(held["items"][0]["mentions"]) == 4)
    desk.click("lithium")
    desk.click("BRCA1")
    held = desk.saw(lambda held: len(held["items"][0]["relations"]) == 2)
    assert held["items"][0]["relations"][-1]["label"] == "inhibits"


def test_reverse_is_refused_where_the_label_forbids_it_and_done_where_not(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=long")
    desk.label("CID").first.click()
    desk.press("r")
    desk.page.get_by_text("CID may not join Disease → Chemical.").wait_for()
    desk.label("interacts").click()
    desk.press("r")
    held = desk.saw(lambda held: held["items"][0]["relations"][5]["state"] == "corrected")
    assert (held["items"][0]["relations"][5]["head_id"], held["items"][0]["relations"][5]["tail_id"]) == (9, 2)


def test_delete_removes_the_selected_mention_with_its_relations(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.click("tremor")
    desk.press("Delete")
    held = desk.saw(lambda held: len(held["items"][0]["mentions"]) == 2)
    assert held["items"][0]["relations"] == []


def test_accept_all_settles_every_suggestion(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.button("Accept all").click()
    held = desk.saw(lambda held: held["items"][0]["state"] == "accepted")
    parts = held["items"][0]["mentions"] + held["items"][0]["relations"]
    assert {part["state"] for part in parts} == {"accepted"}


def test_accept_and_reject_decide_only_what_is_selected(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.click("lithium")
    desk.press("a")
    desk.label("CID").click()
    desk.press("x")
    held = desk.saw(lambda held: held["items"][0]["relations"][0]["state"] == "rejected")
    assert [mention["state"] for mention in held["items"][0]["mentions"]] == ["accepted", "accepted", "pending"]
    assert held["items"][0]["state"] == "pending"
    assert desk.label("CID").count() == 0


def test_undo_takes_back_edits_and_returns_to_the_decided_card(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=plain")
    desk.click("nausea")
    desk.press("x", "a", "u")
    desk.saw(lambda held: held["log"] == [["reject", 101], ["accept", 101], ["undo", 101]])
    assert desk.root.get_attribute("data-item") == "sentence:101"
    desk.press("Backspace")
    held = desk.saw(lambda held: len(held["log"]) == 4)
    assert [mention["state"] for mention in held["items"][0]["mentions"]] == ["pending", "pending"]


def test_arrows_select_and_shift_arrows_move_an_edge(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.press("ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown")
    held = desk.saw(lambda held: held["items"][0]["mentions"][0]["state"] == "corrected")
    mention = held["items"][0]["mentions"][0]
    assert RASH[mention["start"] : mention["end"]] == "fluorouracil"
    assert held["log"] == [["resize_mention", 1]]


def test_grip_resizes_to_whole_words(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.click("tremor")
    left, top, right, _ = desk.where("tremor and a severe")
    desk.page.mouse.move(desk.where("tremor")[2] + 1, top)
    desk.page.mouse.down()
    desk.page.mouse.move(right - 20, top, steps=4)
    desk.page.mouse.up()
    held = desk.saw(lambda held: held["items"][0]["mentions"][2]["state"] == "corrected")
    mention = held["items"][0]["mentions"][2]
    assert RASH[mention["start"] : mention["end"]] == "tremor and a severe"


def test_twenty_rapid_presses_are_twenty_decisions_on_the_right_cards(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=plain&delay=0.3")
    for key in "axaaxaaaxa" * 2:
        desk.press(key)
        desk.page.wait_for_timeout(80)
    assert desk.root.get_attribute("data-position") == "20"
    held = desk.saw(lambda held: len(held["log"]) == 20)
    kinds = {"a": "accept", "x": "reject"}
    assert held["log"] == [[kinds[key], 101 + at] for at, key in enumerate("axaaxaaaxa" * 2)]
    assert held["position"] == 20
    desk.page.get_by_text(re.compile(r"^Saved \d\d:\d\d:\d\d$")).wait_for()


def test_next_previous_and_skip_decide_nothing(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=plain")
    desk.press("n", "n", "p", "Space")
    held = desk.saw(lambda held: held["position"] == 2)
    assert held["log"] == []


def test_keys_are_silent_in_a_text_field_and_with_modifiers(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=plain")
    field = desk.page.get_by_label("Comment")
    field.click()
    desk.page.keyboard.type("axu 1")
    assert field.input_value() == "axu 1"
    desk.page.mouse.click(5, 300)
    desk.press("Control+b", "Alt+x", "f")
    held = desk.saw(lambda held: held["items"][0]["is_flagged"])
    assert held["log"] == [["flag", 101]]


def test_held_key_decides_once(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=plain")
    for _ in range(4):
        desk.page.keyboard.down("a")
    desk.page.keyboard.up("a")
    desk.saw(lambda held: held["position"] == 1)
    assert desk.root.get_attribute("data-position") == "1"


def test_html_in_the_text_is_shown_as_text(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=hostile")
    assert "<script>alert(1)</script>" in (desk.page.get_by_test_id("dare-text").text_content() or "")
    assert desk.root.locator("img, script, b").count() == 0
    assert desk.page.title() != "owned"


def test_refusal_is_told_on_the_card_and_nothing_is_kept(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.drag("severe")
    notice = desk.root.get_by_role("alert")
    notice.get_by_text('"severe" is an adjective').wait_for()
    assert len(desk.card()["mentions"]) == 3
    assert desk.root.locator(".dare-tag").count() == 3
    notice.get_by_role("button", name="Dismiss").click()
    notice.get_by_text("adjective").wait_for(state="detached")


def test_second_tab_is_told_and_overwrites_nothing(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash&delay=0.6")
    desk.page.get_by_role("button", name="Change elsewhere").click()
    desk.press("a")  # before the page has heard of the change
    notice = desk.root.get_by_role("alert")
    notice.get_by_text("Somebody else changed this sentence first").wait_for()
    assert [kind for kind, _ in desk.held()["log"]] == ["flag"]
    notice.get_by_role("button", name="Reload").click()
    desk.press("a")
    desk.saw(lambda held: held["items"][0]["state"] == "accepted")


def test_decisions_typed_offline_arrive_after_reconnection(page: "Page", server: str) -> None:
    sockets: list[tuple[WebSocketRoute, WebSocketRoute]] = []
    is_cut = False

    def route(socket: "WebSocketRoute") -> None:
        if is_cut:
            socket.close()
            return
        sockets.append((socket, socket.connect_to_server()))

    page.route_web_socket(re.compile("_stcore/stream"), route)
    desk = Desk(page, server, "deck=plain")
    desk.press("a")
    desk.saw(lambda held: len(held["log"]) == 1)
    is_cut = True
    for client_side, server_side in sockets:
        client_side.close()
        server_side.close()
    status = desk.root.get_by_test_id("dare-status")
    status.get_by_text("Offline").wait_for()
    desk.press("a", "x", "a", "x")
    status.get_by_text("Offline: 4 decisions kept").wait_for()
    is_cut = False
    held = desk.saw(lambda held: len(held["log"]) == 5)
    assert held["log"][1:] == [["accept", 102], ["reject", 103], ["accept", 104], ["reject", 105]]
    status.get_by_text("Saved").wait_for()


def test_synthetic_card_is_edited_relabelled_flagged_and_rejected_with_a_reason(
    open_deck: Callable[[str], Desk],
) -> None:
    desk = open_deck("deck=synthetic")
    desk.press("2", "e")
    field = desk.page.get_by_label("Text of the sentence")
    field.fill("Because of $DISEASE$ the drug was stopped.")
    desk.press("Control+Enter")
    desk.page.get_by_text("The sentence must keep $CHEMICAL$ and $DISEASE$.").wait_for()
    field.fill("Because of $DISEASE$, $CHEMICAL$ was stopped.")
    desk.press("Control+Enter")
    held = desk.saw(lambda held: len(held["log"]) == 2)
    assert (held["items"][0]["label"], held["items"][0]["mentions"][1]["start"]) == ("treats", 11)
    desk.press("f")
    desk.saw(lambda held: held["items"][0]["is_flagged"])
    desk.press("Shift+X", "2")
    held = desk.saw(lambda held: held["position"] == 1)
    assert (held["items"][0]["state"], held["items"][0]["reason"]) == ("rejected", "not fluent")


def test_list_decides_without_a_mouse(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=rash")
    desk.press("e")
    desk.root.get_by_role("button", name="Accept mention lithium").focus()
    desk.press("Enter")
    held = desk.saw(lambda held: held["items"][0]["mentions"][1]["state"] == "accepted")
    assert held["log"] == [["accept", 1]]
    assert desk.root.get_by_role("row", name="lithium Chemical Accepted").count() == 1


def test_labels_cover_neither_text_nor_each_other(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=long")
    for width in (1280, 700, 420):
        desk.page.set_viewport_size({"width": width, "height": 1400})
        desk.page.wait_for_timeout(150)
        boxes = desk.root.locator(".dare-arc-label > rect:first-of-type, .dare-tag > rect")
        labels = boxes.evaluate_all(
            "all => all.map(b => b.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
        )
        lines = desk.page.get_by_test_id("dare-text").evaluate(
            "e => { const r = document.createRange(); r.selectNodeContents(e);"
            " return [...r.getClientRects()].map(b => [b.left, b.top + 3, b.right, b.bottom - 3]); }"
        )
        assert len(labels) == 19
        assert len(lines) >= 3
        assert not [pair for pair in combinations(labels, 2) if overlap(*pair)]
        assert not [(label, line) for label in labels for line in lines if overlap(label, line)]
        assert LONG == desk.page.get_by_test_id("dare-text").text_content()


def overlap(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
