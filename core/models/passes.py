"""Forward passes over many inputs without gradients: batches that suit the device, side by side on a processor."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from core.training.batching import budgeted_batches

Result = TypeVar("Result")

# On a processor larger batches leave its cache and add padding; a GPU is idle with so few.
_BATCH_PIECES = {"cpu": 2048, "cuda": 16_384}


def default_batch_pieces(device: torch.device) -> int:
    """Return the padded pieces of one forward pass that suit a device."""
    return _BATCH_PIECES.get(device.type, _BATCH_PIECES["cpu"])


def run_batches(
    predict: Callable[[Sequence[int]], Sequence[Result]],
    lengths: Sequence[int],
    *,
    device: torch.device,
    max_pieces: int,
) -> list[Result]:
    """Predict items in batches of similar length and return the results in the items' order.

    On a processor each batch has one thread, and there are as many threads as torch may use. The usual way, all
    threads in every product, makes each wait for the slowest hundreds of times a batch: on two cores, with a training
    on one of them, that took seven times the time of a single thread.

    Args:
        predict: Takes indices of items and returns a result for each; called in several threads.
        lengths: Pieces of each item.
        device: Where `predict` computes.
        max_pieces: Padded pieces of one batch.
    """
    run = torch.inference_mode()(predict)  # a thread does not inherit this
    num_threads = torch.get_num_threads() if device.type == "cpu" else 1
    batches = budgeted_batches(lengths, max_pieces=min(max_pieces, math.ceil(sum(lengths) / num_threads)))
    if num_threads == 1:
        found = [run(indices) for indices in batches]
    else:
        torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(num_threads) as pool:
                found = list(pool.map(run, batches))
        finally:
            torch.set_num_threads(num_threads)
    by_index = {
        index: result
        for indices, results in zip(batches, found, strict=True)
        for index, result in zip(indices, results, strict=True)
    }
    return [by_index[index] for index in range(len(lengths))]
