"""Which format a file has, told from its first line of content."""

import re

from core.errors import FormatError
from core.formats.encoding import decode_text
from core.formats.json_items import decode_item

PUBTATOR_TEXT = re.compile(r"[^|\t\n]+\|[ta]\|")
ADE_ROW = re.compile(r"[^|\n]+\|[^|\n]*\|[^|\n]+\|\d+\|\d+\|[^|\n]+\|\d+\|\d+\s*(?:\n|$)")
SEMEVAL_SENTENCE = re.compile(r"\d+\t[^\n]*?<e[12]>")
DDI_DOCUMENT = re.compile(r"(?:<\?xml[^>]*\?>\s*)?<document\b[^>]*>\s*<sentence\b[^>]*\btext\s*=")
MARKUP = re.compile(r"<(?:\?xml|!doctype|html|collection|document)\b", re.IGNORECASE)
JSON_ARRAY = re.compile(r"\[\s*(?:\{|\[\s*[\"\{])")
FIRST_KEYS = {"spert-json": {"tokens", "entities", "relations"}, "triples-json": {"text", "triple_list"}}
PATTERNS = {
    "pubtator": PUBTATOR_TEXT,
    "ade-rel": ADE_ROW,
    "semeval": SEMEVAL_SENTENCE,
    "ddi-xml": DDI_DOCUMENT,
}


def detect_format(data: bytes) -> str:
    """Return the key in READERS that fits a file; plain text where no other format is recognised.

    Raises:
        FormatError: The file is empty, binary, in another encoding, or of a known but unread format.
    """
    return detect_text_format(decode_text(data))


def detect_text_format(text: str) -> str:
    """Return the key in READERS that fits decoded text.

    Raises:
        FormatError: The text is XML, HTML or a JSON array of a kind that no reader takes.
    """
    start = len(text) - len(text.lstrip())
    if text.startswith("{", start):
        return "jsonl"
    for name, pattern in PATTERNS.items():
        if pattern.match(text, start):
            return name
    is_array = JSON_ARRAY.match(text, start) is not None
    found = _find_array_format(text, start) if is_array else None
    if found is None and (is_array or MARKUP.match(text, start)):
        kind = "XML or HTML" if text[start] == "<" else "a JSON array"
        message = f"The file is {kind} of a kind that is not read. Convert it to PubTator, JSONL or plain text."
        raise FormatError(message, line=text.count("\n", 0, start) + 1)
    return found or "text"


def _find_array_format(text: str, start: int) -> str | None:
    """Return the format whose keys the first item of an array has."""
    item_start = next(place for place in range(start + 1, len(text)) if not text[place].isspace())
    item, _ = decode_item(text, item_start)
    if not isinstance(item, dict):
        return None
    return next((name for name, keys in FIRST_KEYS.items() if keys <= item.keys()), None)
