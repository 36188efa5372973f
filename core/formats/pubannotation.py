"""Reads and writes PubAnnotation JSON (TextAE): denotations with spans, relations between them, attributes."""

import json
from typing import Any

from core.domain import Corpus, Document, Mention, Schema
from core.formats.base import IssueLog, Severity, WriteResult
from core.formats.checks import SchemaCheck
from core.formats.extras import EXTRAS_KEY, Extras, apply_extras
from core.formats.fragments import Fragments, find_fragments
from core.formats.json_items import ItemRecord, JsonItem, parse_item
from core.formats.json_lines import iterate_objects
from core.formats.losses import EVERYTHING, Losses, keep_standing
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document

UNTYPED = "denotations without a type"
BLOCK_RELATIONS = "relations of blocks or untyped denotations, or without a label"
ATTRIBUTE = "attribute"
OTHER_KEYS = ("blocks", "typesettings")


class SpanItem(ItemRecord):
    """Half-open characters of the text."""

    begin: int
    end: int


class DenotationItem(ItemRecord):
    """What a span denotes; several spans are a discontinuous one."""

    id: str | None = None
    span: SpanItem | tuple[SpanItem, ...]
    obj: str | None = None


class RelationItem(ItemRecord):
    """`subj` stands in the relation `pred` to `obj`."""

    id: str | None = None
    pred: Any
    subj: str
    obj: str


class AttributeItem(ItemRecord):
    """A property of a denotation."""

    id: str | None = None
    subj: str
    pred: str
    obj: str | bool | float | int | None = None


class AnnotationItem(ItemRecord):
    """One text with its annotations."""

    text: str
    target: str | None = None
    sourcedb: str | None = None
    sourceid: str | int | None = None
    project: str | None = None
    denotations: tuple[DenotationItem, ...] = ()
    relations: tuple[RelationItem, ...] = ()
    attributes: tuple[AttributeItem, ...] = ()
    blocks: tuple[dict[str, Any], ...] = ()
    typesettings: tuple[dict[str, Any], ...] = ()
    dare: dict[str, Any] | None = None


def read_pubannotation(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document an object; attributes are kept as metadata."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for item in iterate_objects(text):
        with log.refusing(item.line):
            documents.append(_read_annotation(item, source, log, check))
    return Corpus(documents=tuple(documents))


def _read_annotation(item: JsonItem, source: str, log: IssueLog, check: SchemaCheck) -> Document:
    found = parse_item(item, AnnotationItem)
    where = [str(one) for one in (found.sourcedb, found.sourceid) if one is not None]
    name = ":".join(where) or (source if item.number == 1 else f"{source}-{item.number}")
    stated = StatedDocument(name, found.text, line=item.line)
    for number, one in enumerate(found.denotations):
        spans = (one.span,) if isinstance(one.span, SpanItem) else one.span
        if not one.obj or not spans:
            stated.counts[UNTYPED] += 1
            continue
        mention_id = one.id if one.id is not None else f"denotation {number}"
        parts = tuple((span.begin, span.end) for span in spans)
        fragments = parts if len(parts) > 1 else ()
        stated.mentions.append(StatedMention(mention_id, parts[0][0], parts[-1][1], one.obj, fragments=fragments))
    ids = {one.id for one in stated.mentions}
    for relation in found.relations:
        if {relation.subj, relation.obj} <= ids and isinstance(relation.pred, str):
            stated.relations.append(StatedRelation(relation.pred, relation.subj, relation.obj))
        else:
            stated.counts[BLOCK_RELATIONS] += 1
    stated.metadata += [
        (f"{ATTRIBUTE} {one.id or number}", json.dumps([one.subj, one.pred, one.obj], ensure_ascii=False))
        for number, one in enumerate(found.attributes, start=1)
    ]
    for kind, count in (*stated.counts.items(), *((key, len(getattr(found, key))) for key in OTHER_KEYS)):
        if count:
            log.add(Severity.NOTED, f"Left out: {count} {kind}.", line=item.line)
    document = make_document(stated, log, check)
    return document if found.dare is None else apply_extras(document, json.dumps(found.dare))


def write_pubannotation(corpus: Corpus) -> WriteResult:
    """Write an array of annotated texts; what the format has no key for stands under one of our own."""
    losses = Losses()
    losses.count_corpus(corpus)
    written = [keep_standing(document, losses, holds=EVERYTHING) for document in corpus.documents]
    items = ",\n".join(json.dumps(_make_annotation(document), ensure_ascii=False) for document in written)
    return losses.make_result("pubannotation", f"[\n{items}\n]\n".encode(), written)


def _make_annotation(document: Document) -> dict[str, Any]:
    ids = {mention: f"T{number}" for number, mention in enumerate(document.mentions, start=1)}
    fragments = find_fragments(document)
    return {
        "sourcedb": "DARE Curator",
        "sourceid": document.id,
        "text": document.text,
        "denotations": [
            {"id": one, "span": _make_span(m, fragments.get(m, ())), "obj": m.entity_type} for m, one in ids.items()
        ],
        "relations": [
            {"id": f"R{number}", "pred": one.label, "subj": ids[one.head], "obj": ids[one.tail]}
            for number, one in enumerate(document.relations, start=1)
        ],
        EXTRAS_KEY: Extras.from_document(document).to_plain(),
    }


def _make_span(mention: Mention, fragments: Fragments) -> Any:  # noqa: ANN401 (a JSON value)
    """Return the span of a denotation, a list of spans where it has several parts."""
    parts = fragments or ((mention.span.start, mention.span.end),)
    spans = [{"begin": start, "end": end} for start, end in parts]
    return spans if fragments else spans[0]
