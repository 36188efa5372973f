"""A file of the native format, read from its path a record at a time, as often as wanted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.domain import Document, Schema, SyntheticSentence
from core.errors import FormatError
from core.formats.base import IssueLog
from core.formats.jsonl import read_header, read_items
from core.formats.text_lines import MAX_LINE_CHARACTERS, Share, TextLines, read_first_line


@dataclass(frozen=True, slots=True)
class NativeFile:
    """A native file whose bytes are text within the limits and whose header was read.

    Args:
        lines: The file.
        schema: What its header declares.
    """

    lines: TextLines
    schema: Schema | None

    @classmethod
    def open(cls, path: Path, log: IssueLog) -> Self:
        """Inspect a file, gzipped or not; the log takes what has to be said about its encoding.

        Raises:
            FormatError: It is no text, passes a limit, or does not begin with a header of the format.
        """
        lines = TextLines.inspect(path, log)
        return cls(lines, read_header(lines.walk()))

    def read(
        self, *, log: IssueLog, schema: Schema | None, report: Share | None = None
    ) -> Iterator[Document | SyntheticSentence]:
        """Yield the items of the file from its beginning; every faulty record is refused with its line.

        Args:
            log: Takes refusals and repairs.
            schema: Types and labels must be among these or, for None, among those that the file declares, if any.
            report: Told the share of the file that was read, in [0, 1].

        Raises:
            FormatError: A line is too long, or the file was changed since it was opened.
        """
        lines = self.lines.walk(report)
        next(lines)  # the header
        return read_items(lines, log=log, schema=schema or self.schema)


def is_native(path: Path) -> bool:
    """Return whether the first line of a file, gzipped or not, is the header of a native file of any version."""
    try:
        line = read_first_line(path, limit=MAX_LINE_CHARACTERS)
    except FormatError:  # a damaged archive
        return False
    if not line.lstrip("\ufeff \t\r").startswith("{") or '"format"' not in line:
        return False
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "format" in header
