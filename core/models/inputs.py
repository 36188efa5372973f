"""Pieces of one instance: a long sentence is cut to a window around its two marked mentions."""

from collections.abc import Sequence

from core.domain import Span
from core.nlp.masking import MarkedText


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


def find_window(marked: MarkedText, offsets: Sequence[tuple[int, int]], *, limit: int) -> tuple[int, int] | None:
    """Choose the pieces of a marked sentence that are kept, with both marks among them; see `choose_window`.

    Args:
        marked: The sentence.
        offsets: (start, end) of each of its pieces in code points; empty for special pieces.
        limit: Longest input in pieces, special pieces included.
    """
    ranges = [find_pieces(span, offsets) for span in (marked.head, marked.tail)]
    ends = [end for found in ranges if found for end in found]
    return choose_window(min(ends), max(ends) - 1, num_pieces=len(offsets), limit=limit)


def cut_to_window(piece_ids: Sequence[int], window: tuple[int, int]) -> tuple[int, ...]:
    """Return the pieces of a window between the first and the last special piece."""
    return (piece_ids[0], *piece_ids[slice(*window)], piece_ids[-1])
