"""Which format a file has, told from its first line of content."""

import re

from core.errors import FormatError
from core.formats.encoding import decode_text

PUBTATOR_TEXT = re.compile(r"[^|\t\n]+\|[ta]\|")
MARKUP = re.compile(r"<(?:\?xml|!doctype|html|collection|document)\b", re.IGNORECASE)
JSON_ARRAY = re.compile(r"\[\s*(?:\{|\[\s*[\"\{])")


def detect_format(data: bytes) -> str:
    """Return the key in READERS that fits a file; plain text where no other format is recognised.

    Raises:
        FormatError: The file is empty, binary, in another encoding, or of a known but unread format.
    """
    return detect_text_format(decode_text(data))


def detect_text_format(text: str) -> str:
    """Return the key in READERS that fits decoded text.

    Raises:
        FormatError: The text is XML, HTML or a JSON array, which no reader takes.
    """
    start = len(text) - len(text.lstrip())
    if text.startswith("{", start):
        return "jsonl"
    if PUBTATOR_TEXT.match(text, start):
        return "pubtator"
    if MARKUP.match(text, start) or JSON_ARRAY.match(text, start):
        kind = "XML or HTML" if text[start] == "<" else "a JSON array"
        message = f"The file is {kind}, which is not read. Convert it to PubTator, JSONL or plain text."
        raise FormatError(message, line=text.count("\n", 0, start) + 1)
    return "text"
