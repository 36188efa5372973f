"""The published JSON Schema: every line that is written fits it, what a reader refuses by shape does not."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from core.domain import Corpus, Document, Mention, Span, State, SyntheticSentence
from core.formats import write_corpus
from core.formats.jsonl_schema import make_json_schema
from core.starter.demo import read_demo
from tests.core.formats.strategies import documents
from tests.core.formats.torture import SCHEMA, make_rich, make_torture

VALIDATOR = jsonschema.Draft202012Validator(make_json_schema())
MASKED = SyntheticSentence(
    "HEAD causes TAIL.",
    "CID",
    Mention(Span(0, 4), "Chemical"),
    Mention(Span(12, 16), "Disease"),
    state=State.REJECTED,
    reason="not true",
    provenance=(("seed", "1"),),
    agreement=0.5,
)


def lines_of(corpus: Corpus) -> list[dict[str, Any]]:
    return [json.loads(line) for line in write_corpus(corpus, format_name="jsonl").data.splitlines()]


@pytest.mark.parametrize(
    "corpus",
    [
        Corpus((*make_torture().documents, make_rich()), (MASKED,), SCHEMA),
        Corpus(
            (replace(make_rich(), sentences=(), facts=()),),
            (replace(MASKED, agreement=None, is_flagged=True, comment="Who?"),),
        ),
        read_demo(),
        Corpus(),
    ],
)
def test_every_line_that_is_written_fits_the_schema(corpus: Corpus) -> None:
    for line in lines_of(corpus):
        VALIDATOR.validate(line)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents())
def test_whatever_document_is_written_fits_the_schema(document: Document) -> None:
    for line in lines_of(Corpus((document,))):
        VALIDATOR.validate(line)


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"format": "other"},
        {"format": "dare-curator", "version": 2},
        {"id": "1", "text": "a"},
        {"kind": "document", "id": "1"},
        {"kind": "document", "id": 1, "text": "a"},
        {"kind": "document", "id": "1", "text": "a", "extra": 1},
        {"kind": "document", "id": "1", "text": "a", "split": "all"},
        {"kind": "document", "id": "1", "text": "a", "metadata": [["key"]]},
        {"kind": "document", "id": "1", "text": "a", "sentences": [{"start": -1, "end": 1}]},
        {"kind": "synthetic", "text": "a", "label": "CID"},
    ],
)
def test_a_line_of_another_shape_does_not_fit(line: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(line)


def test_every_field_is_described() -> None:
    schema = make_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    fields = [
        (name, field)
        for name, record in schema["$defs"].items()
        if "properties" in record
        for field, value in record["properties"].items()
        if not value.get("description")
    ]
    assert fields == []
