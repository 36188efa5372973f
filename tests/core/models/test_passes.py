"""Batches run side by side on a processor, and results come back in the order that was asked for."""

import threading
from collections.abc import Iterator, Sequence

import pytest
import torch

from core.models.passes import run_batches

CPU = torch.device("cpu")


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_are_in_the_order_of_the_items() -> None:
    found = run_batches(lambda indices: [10 * index for index in indices], [3, 9, 1, 7], device=CPU, max_pieces=9)
    assert found == [0, 10, 20, 30]


def test_no_item_gives_no_result() -> None:
    assert run_batches(lambda indices: list(indices), [], device=CPU, max_pieces=9) == []


@pytest.mark.usefixtures("two_threads")
def test_two_batches_run_at_once_with_one_thread_each() -> None:
    meeting = threading.Barrier(2, timeout=30)

    def predict(indices: Sequence[int]) -> list[int]:
        meeting.wait()  # breaks if the batches come one after the other
        return [torch.get_num_threads() for _ in indices]

    assert run_batches(predict, [5, 5], device=CPU, max_pieces=100) == [1, 1]
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_a_failure_leaves_the_number_of_threads_as_it_was() -> None:
    def predict(indices: Sequence[int]) -> list[int]:
        raise ValueError(f"cannot read {indices}")

    with pytest.raises(ValueError, match="cannot read"):
        run_batches(predict, [5, 5], device=CPU, max_pieces=100)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_every_batch_computes_without_gradients() -> None:
    layer = torch.nn.Linear(2, 2)

    def predict(indices: Sequence[int]) -> list[bool]:
        return [layer(torch.ones(1, 2)).requires_grad for _ in indices]

    assert run_batches(predict, [5, 5], device=CPU, max_pieces=100) == [False, False]
