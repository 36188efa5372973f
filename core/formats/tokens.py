"""Words and signs of a text for formats that count tokens; cut so that every mention begins and ends with one."""

import re
from bisect import bisect_left
from collections.abc import Iterable

from core.domain import Span

# Marks that belong to the letter or sign before them: accents, variation selectors, the zero-width joiner.
MARKS = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
)
PIECE = re.compile(rf"\w[\w{MARKS}]*|[^\w\s][{MARKS}]*")


def find_tokens(text: str, mentions: Iterable[Span], *, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the tokens of a stretch of text, in order, without white space.

    Args:
        text: The text.
        mentions: Spans at whose ends a token is cut.
        start: First character of the stretch.
        end: Its end; None is the end of the text.
    """
    cuts = sorted({place for span in mentions for place in (span.start, span.end)})
    tokens = []
    for match in PIECE.finditer(text, start, len(text) if end is None else end):
        first = match.start()
        for place in cuts[bisect_left(cuts, first + 1) : bisect_left(cuts, match.end())]:
            tokens.append(Span(first, place))
            first = place
        tokens.append(Span(first, match.end()))
    return tokens


class TokenIndex:
    """Finds the tokens that a span covers."""

    def __init__(self, tokens: list[Span]) -> None:
        self.starts = [token.start for token in tokens]
        self.ends = [token.end for token in tokens]

    def find(self, span: Span) -> tuple[int, int] | None:
        """Return the first token that a span covers and the one after its last, or None where it covers none."""
        first = bisect_left(self.starts, span.start)
        last = bisect_left(self.ends, span.end + 1)
        return (first, last) if first < last else None
