"""Where labels and arcs lie, and how suggestions look: rectangles and styles as the browser reports them."""

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from tests.browser.harness.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LABELS = ".dare-arc-label > rect:first-of-type, .dare-tag > rect"
RECTANGLES = "all => all.map(b => b.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
LETTERS = """element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return [...range.getClientRects()].map(b => [b.left, b.top + 3, b.right, b.bottom - 3]);
}"""
# Points of every arc, each four pixels, on the screen.
ARC_POINTS = """paths => paths.flatMap(path => {
  const to = path.getScreenCTM(), points = [];
  for (let at = 0; at < path.getTotalLength(); at += 4) {
    const point = path.getPointAtLength(at).matrixTransform(to);
    points.push([point.x, point.y]);
  }
  return points;
})"""


# Of every arc that runs beside the text: where its upright part there stands, and its top and bottom.
UPRIGHTS = """paths => {
  const text = document.querySelector("[data-testid='dare-text']").getBoundingClientRect();
  return paths.map(path => {
    const to = path.getScreenCTM(), points = [];
    for (let at = 0; at < path.getTotalLength(); at++) points.push(path.getPointAtLength(at).matrixTransform(to));
    const beyond = point => Math.max(text.left - point.x, point.x - text.right);
    const furthest = points.reduce((a, b) => beyond(b) > beyond(a) ? b : a);
    const ys = points.filter(point => Math.abs(point.x - furthest.x) < 0.5).map(point => point.y);
    return beyond(furthest) > 0 ? [furthest.x, Math.min(...ys), Math.max(...ys)] : null;
  }).filter(Boolean);
}"""


@pytest.fixture(scope="module")
def dark_server(browser: "Browser", start_server: Callable[..., str]) -> str:  # noqa: ARG001 - skips first
    return start_server("tests/browser/harness/app.py", "{port}", "dark")


def overlap(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("width", [1280, 420])
def test_many_labels_and_arcs_cover_neither_text_nor_each_other(open_deck: Callable[[str], Desk], width: int) -> None:
    desk = open_deck("deck=crowded")
    desk.page.set_viewport_size({"width": width, "height": 1400})
    desk.page.wait_for_timeout(300)
    num_relations = len(desk.card()["relations"])
    num_mentions = len(desk.card()["mentions"])
    labels = desk.root.locator(LABELS).evaluate_all(RECTANGLES)
    assert len(labels) == num_relations + num_mentions > 80
    letters = desk.page.get_by_test_id("dare-text").evaluate(LETTERS)
    assert not [pair for pair in combinations(labels, 2) if overlap(*pair)]
    assert not [(label, line) for label in labels for line in letters if overlap(label, line)]
    points = desk.root.locator(".dare-arc-line").evaluate_all(ARC_POINTS)
    assert len(points) > 1000
    assert not [(x, y) for x, y in points for line in letters if line[0] < x < line[2] and line[1] < y < line[3]]


@pytest.mark.parametrize(("deck", "width"), [("margin", 1280), ("margin", 420), ("crowded", 1280)])
def test_arcs_beside_the_text_run_side_by_side_within_the_card(
    open_deck: Callable[[str], Desk], deck: str, width: int
) -> None:
    desk = open_deck(f"deck={deck}")
    desk.page.set_viewport_size({"width": width, "height": 1400})
    desk.page.wait_for_timeout(300)
    uprights = desk.root.locator(".dare-arc-line").evaluate_all(UPRIGHTS)
    assert len(uprights) > 6
    close = [
        (one, other)
        for one, other in combinations(uprights, 2)
        if abs(one[0] - other[0]) < 3 and one[1] < other[2] and other[1] < one[2]
    ]
    assert not close
    left, _, right, _ = desk.root.locator(".dare-card").evaluate_all(RECTANGLES)[0]
    assert all(left < x < right for x, _, _ in uprights)


def test_selection_dims_the_arcs_that_do_not_touch_it(open_deck: Callable[[str], Desk]) -> None:
    desk = open_deck("deck=long")
    desk.root.locator(".dare-tag[data-mention='3']").click()
    desk.root.get_by_text("Suggested 62 %").wait_for()
    bright = desk.root.locator(".dare-arc:not(.is-dimmed)").evaluate_all("all => all.map(one => one.dataset.relation)")
    assert bright == ["32"]
    assert desk.root.locator(".dare-arc.is-dimmed").count() == 7
    assert desk.root.locator(".dare-arc[data-relation='36'] .dare-arrow").count() == 0
    assert desk.root.locator(".dare-arc[data-relation='32'] .dare-arrow").count() == 1


def test_suggestions_differ_from_accepted_ones_by_more_than_colour_in_the_dark_too(
    page: "Page", dark_server: str
) -> None:
    desk = Desk(page, dark_server, "deck=rash")
    paper = desk.root.locator(".dare-card").evaluate("node => getComputedStyle(node).backgroundColor")
    assert max(int(part) for part in paper.strip("rgb()").split(",")) < 60
    style = "(node, name) => getComputedStyle(node).getPropertyValue(name)"
    accepted, suggested = (desk.root.locator(f".dare-box[data-id='{one}']") for one in (11, 12))
    assert accepted.evaluate(style, "stroke-dasharray") == "none"
    assert suggested.evaluate(style, "stroke-dasharray") != "none"
    assert desk.root.locator(".dare-tag[data-mention='12']").get_attribute("aria-label") == (
        "Chemical: lithium, suggested, score 94 %"
    )
