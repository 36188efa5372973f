"""Which format a file has, told from its content: signatures of binary files, else its first line or first object."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from core.errors import FormatError
from core.formats.archives import GZIP_SIGNATURE, ZIP_SIGNATURES, list_beginnings, unpack_gzip
from core.formats.brat import is_brat
from core.formats.checks import shorten
from core.formats.chemprot import is_chemprot
from core.formats.encoding import decode_text
from core.formats.json_items import decode_item
from core.formats.table_columns import is_table
from core.formats.text_jsonl import is_text_item
from core.formats.webanno_lines import HEADER as WEBANNO_HEADER

PUBTATOR_TEXT = re.compile(r"[^|\t\n]+\|[ta]\|")
ADE_ROW = re.compile(r"[^|\n]+\|[^|\n]*\|[^|\n]+\|\d+\|\d+\|[^|\n]+\|\d+\|\d+\s*(?:\n|$)")
SEMEVAL_SENTENCE = re.compile(r"\d+\t[^\n]*?<e[12]>")
DDI_DOCUMENT = re.compile(r"(?:<\?xml[^>]*\?>\s*)?<document\b[^>]*>\s*<sentence\b[^>]*\btext\s*=")
BIOC_COLLECTION = re.compile(r"(?:<\?xml[^>]*\?>\s*)?(?:<!DOCTYPE\s+collection\b[^>]*>\s*)?<collection\b")
PUBMED_ARTICLES = re.compile(r"(?:<\?[^>]*>\s*)*(?:<!DOCTYPE\s+Pubmed\w+[^>\[]*>\s*)?<Pubmed(?:Book)?Article(?:Set)?\b")
JATS_ARTICLES = re.compile(
    r"(?:<\?[^>]*>\s*)*(?:<!DOCTYPE\s+(?:article|pmc-articleset)\b[^>\[]*>\s*)?<(?:article|pmc-articleset)\b"
)
CONLL_ROWS = re.compile(
    r"(?:# (?:id|text) = [^\n]*\n|-DOCSTART-[^\n]*\n|\s*\n)*"
    r"(?:[^\s]+[ \t]+(?:[^\s]+[ \t]+)*(?:O|[BISELU]-[^\s]+)[ \t\r]*(?:\n|$)){2}"
)
MARKUP = re.compile(r"<(?:\?xml|!doctype|html|collection|document)\b", re.IGNORECASE)
JSON_ARRAY = re.compile(r"\[\s*(?:\{|\[\s*[\"\{])")
# The first whose keys an object has is its format.
OBJECT_KEYS: tuple[tuple[str, frozenset[str]], ...] = (
    ("spert-json", frozenset({"tokens", "entities", "relations"})),
    ("triples-json", frozenset({"text", "triple_list"})),
    ("bioc-json", frozenset({"documents"})),
    ("bioc-json", frozenset({"PubTator3"})),
    ("bioc-json", frozenset({"passages"})),
    ("pubannotation", frozenset({"text", "denotations"})),
    ("label-studio", frozenset({"data", "annotations"})),
    ("label-studio", frozenset({"data", "predictions"})),
    ("prodigy", frozenset({"text", "spans"})),
    ("prodigy", frozenset({"text", "tokens", "relations"})),
    ("doccano", frozenset({"text", "entities"})),
    ("doccano", frozenset({"text", "label"})),
    ("doccano", frozenset({"text", "labels"})),
)
PATTERNS = {
    "pubtator": PUBTATOR_TEXT,
    "ade-rel": ADE_ROW,
    "semeval": SEMEVAL_SENTENCE,
    "ddi-xml": DDI_DOCUMENT,
    "bioc-xml": BIOC_COLLECTION,
    "pubmed-xml": PUBMED_ARTICLES,
    "jats-xml": JATS_ARTICLES,
    "conll": CONLL_ROWS,
}
JSON_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
PARQUET_SIGNATURE = b"PAR1"
ZLIB_SIGNATURES = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def detect_format(data: bytes) -> str:
    """Return the key in READERS that fits a file; plain text where no other format is recognised.

    Raises:
        FormatError: The file is empty, binary, in another encoding, or of a known but unread format.
    """
    if data.startswith(GZIP_SIGNATURE):
        data = unpack_gzip(data)
    return detect_bytes_format(data) or detect_text_format(decode_text(data))


def detect_bytes_format(data: bytes) -> str:
    """Return the format of a file that is no text, told from its signature, or ""."""
    if data.startswith(PARQUET_SIGNATURE) and data.endswith(PARQUET_SIGNATURE):
        return "parquet"
    if data.startswith(ZIP_SIGNATURES):
        return _find_archive_format(data)
    is_zlib = data.startswith(ZLIB_SIGNATURES) and int.from_bytes(data[:2], "big") % 31 == 0
    return "docbin" if is_zlib and not _is_plain(data) else ""


def check_zip_name(source: str) -> None:
    """Refuse a file that is no zip but is called one, before its bytes are taken for those of a text.

    Raises:
        FormatError: The name is that of a zip.
    """
    if PurePosixPath(source.casefold()).suffix == ".zip":
        raise FormatError(
            "The name ends in .zip, but the file is no zip archive: it is broken, or did not arrive whole. Pack or "
            "download it again."
        )


def check_suffix(text: str, source: str) -> None:
    """Refuse plain text by whose name it was to be something else: nobody wants that kept as one text.

    Raises:
        FormatError: The name is that of JSON or of a table.
    """
    suffix = PurePosixPath(source.casefold().removesuffix(".gz")).suffix
    beginning = shorten(text.strip().partition("\n")[0].strip(), limit=40)
    if suffix in JSON_SUFFIXES:
        message = (
            f"The name ends in {suffix}, but the file is no JSON: it begins with {beginning}. Save or export it again; "
            "if it is meant as plain text, choose that as its format."
        )
        raise FormatError(message, line=1)
    if suffix in TABLE_SUFFIXES:
        message = (
            f"The name ends in {suffix}, but the first line, {beginning}, does not name the columns of even rows. "
            "Write a line with their names there, or choose table or plain text as its format."
        )
        raise FormatError(message, line=1)


def _find_archive_format(data: bytes) -> str:
    """Return the format that the files of an archive have together, "zip" where each is read for itself."""
    beginnings = list_beginnings(data)
    if is_brat(list(beginnings)):
        return "brat"
    return "chemprot" if is_chemprot(beginnings) else "zip"


def _is_plain(data: bytes) -> bool:
    """Return whether a beginning that looks compressed is text after all ("x^2 ...")."""
    return all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in data[:64])


def detect_text_format(text: str, *, columns: Mapping[str, str] | None = None) -> str:
    """Return the key in READERS that fits decoded text.

    Args:
        text: The decoded file.
        columns: Column of a table by role; a file that has one of them is a table.

    Raises:
        FormatError: The text is XML, HTML or a JSON array of a kind that no reader takes.
    """
    start = len(text) - len(text.lstrip())
    if text.startswith("{", start):
        return _find_object_format(text, start)
    if text.startswith(WEBANNO_HEADER, start):
        return "webanno"
    for name, pattern in PATTERNS.items():
        if pattern.match(text, start):
            return name
    is_array = JSON_ARRAY.match(text, start) is not None
    found = _find_array_format(text, start) if is_array else None
    if found is None and is_array:
        decode_item(text, start)  # a broken one is refused as such
    if found is None and (is_array or MARKUP.match(text, start)):
        kind = "XML or HTML" if text[start] == "<" else "a JSON array"
        message = f"The file is {kind} of a kind that is not read. Convert it to PubTator, JSONL or plain text."
        raise FormatError(message, line=text.count("\n", 0, start) + 1)
    return found or ("table" if is_table(text, columns) else "text")


def _find_object_format(text: str, start: int) -> str:
    """Return the format whose keys the object at a place has; a broken header is for the native reader to refuse.

    Raises:
        FormatError: The object is broken, or whole and of no known kind.
    """
    try:
        item, _ = decode_item(text, start)
    except FormatError as error:
        if '"format"' in text[start:].partition("\n")[0]:
            return "jsonl"
        message = f"{error.message} If it is meant as plain text, choose that as its format."
        raise FormatError(message, line=error.line) from error
    found = "jsonl" if "format" in item else _match_keys(item)
    if found is None:
        keys = shorten(", ".join(item), limit=120)
        message = f"The file holds JSON objects of a kind that is not read; their keys are {keys}. Choose another form."
        raise FormatError(message, line=text.count("\n", 0, start) + 1)
    return found


def _find_array_format(text: str, start: int) -> str | None:
    """Return the format whose keys the first item of an array has."""
    item_start = next(place for place in range(start + 1, len(text)) if not text[place].isspace())
    item, _ = decode_item(text, item_start)
    return _match_keys(item)


def _match_keys(item: Any) -> str | None:  # noqa: ANN401 (any JSON value)
    if not isinstance(item, dict):
        return None
    found = next((name for name, keys in OBJECT_KEYS if keys <= item.keys()), None)
    return found or ("text-jsonl" if is_text_item(item) else None)
