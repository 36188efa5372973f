"""Counts that a reader keeps beside a document: what its source states and no span or label can hold as stated."""

from collections import Counter
from collections.abc import Mapping

from core.domain import Document

PREFIX = "count: "


def make_tally(counts: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Return the metadata entries that hold the counts above 0, in the order given."""
    return tuple((f"{PREFIX}{kind}", str(number)) for kind, number in counts.items() if number)


def get_tally(document: Document) -> Counter[str]:
    """Return the counts that a reader kept beside a document."""
    found = Counter[str]()
    for key, value in document.metadata:
        if key.startswith(PREFIX):
            found[key.removeprefix(PREFIX)] += int(value)
    return found
