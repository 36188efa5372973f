"""Reads and writes doccano's JSONL of sequence labels and relations; `entities` and `label` forms are both read."""

import json
from typing import Any

from core.domain import Corpus, Document, Schema
from core.formats.base import IssueLog, Severity, WriteResult
from core.formats.checks import SchemaCheck
from core.formats.extras import EXTRAS_KEY, Extras, apply_extras
from core.formats.json_items import ItemRecord, JsonItem, parse_item
from core.formats.json_lines import iterate_objects
from core.formats.losses import EVERYTHING, Losses, keep_standing
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document

CATEGORIES = "document categories"


class EntityItem(ItemRecord):
    """An entity; offsets are characters of the text."""

    id: int
    start_offset: int
    end_offset: int
    label: str


class RelationItem(ItemRecord):
    """A relation between two entities by their ids."""

    from_id: int
    to_id: int
    type: str


class ExampleItem(ItemRecord):
    """One example; spans are objects with ids, or [start, end, label]."""

    text: str
    id: int | str | None = None
    entities: tuple[EntityItem | tuple[int, int, str], ...] = ()
    label: tuple[tuple[int, int, str] | str, ...] = ()
    labels: tuple[tuple[int, int, str] | str, ...] = ()
    relations: tuple[RelationItem, ...] = ()
    cats: tuple[str, ...] = ()
    meta: dict[str, Any] = {}
    dare: dict[str, Any] | None = None


def read_doccano(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document an example; its id is the file's name and the example's id or number."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for item in iterate_objects(text):
        with log.refusing(item.line):
            documents.append(_read_example(item, source, log, check))
    return Corpus(documents=tuple(documents))


def _read_example(item: JsonItem, source: str, log: IssueLog, check: SchemaCheck) -> Document:
    example = parse_item(item, ExampleItem)
    stated = StatedDocument(
        f"{source}-{item.number if example.id is None else example.id}",
        example.text,
        line=item.line,
        metadata=[(key, one if isinstance(one, str) else json.dumps(one)) for key, one in example.meta.items()],
    )
    categories = list(example.cats)
    for number, one in enumerate((*example.entities, *example.label, *example.labels)):
        if isinstance(one, EntityItem):
            stated.mentions.append(StatedMention(str(one.id), one.start_offset, one.end_offset, one.label))
        elif isinstance(one, str):
            categories.append(one)
        else:
            stated.mentions.append(StatedMention(f"span {number}", *one))
    stated.relations = [StatedRelation(one.type, str(one.from_id), str(one.to_id)) for one in example.relations]
    if categories:
        stated.metadata += [("category", category) for category in categories]
        log.add_once(Severity.NOTED, f"The file states {CATEGORIES}; they are kept as metadata.", line=item.line)
    document = make_document(stated, log, check)
    return document if example.dare is None else apply_extras(document, json.dumps(example.dare))


def write_doccano(corpus: Corpus) -> WriteResult:
    """Write one example a document, with what doccano has no key for under one of our own, which it ignores."""
    losses = Losses()
    losses.count_corpus(corpus)
    written = [keep_standing(document, losses, holds=EVERYTHING) for document in corpus.documents]
    lines = [
        json.dumps(_make_example(document, number), ensure_ascii=False)
        for number, document in enumerate(written, start=1)
    ]
    return losses.make_result("doccano", "".join(f"{line}\n" for line in lines).encode(), written)


def _make_example(document: Document, number: int) -> dict[str, Any]:
    ids = {mention: position for position, mention in enumerate(document.mentions)}
    return {
        "id": number,
        "text": document.text,
        "entities": [
            {"id": one, "label": m.entity_type, "start_offset": m.span.start, "end_offset": m.span.end}
            for m, one in ids.items()
        ],
        "relations": [
            {"id": position, "from_id": ids[one.head], "to_id": ids[one.tail], "type": one.label}
            for position, one in enumerate(document.relations)
        ],
        "Comments": [],
        EXTRAS_KEY: Extras.from_document(document).to_plain(),
    }
