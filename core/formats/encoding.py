"""From bytes to text: UTF-8, or UTF-16 with a byte order mark; Latin-1 with a warning; everything else is refused."""

import codecs
import re

from core.errors import FormatError
from core.formats.base import IssueLog, Severity

BINARY_SIGNATURES = {
    b"\x1f\x8b": "gzip-compressed",
    b"\xfd7zXZ": "xz-compressed",
    b"BZh91AY&SY": "bzip2-compressed",
    b"PK\x03\x04": "a zip archive or an office document",
    b"\xd0\xcf\x11\xe0": "an office document",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
}
UTF16_CODECS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

MAX_FILE_MEGABYTES = 50
# Well-formed UTF-8 of more than one byte hardly ever occurs in Latin-1 text: a file that has it is broken UTF-8.
MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
C1_CONTROL = re.compile(rb"[\x80-\x9f]")
UNDEFINED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
NOT_ASCII = re.compile(rb"[\x80-\xff]")


def decode_text(data: bytes, log: IssueLog | None = None) -> str:
    """Decode a file; a byte order mark is removed, nothing else is changed.

    Args:
        data: The file.
        log: Takes the warning when the file is read as Latin-1; without a log such a file is refused.

    Raises:
        FormatError: The file is empty, too large, binary, or in another encoding; names byte offset and line.
    """
    check_size(len(data))
    refuse_binary(data)
    text = _decode_latin1(data, log) or _decode(data)
    if not text.strip():
        raise FormatError("The file is empty. Choose a file with text.")
    nul = text.find("\0")
    if nul >= 0:
        raise explain_nul(nul, text.count("\n", 0, nul) + 1)
    return text


def drop_cut(head: bytes) -> bytes:
    """Return the beginning of a file without the line, or in UTF-16 the character, that its end cuts in two."""
    codec, start = find_codec(head)
    if codec == "utf-8":
        return head[: head.rfind(b"\n") + 1]
    decoder = codecs.getincrementaldecoder(codec)("replace")
    decoder.decode(head[start:])
    return head[: len(head) - len(decoder.getstate()[0])]


def check_size(num_bytes: int) -> None:
    """Refuse a file that is too large to be read at once.

    Raises:
        FormatError: It has more than MAX_FILE_MEGABYTES.
    """
    if num_bytes > MAX_FILE_MEGABYTES * 2**20:
        size = num_bytes / 2**20
        raise FormatError(
            f"The file has {size:.0f} MB; the limit of all formats but the native one, which is read line by line, is "
            f"{MAX_FILE_MEGABYTES} MB. Split it into several files."
        )


class Latin1Guess:
    """Looks at the bytes of a file, part by part, that is no UTF-8: is it Latin-1, or Windows-1252?"""

    def __init__(self) -> None:
        self._has_c1 = False
        self._is_other = False
        self._last = b""
        self._num_lines = 0
        self.line: int | None = None

    def add(self, part: bytes) -> None:
        """Look at the next part."""
        joined = self._last + part
        is_broken_utf8 = MULTIBYTE.search(joined) is not None
        self._is_other = self._is_other or is_broken_utf8 or CONTROL.search(part) is not None
        self._is_other = self._is_other or UNDEFINED_1252.search(part) is not None
        self._has_c1 = self._has_c1 or C1_CONTROL.search(part) is not None
        self._last = joined[-3:]
        if self.line is None and (found := NOT_ASCII.search(part)):
            self.line = self._num_lines + part.count(b"\n", 0, found.start()) + 1
        self._num_lines += part.count(b"\n")

    @property
    def codec(self) -> str:
        """The codec that reads what was seen; "" where neither does or all of it is ASCII."""
        if self._is_other or self.line is None:
            return ""
        return "cp1252" if self._has_c1 else "latin-1"


def note_latin1(log: IssueLog, guess: Latin1Guess) -> None:
    """Say that a file was read as Latin-1 or Windows-1252, and where that matters first."""
    name = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}[guess.codec]
    message = f"The file is not UTF-8; it was read as {name}. Check its letters with accents, or save it as UTF-8."
    log.add(Severity.NOTED, message, line=guess.line)


def _decode_latin1(data: bytes, log: IssueLog | None) -> str:
    """Return the text of a file that is no UTF-8 and looks like Latin-1 (or Windows-1252), else ""."""
    if log is None or data.startswith((codecs.BOM_UTF8, *UTF16_CODECS)):
        return ""
    guess = Latin1Guess()
    guess.add(data)
    if not guess.codec:
        return ""
    note_latin1(log, guess)
    return data.decode(guess.codec)


def refuse_binary(data: bytes) -> None:
    """Refuse a file that begins like one of a program.

    Raises:
        FormatError: It does.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FormatError("The file is encoded in UTF-32. Save it as UTF-8 and import it again.")
    for signature, description in BINARY_SIGNATURES.items():
        if data.startswith(signature):
            raise FormatError(f"The file is {description}. Unpack or save it as UTF-8 text and import that.")


def find_codec(data: bytes) -> tuple[str, int]:
    """Return the codec that a file's byte order mark names, UTF-8 without one, and the mark's length in bytes."""
    for mark, name in UTF16_CODECS.items():
        if data.startswith(mark):
            return name, len(mark)
    return "utf-8", len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0


def explain_bytes(value: int, offset: int, codec: str, line: int) -> FormatError:
    """Return the refusal of a byte that a codec cannot read."""
    message = (
        f"Byte 0x{value:02X} at byte offset {offset} is not {codec.upper()}. "
        "Save the file as UTF-8 and import it again."
    )
    return FormatError(message, line=line)


def explain_nul(offset: int, line: int) -> FormatError:
    """Return the refusal of a NUL character."""
    message = f"Character {offset} is NUL: this looks like a binary file. Save it as UTF-8 text and import that."
    return FormatError(message, line=line)


def _decode(data: bytes) -> str:
    codec, start = find_codec(data)
    body = data[start:]
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        offset = start + error.start
        line = body[: error.start].decode(codec).count("\n") + 1
        raise explain_bytes(data[offset], offset, codec, line) from error
