"""Batches of similar length: most of what fixed-length padding computes is padding."""

from collections.abc import Sequence
from random import Random

# Items are sorted by length only within a window of this many batches, so that every epoch still mixes them.
_WINDOW_BATCHES = 128


def shuffled_batches(lengths: Sequence[int], *, batch_size: int, rng: Random) -> list[list[int]]:
    """Return item indices in batches of similar length, in random order.

    Args:
        lengths: Pieces of each item.
        batch_size: Items a batch; the last of a window may hold fewer.
        rng: Source of the order.
    """
    order = list(range(len(lengths)))
    rng.shuffle(order)
    window = batch_size * _WINDOW_BATCHES
    batches = []
    for start in range(0, len(order), window):
        bucket = sorted(order[start : start + window], key=lambda index: lengths[index])
        batches += [bucket[first : first + batch_size] for first in range(0, len(bucket), batch_size)]
    rng.shuffle(batches)
    return batches


def budgeted_batches(lengths: Sequence[int], *, max_pieces: int) -> list[list[int]]:
    """Return item indices, longest first, in batches of at most `max_pieces` padded pieces.

    An item longer than the budget gets a batch of its own.
    """
    batches: list[list[int]] = []
    longest = 0
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batches and longest * (len(batches[-1]) + 1) <= max_pieces:
            batches[-1].append(index)
        else:
            batches.append([index])
            longest = lengths[index]
    return batches
