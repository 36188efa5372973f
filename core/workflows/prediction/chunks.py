"""Sentences are read some hundred at a time; those of one document together, because its names are compared."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby


def chunk_by_document(documents: Sequence[Hashable], size: int) -> Iterator[range]:
    """Yield the places of sentences that are read together, in order.

    Args:
        documents: Key of the document of each sentence; those of one document stand side by side.
        size: Most sentences of a chunk, >= 1; only a document that is longer is parted.
    """
    start = end = 0
    for _, group in groupby(documents):
        length = sum(1 for _ in group)
        if end > start and end - start + length > size:
            yield range(start, end)
            start = end
        end += length
        while end - start > size:
            yield range(start, start + size)
            start += size
    if end > start:
        yield range(start, end)
