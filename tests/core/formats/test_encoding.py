"""Decoding: UTF-8 and marked UTF-16 are read, everything else is refused with place and remedy."""

import codecs

import pytest

from core.errors import FormatError
from core.formats.encoding import decode_text

TEXT = "Aspirin 😀 naïve\r\nשלום e\u0301\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8"),
        codecs.BOM_UTF8 + TEXT.encode("utf-8"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16 little-endian", "utf-16 big-endian"],
)
def test_text_comes_out_unchanged_and_without_its_byte_order_mark(data: bytes) -> None:
    assert decode_text(data) == TEXT


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", None, "The file is empty. Choose a file with text."),
        (b" \r\n\t", None, "The file is empty. Choose a file with text."),
        (codecs.BOM_UTF8, None, "The file is empty. Choose a file with text."),
        (
            "one\ntwo naïve".encode("latin-1"),
            2,
            "Byte 0xEF at byte offset 10 is not UTF-8. Save the file as UTF-8 and import it again.",
        ),
        (
            codecs.BOM_UTF8 + b"\xff",
            1,
            "Byte 0xFF at byte offset 3 is not UTF-8. Save the file as UTF-8 and import it again.",
        ),
        (
            codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le") + b"\x00",
            2,
            "Byte 0x00 at byte offset 8 is not UTF-16-LE. Save the file as UTF-8 and import it again.",
        ),
        (
            codecs.BOM_UTF32_LE + "a".encode("utf-32-le"),
            None,
            "The file is encoded in UTF-32. Save it as UTF-8 and import it again.",
        ),
        (
            b"one\ntw\x00o",
            2,
            "Character 6 is NUL: this looks like a binary file. Save it as UTF-8 text and import that.",
        ),
        (
            b"\x1f\x8b\x08\x00",
            None,
            "The file is gzip-compressed. Unpack or save it as UTF-8 text and import that.",
        ),
        (b"%PDF-1.7", None, "The file is a PDF. Unpack or save it as UTF-8 text and import that."),
    ],
)
def test_other_bytes_are_refused_with_place_and_remedy(data: bytes, line: int | None, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        decode_text(data)
    assert (caught.value.message, caught.value.line) == (message, line)
