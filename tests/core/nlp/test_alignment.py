"""Words, pieces and BIOES tags."""

import pytest

from core.domain import Span
from core.errors import AlignmentError
from core.nlp.alignment import align_words, find_word_range, ranges_from_tags, split_words, tags_from_ranges


def test_signs_are_words_of_their_own_so_that_mentions_end_at_word_borders() -> None:
    text = "5-FU-induced β-cell 😀 loss."
    assert [word.text(text) for word in split_words(text)] == [
        "5", "-", "FU", "-", "induced", "β", "-", "cell", "😀", "loss", ".",
    ]  # fmt: skip


def test_a_combining_accent_stays_with_its_word() -> None:
    text = "a cafe\u0301 and Me\u0301nie\u0300re ."
    assert [one.text(text) for one in split_words(text)] == ["a", "cafe\u0301", "and", "Me\u0301nie\u0300re", "."]


def test_a_span_touches_the_words_it_overlaps() -> None:
    words = split_words("acute renal failure")
    assert find_word_range(Span(6, 19), words) == (1, 3)
    assert find_word_range(Span(2, 7), words) == (0, 2)
    assert find_word_range(Span(5, 6), words) is None  # the space between two words


def test_words_without_a_piece_are_left_out_and_cut_text_ends_early() -> None:
    words = split_words("ab cd ef")
    aligned = align_words(words, [(0, 0), (0, 1), (1, 2), (3, 5), (0, 0)])
    assert aligned.words == (Span(0, 2), Span(3, 5))
    assert aligned.first_pieces == (1, 3)


def test_pieces_out_of_order_are_refused() -> None:
    with pytest.raises(AlignmentError, match="Piece 1 starts at 0, before"):
        align_words(split_words("ab cd"), [(3, 5), (0, 2)])


def test_tags_and_ranges_are_each_others_inverse() -> None:
    ranges = [(0, 1, "Chemical"), (2, 5, "Disease"), (5, 7, "Disease")]
    tags = tags_from_ranges(ranges, num_words=8)
    assert tags == ["S-Chemical", "O", "B-Disease", "I-Disease", "E-Disease", "B-Disease", "E-Disease", "O"]
    assert ranges_from_tags(tags) == ranges


def test_of_two_overlapping_ranges_the_longer_is_tagged() -> None:
    assert tags_from_ranges([(1, 2, "A"), (0, 3, "B")], num_words=3) == ["B-B", "I-B", "E-B"]


@pytest.mark.parametrize("tags", [["B-A", "O", "E-A"], ["I-A", "E-A"], ["B-A", "E-B"], ["B-A", "B-A"], ["E-A"]])
def test_fragments_without_a_proper_end_are_dropped(tags: list[str]) -> None:
    assert ranges_from_tags(tags) == []
