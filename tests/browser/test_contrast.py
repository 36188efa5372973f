"""Text in a real browser has a contrast of 4.5 or more, light and dark, where a theme's options cannot say so."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.conftest import StartServer
from tests.browser.test_deep_link import SERVE
from tests.pages.test_configuration import contrast

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

# The colour of an element's text, then of each ground that it lies on, the nearest first.
COLOURS = """node => {
  const found = [getComputedStyle(node).color];
  for (let at = node; at; at = at.parentElement) found.push(getComputedStyle(at).backgroundColor);
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chosen_segment_can_be_read(
    start_server: StartServer, browser: "Browser", tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    url = start_server("-c", SERVE, str(tmp_path), "{port}")
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{url}/browse", timeout=60_000)
    chosen = page.get_by_role("radio", name="Sentences", checked=True)
    colours = [rgba(text) for text in chosen.evaluate(COLOURS, timeout=60_000)]
    context.close()
    ground = (255.0, 255.0, 255.0)
    for colour in reversed(colours[1:]):
        ground = blend(colour, ground)
    assert contrast(to_hex(blend(colours[0], ground)), to_hex(ground)) >= 4.5


def rgba(text: str) -> tuple[float, ...]:
    parts = [float(part) for part in re.findall(r"[\d.]+", text)]
    scale = 255 if text.startswith("color(") else 1
    return (*(part * scale for part in parts[:3]), *(parts[3:] or [1.0]))


def blend(colour: tuple[float, ...], ground: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(colour[3] * part + (1 - colour[3]) * below for part, below in zip(colour, ground, strict=False))


def to_hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(part):02X}" for part in colour[:3])
