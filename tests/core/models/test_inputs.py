"""The window of a long input, counted by hand."""

from core.domain import Span
from core.models.inputs import choose_window, cut_to_window, find_pieces, find_window
from core.nlp.masking import MarkedText


def test_a_span_touches_every_piece_that_shares_a_character() -> None:
    offsets = [(0, 0), (0, 3), (3, 7), (8, 12), (0, 0)]
    assert find_pieces(Span(2, 4), offsets) == (1, 3)
    assert find_pieces(Span(7, 8), offsets) is None


def test_an_input_that_fits_is_kept_whole() -> None:
    assert choose_window(3, 5, num_pieces=10, limit=10) == (1, 9)


def test_a_long_input_keeps_what_is_needed_in_the_middle() -> None:
    # Room for 8 between the special pieces; pieces 20 to 23 are needed: two on each side beside them.
    assert choose_window(20, 23, num_pieces=50, limit=10) == (18, 26)


def test_a_window_stops_at_either_end() -> None:
    assert choose_window(2, 3, num_pieces=50, limit=10) == (1, 9)
    assert choose_window(47, 48, num_pieces=50, limit=10) == (41, 49)


def test_what_does_not_fit_has_no_window() -> None:
    assert choose_window(1, 9, num_pieces=50, limit=10) is None
    assert choose_window(1, 8, num_pieces=50, limit=10) == (1, 9)


def test_the_window_of_a_marked_sentence_holds_both_marks_between_the_special_pieces() -> None:
    # 20 one-letter words between two special pieces; the marks are words 10 and 12, pieces 11 and 13.
    offsets = [(0, 0), *((2 * word, 2 * word + 1) for word in range(20)), (0, 0)]
    marked = MarkedText("a " * 20, Span(24, 25), Span(20, 21))
    window = find_window(marked, offsets, limit=7)
    assert window == (10, 15)
    assert cut_to_window(range(100, 122), window) == (100, 110, 111, 112, 113, 114, 121)
    assert cut_to_window(range(100, 122), find_window(marked, offsets, limit=30) or (0, 0)) == tuple(range(100, 122))
    assert find_window(marked, offsets, limit=4) is None
