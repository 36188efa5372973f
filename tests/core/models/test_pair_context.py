"""Words around pairs of mentions: ranges by table and by loop, empty segments, padding, gradients."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.models.joint_mentions import make_table
from core.models.pair_context import max_over_ranges, pool_segments

CPU = torch.device("cpu")


def max_by_loop(states: Tensor, sentence: int, start: int, stop: int) -> Tensor:
    return states[sentence, start:stop].amax(0) if stop > start else torch.zeros(states.shape[-1])


@given(num_words=st.integers(1, 40), seed=st.integers(0, 1000))
def test_every_range_of_a_sentence_has_the_maximum_that_a_loop_finds(num_words: int, seed: int) -> None:
    states = torch.randn(2, num_words, 3, generator=torch.Generator().manual_seed(seed))
    ranges = [(s, a, b) for s in range(2) for a in range(num_words + 1) for b in range(num_words + 1)]
    sentences, starts, stops = torch.tensor(ranges).unbind(1)
    found = max_over_ranges(states, sentences, starts, stops)
    expected = torch.stack([max_by_loop(states, *one) for one in ranges])
    assert torch.equal(found, expected)


@pytest.mark.parametrize("is_swapped", [False, True])
def test_segments_do_not_depend_on_which_mention_is_the_head(is_swapped: bool) -> None:  # noqa: FBT001
    words = torch.arange(8.0).reshape(1, 8, 1)
    table = make_table([(0, 1, 3, 0), (0, 5, 6, 1)], [7], device=CPU)
    pairs = torch.tensor([[1, 0] if is_swapped else [0, 1]])
    # 0 before, 3 and 4 between, 6 after; the eighth column is padding.
    assert pool_segments(words, table, pairs).tolist() == [[0.0, 4.0, 6.0]]


def test_a_segment_without_a_word_is_zero_even_where_all_states_are_negative() -> None:
    words = torch.full((1, 2, 4), -1.0)
    table = make_table([(0, 0, 1, 0), (0, 1, 2, 1)], [2], device=CPU)
    assert torch.equal(pool_segments(words, table, torch.tensor([[0, 1]])), torch.zeros(1, 12))


def test_mentions_inside_each_other_have_no_word_between_them() -> None:
    words = torch.arange(1.0, 7.0).reshape(1, 6, 1)
    table = make_table([(0, 1, 5, 0), (0, 2, 3, 1)], [6], device=CPU)
    before, between, after = pool_segments(words, table, torch.tensor([[0, 1]]))[0].tolist()
    assert (before, between, after) == (1.0, 0.0, 6.0)


def test_only_the_largest_words_learn() -> None:
    words = torch.tensor([[[1.0], [9.0], [3.0], [2.0]]], requires_grad=True)
    table = make_table([(0, 0, 1, 0), (0, 3, 4, 1)], [4], device=CPU)
    pool_segments(words, table, torch.tensor([[0, 1]])).sum().backward()
    assert words.grad is not None and words.grad.flatten().tolist() == [0.0, 1.0, 0.0, 0.0]


def test_no_pair_gives_no_row() -> None:
    table = make_table([], [3], device=CPU)
    assert pool_segments(torch.randn(1, 3, 4), table, torch.empty(0, 2, dtype=torch.long)).shape == (0, 12)
