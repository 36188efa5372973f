"""A text file, gzipped or not, walked line by line from its path, so that it never lies in memory as a whole."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from core.errors import FormatError
from core.formats.archives import CHUNK_BYTES, GZIP_SIGNATURE, MAX_RATIO, RATIO_FREE_BYTES
from core.formats.base import IssueLog
from core.formats.encoding import (
    Latin1Guess,
    explain_bytes,
    explain_nul,
    find_codec,
    note_latin1,
    refuse_binary,
)

MAX_STREAM_MEGABYTES = 8192  # unpacked
MAX_LINE_CHARACTERS = 16 * 2**20
REPORT_LINES = 100
CHANGED = "The file was changed while it was read. Import it again."

Lines = Iterator[tuple[int, str]]
Share = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class TextLines:
    """A file that was seen to be text: it can be walked again and again.

    Args:
        path: The file.
        codec: How its bytes become characters.
        mark_length: Bytes of the byte order mark, which is no text.
        signature: Size in bytes, packed, and time of change when it was inspected.
    """

    path: Path
    codec: str
    mark_length: int
    signature: tuple[int, int]

    @classmethod
    def inspect(cls, path: Path, log: IssueLog) -> Self:
        """Go through a file once, with nothing kept, to see whether all of it is text within the limits.

        Raises:
            FormatError: The file is empty, too large, binary, damaged or in another encoding; names byte and line.
        """
        signature = _sign(path)
        with _open(path) as file:
            head = file.read(CHUNK_BYTES)
        refuse_binary(head)
        codec, mark_length = find_codec(head)
        fault = _find_fault(path, codec, mark_length)
        if fault is not None:
            guess = _guess_latin1(path)
            if mark_length or not guess.codec:
                raise fault
            note_latin1(log, guess)
            codec = guess.codec
        return cls(path, codec, mark_length, signature)

    def walk(self, report: Share | None = None) -> Lines:
        """Yield the lines that are not blank with their numbers from 1.

        Args:
            report: Told the share of the file that was read, in [0, 1], every REPORT_LINES lines.

        Raises:
            FormatError: A line has more than MAX_LINE_CHARACTERS, or the file is another one than was inspected.
        """
        with self.path.open("rb") as packed, _unpack(packed) as file:
            file.read(self.mark_length)
            text = io.TextIOWrapper(file, encoding=self.codec, newline="\n")
            number = 0
            while line := _read_line(text, number + 1):
                number += 1
                if report is not None and number % REPORT_LINES == 0:
                    report(min(1.0, packed.tell() / self.signature[0]))
                if not line.isspace():
                    yield number, line
        if _sign(self.path) != self.signature:
            raise FormatError(CHANGED)


def read_first_line(path: Path, *, limit: int) -> str:
    """Return the first line of a file that is not blank; "" where the file begins with no text or with a longer line.

    Args:
        path: The file, gzipped or not.
        limit: Most characters of the line.
    """
    with _open(path) as file:
        codec, mark_length = find_codec(file.read(4))
    with _open(path) as file:
        file.read(mark_length)
        text = io.TextIOWrapper(file, encoding=codec, errors="replace", newline="\n")
        while line := text.readline(limit):
            if not line.isspace():
                return line if line.endswith("\n") or len(line) < limit else ""
    return ""


def _read_line(text: io.TextIOWrapper, number: int) -> str:
    try:
        line = text.readline(MAX_LINE_CHARACTERS)
    except UnicodeDecodeError as error:
        raise FormatError(CHANGED, line=number) from error
    if len(line) == MAX_LINE_CHARACTERS and not line.endswith("\n"):
        message = f"The line has more than {MAX_LINE_CHARACTERS:,} characters. Split its document."
        raise FormatError(message, line=number)
    return line


def _sign(path: Path) -> tuple[int, int]:
    """Return size and time of change of a file, by which another content is noticed."""
    found = path.stat()
    return max(1, found.st_size), found.st_mtime_ns


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    """Open a file for its unpacked bytes.

    Raises:
        FormatError: It is gzipped and damaged.
    """
    with path.open("rb") as packed, _unpack(packed) as file:
        yield file


@contextmanager
def _unpack(packed: io.BufferedReader) -> Iterator[BinaryIO]:
    is_gzipped = packed.peek(len(GZIP_SIGNATURE)).startswith(GZIP_SIGNATURE)
    try:
        yield gzip.GzipFile(fileobj=packed) if is_gzipped else packed  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"The gzip file cannot be unpacked: {error}. Pack it again.") from error


def _read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file.

    Raises:
        FormatError: They are more than the limits allow.
    """
    limit, size, total = MAX_STREAM_MEGABYTES * 2**20, path.stat().st_size, 0
    with _open(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            total += len(chunk)
            if total > limit:
                raise FormatError(f"The file has more than {MAX_STREAM_MEGABYTES} MB. Split it into several files.")
            if total > max(RATIO_FREE_BYTES, size * MAX_RATIO):
                message = f"The gzip file unpacks from {size:,} bytes to more than {MAX_RATIO} times as many."
                raise FormatError(f"{message} Split it into several files.")
            yield chunk


def _guess_latin1(path: Path) -> Latin1Guess:
    guess = Latin1Guess()
    for chunk in _read_chunks(path):
        guess.add(chunk)
    return guess


def _find_fault(path: Path, codec: str, mark_length: int) -> FormatError | None:
    """Return what makes a file no text of an encoding; None where it is.

    Raises:
        FormatError: It passes a limit, is damaged, holds a NUL character, or no text at all.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    num_bytes, num_characters, num_lines, has_text, to_skip = 0, 0, 1, False, mark_length
    for chunk in _read_chunks(path):
        part, to_skip = chunk[to_skip:], 0
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(part)
        except UnicodeDecodeError as error:
            offset = mark_length + num_bytes - waiting + error.start
            line = num_lines + error.object[: error.start].decode(codec).count("\n")
            return explain_bytes(error.object[error.start], offset, codec, line)
        if (nul := text.find("\0")) >= 0:
            raise explain_nul(num_characters + nul, num_lines + text.count("\n", 0, nul))
        num_bytes += len(part)
        num_characters += len(text)
        num_lines += text.count("\n")
        has_text = has_text or not (text == "" or text.isspace())
    if waiting_bytes := decoder.getstate()[0]:
        return explain_bytes(waiting_bytes[0], mark_length + num_bytes - len(waiting_bytes), codec, num_lines)
    if not has_text:
        raise FormatError("The file is empty. Choose a file with text.")
    return None
