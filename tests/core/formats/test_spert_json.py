"""JSON of tokens, entities and relations with exclusive ends."""

import json
from typing import Any

import pytest

from core.domain import EntityType, RelationLabel, Schema
from core.formats import ReadResult, read_corpus

ITEM: dict[str, Any] = {
    "tokens": ["Aspirin", "caused", "a", "rash", "."],
    "entities": [[0, 1, "Drug"], [2, 4, "Effect"]],
    "relations": [[2, 4, 0, 1, "CAUSED_BY"]],
}


def read(*items: dict[str, Any], schema: Schema | None = None) -> ReadResult:
    result = read_corpus(json.dumps(items, indent=0).encode(), source="a.json", schema=schema)
    assert result.report.format_name == "spert-json"
    return result


def changed(**values: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    return {**ITEM, **values}


def test_tokens_are_joined_by_single_spaces_and_ends_are_exclusive() -> None:
    (found,) = read(ITEM).corpus.documents
    assert (found.id, found.text) == ("1", "Aspirin caused a rash .")
    assert [one.span.text(found.text) for one in found.mentions] == ["Aspirin", "a rash"]
    (relation,) = found.relations
    assert (relation.head.entity_type, relation.tail.entity_type, relation.label) == ("Effect", "Drug", "CAUSED_BY")
    assert [one.span.text(found.text) for one in found.sentences] == [found.text]


def test_the_objects_of_spert_say_the_same() -> None:
    item = {
        "tokens": ITEM["tokens"],
        "entities": [{"type": "Drug", "start": 0, "end": 1}, {"type": "Effect", "start": 2, "end": 4}],
        "relations": [{"type": "CAUSED_BY", "head": 1, "tail": 0}],
        "orig_id": 17,
    }
    assert read(item).corpus.documents == read(ITEM).corpus.documents


def test_documents_are_numbered_by_position() -> None:
    assert [one.id for one in read(ITEM, changed(entities=[], relations=[])).corpus.documents] == ["1", "2"]


def test_what_is_stated_twice_is_kept_once_and_said() -> None:
    result = read(changed(entities=[[0, 1, "Drug"], [0, 1, "Drug"]], relations=[]))
    assert len(result.corpus.documents[0].mentions) == 1
    assert result.report.issues[0].message == "Item 1: 1 mention stated twice; kept once."


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (changed(entities=[[0, 6, "Drug"]]), "Item 2: tokens 0:6 are not in a sentence of 5 tokens"),
        (changed(entities=[[1, 1, "Drug"]]), "Item 2: tokens 1:1 are not in a sentence"),
        (changed(relations=[[1, 2, 0, 1, "X"]]), "Item 2: no entity stands at tokens 1:2"),
        (changed(entities=[[0, 1, "A"], [0, 1, "B"], [3, 4, "C"]], relations=[[0, 1, 3, 4, "X"]]), "several types"),
        (changed(relations=[{"type": "X", "head": 0, "tail": 2}]), "Item 2: a relation names entity 2 of 2"),
        (changed(relations=[[0, 1, 0, 1, "X"]]), "joins a mention with itself"),
        (changed(tokens=[]), "tokens 0:1 are not in a sentence of 0 tokens"),
        (changed(entities=[["0", 1, "Drug"]]), 'Item 2: The key "entities.0'),
        ({"tokens": ["a"]}, 'Item 2: The key "entities" is missing.'),
    ],
)
def test_a_faulty_item_is_refused_with_its_number(item: dict[str, Any], message: str) -> None:
    report = read(ITEM, item).report
    assert report.is_refused
    assert message in report.issues[0].message


def test_types_and_labels_outside_the_schema_are_refused() -> None:
    schema = Schema((EntityType("Drug"), EntityType("Effect")), (RelationLabel("CAUSES", (("Drug", "Effect"),)),))
    report = read(ITEM, schema=schema).report
    assert "Unknown relation label 'CAUSED_BY'" in report.issues[0].message


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b'[{"tokens": ["a"],\n "entities": [}]', 2, "a value is missing"),
        (b'[\n{"tokens": [], "entities": [], "relations": []}\n{}]', 3, "breaks off after item 1"),
        (b'[{"tokens": ["a"], "entities": [], "relations": []}] x', 1, "Something follows the array"),
        (b'{"tokens": []}', 1, "no JSON array"),
        (b'[{"a": ' + b"[" * 100_000, 1, "Not readable JSON"),
    ],
)
def test_a_broken_array_is_refused_with_its_line(data: bytes, line: int, message: str) -> None:
    report = read_corpus(data, source="a.json", format_name="spert-json").report
    assert report.is_refused
    issue = report.issues[-1]
    assert message in issue.message
    assert issue.line == line
