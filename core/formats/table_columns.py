"""Which columns a table has and what each means; whether a text is a table at all. One rule for command and page."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from core.errors import FormatError

ROLES: dict[str, tuple[str, ...]] = {
    "text": ("text", "sentence", "abstract", "passage", "content", "body"),
    "head": ("head", "entity1", "e1", "subject", "subj", "head_text", "head_name", "arg1"),
    "tail": ("tail", "entity2", "e2", "object", "obj", "tail_text", "tail_name", "arg2"),
    "label": ("label", "relation", "predicate", "relation_type", "class"),
    "head_type": ("head_type", "entity1_type", "e1_type", "subject_type", "subj_type", "type1"),
    "tail_type": ("tail_type", "entity2_type", "e2_type", "object_type", "obj_type", "type2"),
    "head_start": ("head_start", "e1_start", "subj_start", "start1"),
    "tail_start": ("tail_start", "e2_start", "obj_start", "start2"),
    "id": ("document", "document_id", "doc_id", "pmid", "id"),
    "split": ("split",),
    "origin": ("origin",),
}
PAIR = frozenset({"head", "tail"})
OF_PAIRS = PAIR | {"label", "head_type", "tail_type", "head_start", "tail_start"}
MAX_CELL = 2**20
WINDOW = 2**18  # characters that tell whether a text is a table
NUM_ROWS = 20  # of them at most
MIN_LOOSE_ROWS, MIN_LOOSE_ROWS_WITH_TEXT = 5, 2  # where a space follows the separators, as in prose
MAX_NAME = 60
SENTENCE_END = re.compile(r":$|\w{4,}\.$|\s.*[.!?]$")
DIGITS = re.compile(r"\d+")


def is_table(text: str, columns: Mapping[str, str] | None = None) -> bool:
    """Return whether the first line of a text names columns and the lines below it are their rows.

    Names that tell the text and one more role, or a chosen column, are enough. Others must look like names and their
    rows must fit. Tabs, and commas or semicolons with no space behind them, hardly ever occur in the lines of prose:
    one row of as many cells or more is enough. Where a space follows, several rows must have exactly as many.

    Args:
        text: The decoded file, or at least its first WINDOW characters.
        columns: Chosen column by role.
    """
    line = first_line(text)
    if len(line) > WINDOW:
        return False
    header, rows = split_header(line), list(islice(_read_beginning(text), NUM_ROWS))
    roles = find_roles(header, {})
    is_named = ("text" in roles and len(roles) > 1) or bool(set((columns or {}).values()) & set(header))
    if is_named and text.lstrip("\n\r")[len(line) :].strip():
        return True
    if len(header) < 2 or not rows or not _are_names(header, rows):
        return False
    separator = find_separator(line)
    if f"{separator} " not in line:
        is_tabbed = separator == "\t"
        return all(len(row) >= len(header) and (is_tabbed or not row[-1].startswith(" ")) for row in rows)
    num_needed = MIN_LOOSE_ROWS_WITH_TEXT if "text" in roles else MIN_LOOSE_ROWS
    return len(rows) >= num_needed and all(len(row) == len(header) for row in rows)


def has_nameless_rows(text: str) -> bool:
    """Return whether tabs cut the first lines of a text, three at least, into equally many cells."""
    line = first_line(text)
    if "\t" not in line or len(line) > WINDOW:
        return False
    lengths = [len(row) for row in islice(_read_beginning(text), NUM_ROWS)]
    return len(lengths) > 1 and set(lengths) == {len(split_header(line))}


def find_columns(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the columns that the first line names, and the column of each role that its name tells."""
    names = tuple(split_header(first_line(text)))
    return names, {role: names[position] for role, position in find_roles(names, {}).items()}


def first_line(text: str) -> str:
    """Return the first line of a text that is not empty, without its end."""
    return text.lstrip("\n\r").partition("\n")[0].partition("\r")[0]


def split_header(line: str) -> list[str]:
    """Return the names of the columns; none where the line cannot be read."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=find_separator(line)), [])]
    except csv.Error:
        return []


def find_separator(line: str) -> str:
    """Return what separates the cells of a table whose first line this is."""
    if "\t" in line:
        return "\t"
    return ";" if line.count(";") > line.count(",") else ","


def find_roles(header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Return the position of the column of each role.

    Raises:
        FormatError: A chosen column is not there, or a role is unknown.
    """
    roles = {}
    lowered = [name.casefold().replace(" ", "_") for name in header]
    for role, names in ROLES.items():
        if role in columns:
            if not columns[role] or is_constant(columns[role], header):
                continue
            if columns[role] not in header:
                raise FormatError(f"There is no column {columns[role]!r}; the columns are {', '.join(header)}.")
            roles[role] = header.index(columns[role])
        else:
            found = next((name for name in names if name in lowered), None)
            roles |= {role: lowered.index(found)} if found is not None else {}
    unknown = columns.keys() - ROLES.keys()
    if unknown:
        raise FormatError(f"A column cannot mean {sorted(unknown)[0]!r}. Choose one of: {', '.join(ROLES)}.")
    return roles


def find_unread(names: Sequence[str], roles: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the columns that are left out: those without a role, and those that are about a pair where none is given.

    Args:
        names: All columns.
        roles: Column by role; "" where a role has one value in all rows.
    """
    stray = [] if roles.keys() >= PAIR else [roles[role] for role in roles if role in OF_PAIRS and roles[role]]
    return [name for name in names if name and name not in roles.values()], stray


def is_constant(name: str, header: Sequence[str]) -> bool:
    """Return whether a chosen "column" is a value that all rows have."""
    return name.startswith("=") and name not in header


def _read_beginning(text: str) -> Iterator[list[str]]:
    """Yield the rows below the header that are not blank; none that is cut off or behind an unreadable one."""
    beginning = text.lstrip("\n\r")[:WINDOW]
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(io.StringIO(beginning, newline=""), delimiter=find_separator(first_line(beginning)))
    last: list[str] = []
    try:
        next(rows, None)
        for row in rows:
            if any(cell.strip() for cell in last):
                yield last
            last = row
    except csv.Error:
        return
    if any(cell.strip() for cell in last) and len(text) <= WINDOW:
        yield last


def _are_names(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether cells can name columns: short, no sentences, and unlike what stands below them.

    Cells that differ in their digits alone are alike. A first column without a name is that of row numbers, as
    programs write it, or an indentation.
    """
    shapes = [{DIGITS.sub("0", row[place].strip()) for row in rows if place < len(row)} for place in range(len(header))]
    if not header[0] and shapes[0] <= {""}:
        return False
    return all(
        any(character.isalpha() for character in name)
        and len(name) <= MAX_NAME
        and not SENTENCE_END.search(name)
        and DIGITS.sub("0", name) not in below
        for name, below in zip(header, shapes, strict=True)
        if name
    )
