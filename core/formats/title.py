"""Where a document's title ends, for formats that write title and abstract apart."""

from core.domain import Document

TITLE_END_KEY = "title_end"


def find_title_end(document: Document) -> int | None:
    """Return where the one space between title and abstract stands, or None where the metadata name no such place."""
    value = dict(document.metadata).get(TITLE_END_KEY, "")
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        return None
    end = int(value)
    return end if 0 < end < len(document.text) - 1 and document.text[end] == " " else None
