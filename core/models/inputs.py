"""Pieces of one instance: a long sentence is cut to a window around its two marked mentions."""

from collections.abc import Sequence

from core.domain import Span


def find_pieces(span: Span, offsets: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the half-open range of pieces that a span of the text touches, or None.

    Args:
        span: Characters, in code points.
        offsets: (start, end) of each piece in code points; empty for special pieces.
    """
    touched = [index for index, (start, end) in enumerate(offsets) if start < span.end and span.start < end]
    return (touched[0], touched[-1] + 1) if touched else None


def choose_window(first: int, last: int, *, num_pieces: int, limit: int) -> tuple[int, int] | None:
    """Choose which pieces of a long input are kept beside the first and the last special piece.

    Args:
        first: First piece that must be kept.
        last: Last piece that must be kept.
        num_pieces: Pieces of the whole input, special pieces included.
        limit: Pieces that the window and the two special pieces may have together.

    Returns:
        A half-open range of pieces with what must be kept in its middle; None where that does not fit.
    """
    room = limit - 2
    needed = last - first + 1
    if needed > room:
        return None
    if num_pieces <= limit:
        return 1, num_pieces - 1
    start = max(1, min(first - (room - needed) // 2, num_pieces - 1 - room))
    return start, start + room
