"""The queue of a deck: loaded page by page in a fixed order, with the place kept when cards come or go."""

from collections.abc import Sequence

from pages.components.review_queue import AHEAD, ReviewQueue
from pages.components.span_editor import Undecided


def load_numbers(after: int | None) -> tuple[Sequence[int], int | None]:
    """Give ten numbers a page, up to 99; the next page repeats the last one of the page before."""
    first = 0 if after is None else after
    return range(first, min(first + 10, 100)), None if first + 10 >= 100 else first + 9


def make_queue(position: int = 0) -> ReviewQueue[int]:
    queue: ReviewQueue[int] = ReviewQueue("k", counted=100, position=position)
    queue.fill(load_numbers)
    return queue


def test_only_what_lies_ahead_is_loaded_and_nothing_twice() -> None:
    queue = make_queue()
    assert AHEAD <= len(queue.ids) < AHEAD + 10
    assert queue.ids == list(range(len(queue.ids)))
    assert (queue.total, queue.is_complete) == (100, False)


def test_pages_follow_as_the_place_moves_and_the_window_keeps_some_cards_behind() -> None:
    queue = make_queue()
    queue.move(30)
    queue.fill(load_numbers)
    assert (queue.first, queue.window[0], queue.window[-1]) == (25, 25, 69)


def test_card_named_by_a_link_is_loaded_however_far_it_is() -> None:
    queue = make_queue()
    queue.fill(load_numbers, until=95)
    queue.go_to(95)
    assert queue.current_id == 95


def test_place_outside_the_queue_is_held_at_its_end() -> None:
    queue = make_queue()
    queue.move(10**9)
    queue.fill(load_numbers)
    assert (queue.is_complete, queue.total, queue.current_id) == (True, 100, None)
    queue.move(-5)
    assert queue.current_id == 0


def test_removed_cards_leave_the_place_at_the_same_card() -> None:
    queue = make_queue(position=10)
    queue.drop({3, 4, 20})
    assert (queue.current_id, queue.position) == (10, 8)


def test_card_from_elsewhere_is_put_in_at_the_place_reached() -> None:
    queue = make_queue(position=10)
    queue.go_to(555)
    assert queue.ids[9:12] == [9, 555, 10]


def test_own_changes_lead_from_every_version_seen_to_the_present_one() -> None:
    queue = make_queue()
    queue.note_change(7, before=1, after=2)
    queue.note_change(7, before=2, after=3)
    queue.note_change(8, before=5, after=5)
    assert [queue.present_version(7, seen) for seen in (1, 2, 3)] == [3, 3, 3]
    assert queue.present_version(8, 5) == 5


def test_end_of_a_queue_names_its_undecided_cards_and_no_place_before_the_end_asks() -> None:
    queue: ReviewQueue[int] = ReviewQueue("k", counted=4, ids=[7, 5, 6, 8], is_complete=True, position=3)
    assert queue.find_undecided(set) is None
    queue.move(4)
    assert queue.find_undecided(lambda ids: {card_id for card_id in ids if card_id in (5, 8)}) == Undecided(2, 4, 1)
    assert queue.find_undecided(lambda _: set()) == Undecided(0, 4, 4)
