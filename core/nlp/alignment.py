"""Characters ↔ words ↔ word pieces: the only place that converts between them."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain import Span
from core.errors import AlignmentError

# A run of letters and digits, or one sign: mentions nearly always begin and end at such a border
# ("5-FU", "[3H]-naloxone", "cocaine-induced"), while white space alone would glue them together.
# A combining accent, which is no letter of its own, belongs to the word that it stands in.
_WORD = re.compile(r"\w[\w\u0300-\u036f]*|[^\w\s]")


def split_words(text: str) -> list[Span]:
    """Return the spans of words and signs, in order."""
    return [Span(match.start(), match.end()) for match in _WORD.finditer(text)]


def find_word_range(span: Span, words: Sequence[Span]) -> tuple[int, int] | None:
    """Return the half-open range of words that a span touches, or None if it touches none."""
    first = bisect_left(words, span.start, key=lambda word: word.end - 1)
    last = bisect_left(words, span.end, key=lambda word: word.start)
    return (first, last) if first < last else None


@dataclass(frozen=True, slots=True)
class WordPieces:
    """Words that have at least one piece, and the index of each one's first piece."""

    words: tuple[Span, ...]
    first_pieces: tuple[int, ...]


def align_words(words: Sequence[Span], piece_offsets: Sequence[tuple[int, int]]) -> WordPieces:
    """Find the first piece of each word.

    Args:
        words: Word spans, in order, in code points.
        piece_offsets: (start, end) of each piece in code points; (0, 0) for special pieces. Pieces
            may end early when a long sentence was cut.

    Raises:
        AlignmentError: A piece starts before the previous one.
    """
    kept: list[Span] = []
    firsts: list[int] = []
    position = 0
    previous_start = 0
    for piece_index, (start, end) in enumerate(piece_offsets):
        if start == end:
            continue
        if start < previous_start:
            raise AlignmentError(f"Piece {piece_index} starts at {start}, before the previous one at {previous_start}.")
        previous_start = start
        while position < len(words) and words[position].end <= start:
            position += 1
        if position < len(words) and words[position].start < end and (not kept or kept[-1] != words[position]):
            kept.append(words[position])
            firsts.append(piece_index)
    return WordPieces(tuple(kept), tuple(firsts))


def tags_from_ranges(ranges: Sequence[tuple[int, int, str]], *, num_words: int) -> list[str]:
    """Write half-open word ranges as BIOES tags; of two that overlap the longer one is kept."""
    tags = ["O"] * num_words
    for first, last, entity_type in sorted(ranges, key=lambda item: (item[0] - item[1], item[0])):
        if last > num_words or any(tag != "O" for tag in tags[first:last]):
            continue
        if last - first == 1:
            tags[first] = f"S-{entity_type}"
            continue
        tags[first:last] = [f"B-{entity_type}", *[f"I-{entity_type}"] * (last - first - 2), f"E-{entity_type}"]
    return tags


def ranges_from_tags(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Read BIOES tags as half-open word ranges; fragments without a proper end are dropped."""
    ranges = []
    start: int | None = None
    open_type = ""
    for index, tag in enumerate(tags):
        prefix, _, entity_type = tag.partition("-")
        if prefix == "S":
            ranges.append((index, index + 1, entity_type))
            start = None
        elif prefix == "B":
            start, open_type = index, entity_type
        elif prefix == "E" and start is not None and entity_type == open_type:
            ranges.append((start, index + 1, entity_type))
            start = None
        elif prefix != "I" or entity_type != open_type:
            start = None
    return ranges
