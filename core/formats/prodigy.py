"""Reads and writes the tasks of Prodigy's rel.manual recipe: one JSON object a line, relations between tokens.

A relation runs from the token `head` to the token `child`; `head_span` and `child_span` say which spans these are.
"""

import json
from typing import Any

from core.domain import Corpus, Document, Relation, Schema, Span, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity, WriteResult
from core.formats.checks import SchemaCheck, shorten
from core.formats.extras import EXTRAS_KEY, Extras, apply_extras
from core.formats.json_items import ItemRecord, JsonItem, parse_item
from core.formats.json_lines import iterate_objects
from core.formats.losses import EVERYTHING, Losses, keep_standing
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document
from core.formats.tokens import TokenIndex, find_tokens

ANSWERS = {"accept": State.ACCEPTED, "reject": State.REJECTED, "ignore": State.PENDING}
DEPENDENCIES = "relations between tokens that are no spans"


class SpanItem(ItemRecord):
    """A span; offsets are characters of the text, `label` may be missing where a relation repeats a span."""

    start: int
    end: int
    label: str | None = None
    text: str | None = None


class RelationItem(ItemRecord):
    """An arrow from head to child, both positions of tokens."""

    head: int
    child: int
    label: str
    head_span: SpanItem | None = None
    child_span: SpanItem | None = None


class TokenItem(ItemRecord):
    """A token of the text."""

    start: int
    end: int


class TaskItem(ItemRecord):
    """One task; keys that only Prodigy needs are let be."""

    text: str
    spans: tuple[SpanItem, ...] = ()
    relations: tuple[RelationItem, ...] = ()
    tokens: tuple[TokenItem, ...] = ()
    answer: str = "accept"
    meta: dict[str, Any] = {}


def read_prodigy(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document a task; what was answered with "reject" is rejected, with "ignore" pending."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for item in iterate_objects(text):
        with log.refusing(item.line):
            documents.append(_read_task(item, source, log, check))
    return Corpus(documents=tuple(documents))


def _read_task(item: JsonItem, source: str, log: IssueLog, check: SchemaCheck) -> Document:
    task = parse_item(item, TaskItem)
    if task.answer not in ANSWERS:
        raise FormatError(f"The answer {shorten(task.answer)} is not known. Write one of: {', '.join(ANSWERS)}.")
    state = ANSWERS[task.answer]
    metadata = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in task.meta.items()]
    stated = StatedDocument(
        f"{source}-{item.number}", task.text, line=item.line, metadata=[one for one in metadata if one[0] != EXTRAS_KEY]
    )
    ids: dict[tuple[int, int], str] = {}
    for number, span in enumerate(task.spans):
        if span.label is None:
            raise FormatError(f"The span {span.start}:{span.end} has no label. Give it one or remove it.")
        ids[(span.start, span.end)] = str(number)
        stated.mentions.append(StatedMention(str(number), span.start, span.end, span.label, span.text, state=state))
    for relation in task.relations:
        ends = [
            _find_span(relation.head, relation.head_span, task),
            _find_span(relation.child, relation.child_span, task),
        ]
        found = [_find_id(one, ids, task) for one in ends]
        if found[0] is None or found[1] is None:
            stated.counts[DEPENDENCIES] += 1
            log.add_once(Severity.NOTED, f"The file states {DEPENDENCIES}; they are left out.", line=item.line)
            continue
        stated.relations.append(StatedRelation(relation.label, found[0], found[1], state=state))
    document = make_document(stated, log, check)
    extras = task.meta.get(EXTRAS_KEY)
    return apply_extras(document, json.dumps(extras)) if extras is not None else document


def _find_id(span: SpanItem, ids: dict[tuple[int, int], str], task: TaskItem) -> str | None:
    """Return the mention that a relation's end names; its label tells spans of one place apart."""
    same = [
        str(number)
        for number, one in enumerate(task.spans)
        if (one.start, one.end, one.label) == (span.start, span.end, span.label)
    ]
    return same[-1] if same else ids.get((span.start, span.end))


def _find_span(token: int, span: SpanItem | None, task: TaskItem) -> SpanItem:
    """Return the span that a relation states, or the one that ends with its token."""
    if span is not None:
        return span
    if not 0 <= token < len(task.tokens):
        raise FormatError(f"A relation names token {token} of {len(task.tokens)}. Correct or remove it.")
    place = task.tokens[token]
    inside = [one for one in task.spans if one.start <= place.start and place.end <= one.end]
    return inside[0] if inside else SpanItem(start=place.start, end=place.end)


def write_prodigy(corpus: Corpus) -> WriteResult:
    """Write one task a document, answered with "accept"; what Prodigy has no key for stands in `meta`."""
    losses = Losses()
    losses.count_corpus(corpus)
    written = [keep_standing(document, losses, holds=EVERYTHING) for document in corpus.documents]
    lines = [json.dumps(_make_task(document), ensure_ascii=False) for document in written]
    return losses.make_result("prodigy", "".join(f"{line}\n" for line in lines).encode(), written)


def _make_task(document: Document) -> dict[str, Any]:
    text = document.text
    tokens = find_tokens(text, [mention.span for mention in document.mentions])
    index = TokenIndex(tokens)
    spans = {mention: _make_span(mention.span, mention.entity_type, text, index) for mention in document.mentions}
    return {
        "text": text,
        "spans": list(spans.values()),
        "tokens": [
            {
                "text": token.text(text),
                "start": token.start,
                "end": token.end,
                "id": number,
                "ws": text[token.end : token.end + 1] == " ",
            }
            for number, token in enumerate(tokens)
        ],
        "_view_id": "relations",
        "relations": [_make_relation(one, spans[one.head], spans[one.tail]) for one in document.relations],
        "answer": "accept",
        "meta": {EXTRAS_KEY: Extras.from_document(document).to_plain()},
    }


def _make_span(span: Span, label: str, text: str, index: TokenIndex) -> dict[str, Any]:
    covered = index.find(span)
    place = {} if covered is None else {"token_start": covered[0], "token_end": covered[1] - 1}
    return {"start": span.start, "end": span.end, **place, "label": label, "text": span.text(text), "type": "span"}


def _make_relation(relation: Relation, head: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    keys = ("start", "end", "token_start", "token_end", "label")
    return {
        "head": head.get("token_end", 0),
        "child": child.get("token_end", 0),
        "label": relation.label,
        "head_span": {key: head[key] for key in keys if key in head},
        "child_span": {key: child[key] for key in keys if key in child},
    }
