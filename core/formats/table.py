"""Reads CSV and TSV with a header: texts alone, or sentences with a head, a tail and a label, masked or not.

Which column means what is told from its name; `columns` names others. Rows of one sentence become one document.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain import Corpus, Document, Schema, Sentence, Span, Split, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten
from core.formats.places import find_places
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document
from core.formats.table_columns import (
    MAX_CELL,
    PAIR,
    ROLES,
    find_roles,
    find_separator,
    find_unread,
    first_line,
    is_constant,
    split_header,
)
from core.formats.table_types import RowTypes, is_negative

MASK = re.compile(r"[$@][^\W_][\w]*\$")
FORMULA_QUOTE = re.compile(r"'(?='*[=+\-@\t\r])")
OWN_HEADER = ("index", "sentence", "label")
MAX_NAMED = 20  # columns in a message


@dataclass(slots=True)
class SentenceRows:
    """All rows of one sentence: its text and, for each row, line and cells by role."""

    id: str
    text: str
    line: int
    pairs: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def read_table(
    text: str, *, source: str, log: IssueLog, schema: Schema | None, columns: Mapping[str, str] | None = None
) -> Corpus:
    """Read one document a sentence, or a row where the rows state no pair.

    Args:
        text: The decoded file.
        source: Name of the file.
        log: Takes refusals and repairs.
        schema: What is allowed.
        columns: Column by role, where ROLES does not fit; "" leaves the role out, "=Chemical" is so in every row.

    Raises:
        FormatError: There is no column for the text, or a chosen column is missing.
    """
    check = SchemaCheck(schema, log)
    types = RowTypes(check, log)
    sentences: dict[tuple[str, str], SentenceRows] = {}
    for line, cells, fault in _iterate_rows(text, columns or {}, log):
        with log.refusing(line):
            if fault:
                raise FormatError(fault)
            if cells.get("origin") == "synthetic":
                log.add_once(Severity.NOTED, "Synthetic rows are left out; JSONL brings them back.", line=line)
            elif not cells.get("text", "").strip():
                log.add_once(Severity.NOTED, "Rows without text are left out; this is the first one.", line=line)
            elif not PAIR <= cells.keys():
                name = cells.get("id") or f"{source}-{line}"
                rows = sentences.setdefault((name, str(line)), SentenceRows(name, cells["text"], line))
                rows.pairs.append((line, {"split": cells.get("split", "")}))
            elif typed := types.complete(cells, line=line):
                sentence = _restore_masks(typed)
                key = (typed.get("id", ""), sentence)
                rows = sentences.setdefault(key, SentenceRows(typed.get("id") or f"{source}-{line}", sentence, line))
                rows.pairs.append((line, typed))
    return Corpus(documents=tuple(make_documents(_join_numbered(list(sentences.values())), log, check)))


def _join_numbered(sentences: Sequence[SentenceRows]) -> list[SentenceRows]:
    """Join the rows of one sentence where ids number the rows: as documents of one text all but the first would go."""
    if any(len(rows.pairs) > 1 for rows in sentences) or len({rows.id for rows in sentences}) < len(sentences):
        return list(sentences)
    joined: dict[str, SentenceRows] = {}
    for rows in sentences:
        first = joined.setdefault(rows.text if PAIR <= rows.pairs[0][1].keys() else str(rows.line), rows)
        if first is not rows:
            first.pairs += rows.pairs
    return list(joined.values())


def make_documents(sentences: Iterable[SentenceRows], log: IssueLog, check: SchemaCheck) -> Iterator[Document]:
    """Yield a document a sentence; those of the same id are numbered.

    Args:
        sentences: What rows, or other records of a text, say of each.
        log: Takes refusals and repairs.
        check: Refuses what the schema does not have.
    """
    numbers: dict[str, int] = {}
    for rows in sentences:
        numbers[rows.id] = numbers.get(rows.id, 0) + 1
        if numbers[rows.id] > 1:
            rows.id = f"{rows.id}-{numbers[rows.id]}"
        with log.refusing(rows.line):
            yield make_document(_state(rows), log, check)


def _iterate_rows(text: str, columns: Mapping[str, str], log: IssueLog) -> Iterator[tuple[int, dict[str, str], str]]:
    """Yield line, cells by role, and fault ("" for none) of every row that is not blank; note the columns left out."""
    header_line = first_line(text)
    header = split_header(header_line)
    roles = find_roles(header, columns)
    if "text" not in roles:
        raise FormatError(_explain_no_text(header))
    constants = {role: name[1:] for role, name in columns.items() if is_constant(name, header)}
    separator = find_separator(header_line)
    is_own = tuple(header[: len(OWN_HEADER)]) == OWN_HEADER
    column_by_role = {role: header[position] for role, position in roles.items()} | dict.fromkeys(constants, "")
    _note_unread(header[1:] if is_own else header, column_by_role, log)
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(
        io.StringIO(text.lstrip("\n\r"), newline=""),
        delimiter=separator,
        quoting=csv.QUOTE_NONE if is_own and separator == "\t" else csv.QUOTE_MINIMAL,
    )
    try:
        next(rows)
        line = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                cells = {role: row[position] for role, position in roles.items() if position < len(row)}
                if separator != "\t":
                    cells = {role: _unescape(cell) for role, cell in cells.items()}
                yield line, cells | constants, _find_fault(row, header)
            line = rows.line_num + 1
    except csv.Error as error:
        raise FormatError(f"Not a readable table: {error}. Save it again as CSV.", line=rows.line_num) from error


def _find_fault(row: Sequence[str], header: Sequence[str]) -> str:
    """Return what is wrong with a row whose cells go beyond the last column; empty ones do not count."""
    if not any(cell.strip() for cell in row[len(header) :]):
        return ""
    return (
        f"The row has {len(row)} cells, the first line {len(header)}. Put cells that hold the separator in double "
        "quotes, or name all columns."
    )


def _note_unread(header: Sequence[str], column_by_role: Mapping[str, str], log: IssueLog) -> None:
    unknown, stray = find_unread(header, column_by_role)
    for names, reason in ((stray, "a head and a tail are missing"), (unknown, "nothing says what they hold")):
        if names:
            log.add(Severity.NOTED, f"Columns left out, since {reason}: {_join(names)}.", line=1)


def _explain_no_text(header: Sequence[str]) -> str:
    return (
        f"The file is a table with the columns {_join([name for name in header if name])}; none is known to hold the "
        f"text. Say which one does, or call it {ROLES['text'][0]}; read as plain text, the file is kept as one text."
    )


def _join(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")


def _unescape(cell: str) -> str:
    return cell[1:] if FORMULA_QUOTE.match(cell) else cell


def _restore_masks(cells: dict[str, str]) -> str:
    """Return the sentence with the names of head and tail in the place of their masks, if it is masked.

    Where they stood is noted in the cells as `head_start` and `tail_start`.

    Raises:
        FormatError: One mask stands there without the other.
    """
    text = cells["text"]
    masks = [match for match in MASK.finditer(text) if _mask_of(match[0], cells)]
    if not masks or not (cells["head"] and cells["tail"]):
        return text
    if len(masks) != 2:
        raise FormatError(f"{shorten(text)} holds {len(masks)} masks of its two mentions. Write one for each.")
    roles = [_mask_of(match[0], cells) for match in masks]
    if roles[0] == roles[1]:
        raise FormatError(f"{shorten(text)} holds the mask {masks[0][0]} twice. Write {masks[0][0][:-1]}_A$ and _B$.")
    shift = 0
    for match, role in zip(masks, roles, strict=True):
        start = match.start() + shift
        cells[f"{role}_start"] = str(start)
        text = text[:start] + cells[role] + text[start + len(match[0]) :]
        shift += len(cells[role]) - len(match[0])
    return text


def _mask_of(mask: str, cells: dict[str, str]) -> str:
    """Return which of the two mentions a mask stands for, or "" for none."""
    name = mask[1:-1]
    for role, suffix in (("head", "_A"), ("tail", "_B")):
        mask_name = re.sub(r"\W+", "_", cells[f"{role}_type"]).strip("_").upper()
        if name in (mask_name + suffix, mask_name):
            return role
    return ""


def _state(rows: SentenceRows) -> StatedDocument:
    stated = StatedDocument(rows.id, rows.text, line=rows.line)
    split = rows.pairs[0][1].get("split", "").casefold()
    if split:
        if split not in list(Split):
            raise FormatError(f"{shorten(split)} is no split. Write one of: {', '.join(Split)}.")
        stated.split = Split(split)
    if "head" not in rows.pairs[0][1]:
        return stated
    stated.sentences = (Sentence(Span(0, len(rows.text)), State.ACCEPTED),)
    ids: dict[tuple[Span, str], str] = {}
    for _, cells in rows.pairs:
        head = _find_span(rows.text, cells, "head", None)
        tail = _find_span(rows.text, cells, "tail", head)
        ends = []
        for role, span in (("head", head), ("tail", tail)):
            place = (span, cells[f"{role}_type"])
            if place not in ids:
                ids[place] = str(len(ids))
                stated.mentions.append(StatedMention(ids[place], span.start, span.end, place[1]))
            ends.append(ids[place])
        label = cells.get("label", "")
        if not is_negative(label):
            stated.relations.append(StatedRelation(label, ends[0], ends[1]))
    return stated


def _find_span(text: str, cells: dict[str, str], role: str, taken: Span | None) -> Span:
    """Return where a mention stands: where its row says, else at the first place that the other leaves free."""
    name, start = cells[role], cells.get(f"{role}_start", "")
    if re.fullmatch(r"\d{1,9}", start) and name and text.startswith(name, int(start)):
        return Span(int(start), int(start) + len(name))
    places = find_places(text, name)
    free = [span for span in places if taken is None or not span.overlaps(taken)]
    if not free:
        raise FormatError(f"{shorten(name)} is not in {shorten(text)}. Correct the name or the sentence.")
    return free[0]
