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


def decode_text(data: bytes, log: IssueLog | None = None) -> str:
    """Decode a file; a byte order mark is removed, nothing else is changed.

    Args:
        data: The file.
        log: Takes the warning when the file is read as Latin-1; without a log such a file is refused.

    Raises:
        FormatError: The file is empty, too large, binary, or in another encoding; names byte offset and line.
    """
    check_size(data)
    _refuse_binary(data)
    text = _decode_latin1(data, log) or _decode(data)
    if not text.strip():
        raise FormatError("The file is empty. Choose a file with text.")
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        message = f"Character {nul} is NUL: this looks like a binary file. Save it as UTF-8 text and import that."
        raise FormatError(message, line=line)
    return text


def check_size(data: bytes) -> None:
    """Refuse a file that is too large to be read at once.

    Raises:
        FormatError: It has more than MAX_FILE_MEGABYTES.
    """
    if len(data) > MAX_FILE_MEGABYTES * 2**20:
        size = len(data) / 2**20
        raise FormatError(
            f"The file has {size:.0f} MB; the limit is {MAX_FILE_MEGABYTES} MB. Split it into several files."
        )


def _decode_latin1(data: bytes, log: IssueLog | None) -> str:
    """Return the text of a file that is no UTF-8 and looks like Latin-1 (or Windows-1252), else ""."""
    if log is None or data.startswith((codecs.BOM_UTF8, *UTF16_CODECS)) or MULTIBYTE.search(data):
        return ""
    if data.isascii() or CONTROL.search(data):
        return ""
    codec, name = ("cp1252", "Windows-1252") if C1_CONTROL.search(data) else ("latin-1", "Latin-1")
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return ""
    line = data[: next(place for place, value in enumerate(data) if value > 0x7F)].count(b"\n") + 1
    message = f"The file is not UTF-8; it was read as {name}. Check its letters with accents, or save it as UTF-8."
    log.add(Severity.NOTED, message, line=line)
    return text


def _refuse_binary(data: bytes) -> None:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FormatError("The file is encoded in UTF-32. Save it as UTF-8 and import it again.")
    for signature, description in BINARY_SIGNATURES.items():
        if data.startswith(signature):
            raise FormatError(f"The file is {description}. Unpack or save it as UTF-8 text and import that.")


def _decode(data: bytes) -> str:
    codec, start = "utf-8", len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    for mark, name in UTF16_CODECS.items():
        if data.startswith(mark):
            codec, start = name, len(mark)
    body = data[start:]
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        offset = start + error.start
        line = body[: error.start].decode(codec).count("\n") + 1
        value = data[offset]
        message = (
            f"Byte 0x{value:02X} at byte offset {offset} is not {codec.upper()}. "
            "Save the file as UTF-8 and import it again."
        )
        raise FormatError(message, line=line) from error
