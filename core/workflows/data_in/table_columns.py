"""Which columns a table has and what each means, looked up before its import, so that a person can say otherwise."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import FormatError
from core.formats.detect import detect_bytes_format, detect_text_format
from core.formats.encoding import decode_text
from core.formats.table import find_columns, split_row

HEAD_BYTES = 2**16
_NUM_ROWS = 20
# What a person can choose a column for, most wanted first; the other roles are told from their usual names alone.
COLUMN_ROLES: Mapping[str, str] = {
    "text": "Text or sentence",
    "label": "Relation label",
    "head": "Head",
    "tail": "Tail",
    "head_type": "Type of the head",
    "tail_type": "Type of the tail",
    "id": "Document",
    "split": "Split",
}


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table.

    Args:
        names: All of them, in order.
        known: Column by role, where its name tells the role.
    """

    names: tuple[str, ...]
    known: Mapping[str, str]


def find_table_columns(head: bytes) -> TableColumns | None:
    """Return the columns of a file, or None where it is of another format or its rows are unlike each other.

    Args:
        head: The first HEAD_BYTES of the file, or all of it.
    """
    if len(head) >= HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1]
    try:
        if detect_bytes_format(head):
            return None
        text = decode_text(head)
        found = detect_text_format(text)
    except FormatError:
        return None
    if found not in ("table", "text") or (found == "text" and not _has_even_rows(text)):
        return None
    return TableColumns(*find_columns(text))


def _has_even_rows(text: str) -> bool:
    """Return whether the first lines have equally many cells, more than one, and there are two of them or more."""
    lines = [line for line in text.splitlines() if line.strip()][:_NUM_ROWS]
    try:
        lengths = {len(split_row(line, like=lines[0])) for line in lines}
    except csv.Error:
        return False
    return len(lines) > 1 and len(lengths) == 1 and lengths != {1}
