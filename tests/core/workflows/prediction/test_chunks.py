"""Sentences that are read together."""

import pytest

from core.workflows.prediction.chunks import chunk_by_document


@pytest.mark.parametrize(
    ("documents", "size", "chunks"),
    [
        ("", 3, []),
        ("aabbc", 3, ["aa", "bbc"]),
        ("aabbc", 4, ["aabb", "c"]),
        ("abc", 1, ["a", "b", "c"]),
        ("abbbbbc", 3, ["a", "bbb", "bbc"]),
    ],
)
def test_a_document_is_parted_only_where_it_is_too_long(documents: str, size: int, chunks: list[str]) -> None:
    places = list(chunk_by_document(documents, size))
    assert [documents[one.start : one.stop] for one in places] == chunks
    assert [index for one in places for index in one] == list(range(len(documents)))
