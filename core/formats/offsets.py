"""Which unit a file's offsets count, told from the surface texts that it states beside them.

Tools written in JavaScript or Java count UTF-16 units, C++ ones bytes, and some count each line end as one character.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

CODE_POINTS = "characters"
StatedSpan = tuple[int, int, str]
UNITS: dict[str, Callable[[str], int]] = {
    "UTF-16 units": lambda character: 2 if ord(character) > 0xFFFF else 1,
    "bytes of UTF-8": lambda character: len(character.encode("utf-8", "surrogatepass")),
    "characters with CR LF as one": lambda character: 0 if character == "\r" else 1,
}


class OffsetMap:
    """Turns the offsets of a unit into code points of one text.

    Args:
        text: The text.
        unit: CODE_POINTS or a key of UNITS.
    """

    def __init__(self, text: str, unit: str) -> None:
        self.unit = unit
        self._starts = None if unit == CODE_POINTS else list(_count_units(text, UNITS[unit]))

    def convert(self, offset: int) -> int:
        """Return the code point at an offset; inside a character the one after it, beyond the text as far beyond."""
        if self._starts is None or offset < 0:
            return offset
        last = self._starts[-1]
        return len(self._starts) - 1 + offset - last if offset > last else bisect_left(self._starts, offset)


def find_offset_map(text: str, spans: Sequence[StatedSpan]) -> OffsetMap:
    """Return the map of the unit in which most surfaces stand where they should; code points unless another is better.

    Args:
        text: The text.
        spans: (start, end, surface) as a file states them, in one unknown unit.
    """
    best, best_hits = OffsetMap(text, CODE_POINTS), _count_hits(text, spans, None)
    if best_hits == len(spans) or (text.isascii() and "\r\n" not in text):
        return best
    for unit in UNITS:
        if unit.startswith("characters") and "\r\n" not in text:
            continue
        found = OffsetMap(text, unit)
        hits = _count_hits(text, spans, found)
        if hits > best_hits:
            best, best_hits = found, hits
    return best


def is_same_but_space(found: str, surface: str) -> bool:
    """Return whether two strings differ only in the kind of white space, or in CR LF for one line end.

    Tools flatten the line breaks and tabs inside a mention when they repeat its text.
    """
    pairs = ((found, surface), (found.replace("\r\n", "\n"), surface.replace("\r\n", "\n")))
    return any(
        len(left) == len(right)
        and all(one == other or (one.isspace() and other.isspace()) for one, other in zip(left, right, strict=True))
        for left, right in pairs
    )


def _count_units(text: str, measure: Callable[[str], int]) -> Iterator[int]:
    """Yield where each character starts, and where the text ends."""
    total = 0
    for character in text:
        yield total
        total += measure(character)
    yield total


def _count_hits(text: str, spans: Sequence[StatedSpan], offsets: OffsetMap | None) -> int:
    hits = 0
    for start, end, surface in spans:
        first, last = (offsets.convert(start), offsets.convert(end)) if offsets else (start, end)
        found = text[first:last] if 0 <= first <= last else ""
        hits += is_same_but_space(found, surface)
    return hits
