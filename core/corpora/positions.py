"""Makes the ids of documents that are only numbered unique over the splits."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.domain import Document, Split


def name_by_split(documents: Mapping[Split, Iterable[Document]]) -> dict[Split, list[Document]]:
    """Return the documents with their split before their number: "dev-17"."""
    return {
        split: [replace(document, id=f"{split}-{document.id}") for document in found]
        for split, found in documents.items()
    }
