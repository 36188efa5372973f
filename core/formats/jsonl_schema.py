"""The published JSON Schema of the native JSONL format: what each line of a file may be."""

from typing import Any

from pydantic.json_schema import models_json_schema

from core.formats.jsonl_header import FORMAT_NAME, FORMAT_VERSION, HeaderRecord
from core.formats.jsonl_records import DocumentRecord, SyntheticRecord

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def make_json_schema() -> dict[str, Any]:
    """Return a JSON Schema that every line of a native file fits: the header first, then documents and sentences.

    It says what a reader takes. What JSON Schema cannot say is checked in reading alone: that spans lie in their
    text and hold its characters, that ids are given once, that relations name mentions of their record.
    """
    records = (HeaderRecord, DocumentRecord, SyntheticRecord)
    references, definitions = models_json_schema([(one, "validation") for one in records], by_alias=True)
    header, document, synthetic = (references[one, "validation"] for one in records)
    return {
        "$schema": DIALECT,
        "title": f"A line of {FORMAT_NAME} JSONL, version {FORMAT_VERSION}",
        "description": "One JSON object a line. The first line is the header, each other one a document or a "
        "synthetic sentence. Offsets count Unicode code points from 0, ends are exclusive.",
        "oneOf": [
            {**header, "required": ["format"]},
            {**document, "required": ["kind"]},
            {**synthetic, "required": ["kind"]},
        ],
        "$defs": definitions["$defs"],
    }
