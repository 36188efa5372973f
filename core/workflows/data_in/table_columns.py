"""Which columns a table has and what each means, looked up before its import, so that a person can say otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import FormatError
from core.formats.base import IssueLog
from core.formats.detect import detect_bytes_format, detect_text_format
from core.formats.encoding import decode_text, drop_cut
from core.formats.table_columns import WINDOW, find_columns, find_unread

TABLE = "table"
HEAD_BYTES = 4 * WINDOW  # of which every encoding makes as many characters or more
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

    @property
    def without_role(self) -> list[str]:
        """Columns whose names tell no role."""
        return find_unread(self.names, self.known)[0]

    @property
    def without_pair(self) -> list[str]:
        """Columns that are about a head and a tail, which no column holds."""
        return find_unread(self.names, self.known)[1]


def find_table_columns(head: bytes, *, is_surely_table: bool = False) -> TableColumns | None:
    """Return the columns of a file, or None where it is of another format.

    Args:
        head: The first HEAD_BYTES of the file, or all of it.
        is_surely_table: Whether it is to be read as a table whatever it looks like.
    """
    try:
        if detect_bytes_format(head):
            return None
        text = decode_text(drop_cut(head) if len(head) >= HEAD_BYTES else head, IssueLog())
        if not is_surely_table and detect_text_format(text) != TABLE:
            return None
    except FormatError:
        return None
    return TableColumns(*find_columns(text))
