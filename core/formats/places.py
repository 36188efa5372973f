"""Where a string stands in a text, for formats that state strings instead of offsets."""

import re

from core.domain import Span


def find_places(text: str, string: str) -> list[Span]:
    """Return every occurrence with word borders on both sides, or every occurrence if there is none with borders."""
    if not string.strip():
        return []
    exact = re.escape(string)
    for pattern in (rf"(?<!\w)(?={exact}(?!\w))", rf"(?={exact})"):
        starts = [match.start() for match in re.finditer(pattern, text)]
        if starts:
            return [Span(start, start + len(string)) for start in starts]
    return []
