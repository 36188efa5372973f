"""Reads and writes the JSON of Label Studio: tasks with labelled regions of a text and relations between them.

Offsets count characters; files of old versions count UTF-16 units, which the regions' own texts give away.
"""

import json
from typing import Any

from core.domain import Corpus, Document, Schema, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity, WriteResult
from core.formats.checks import SchemaCheck
from core.formats.extras import EXTRAS_KEY, Extras, apply_extras
from core.formats.json_items import ItemRecord, JsonItem, parse_item
from core.formats.json_lines import iterate_objects
from core.formats.losses import EVERYTHING, Losses, keep_standing
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document

UNLABELLED = "related"
OTHER_RESULTS = "results other than text regions and relations"
OTHER_ANNOTATIONS = "further annotations of a task"


class ValueItem(ItemRecord):
    """A region of the text."""

    start: int | str | None = None
    end: int | str | None = None
    text: str | None = None
    labels: tuple[str, ...] = ()


class ResultItem(ItemRecord):
    """A region, or a relation from one region to another."""

    type: str = ""
    id: str | None = None
    value: ValueItem | None = None
    score: float | None = None
    from_id: str | None = None
    to_id: str | None = None
    direction: str = "right"
    labels: tuple[str, ...] | None = None


class AnnotationItem(ItemRecord):
    """What one person or model said about a task."""

    result: tuple[dict[str, Any], ...] = ()
    was_cancelled: bool = False


class TaskItem(ItemRecord):
    """A text with annotations of people and predictions of models."""

    id: int | str | None = None
    data: dict[str, Any]
    annotations: tuple[AnnotationItem, ...] = ()
    completions: tuple[AnnotationItem, ...] = ()
    predictions: tuple[AnnotationItem, ...] = ()


def read_label_studio(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document a task: its first annotation, or its first prediction as suggestions to review."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for item in iterate_objects(text):
        with log.refusing(item.line):
            documents.append(_read_task(item, source, log, check))
    return Corpus(documents=tuple(documents))


def _read_task(item: JsonItem, source: str, log: IssueLog, check: SchemaCheck) -> Document:
    task = parse_item(item, TaskItem)
    key = _find_text_key(task.data)
    metadata = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in task.data.items()
        if name not in (key, EXTRAS_KEY)
    ]
    name = f"{source}-{item.number if task.id is None else task.id}"
    stated = StatedDocument(name, task.data[key], line=item.line, metadata=metadata)
    people = [one for one in (*task.annotations, *task.completions) if not one.was_cancelled]
    said = people or task.predictions
    if len(said) > 1:
        stated.counts[OTHER_ANNOTATIONS] += len(said) - 1
    state = State.ACCEPTED if people else State.PENDING
    for number, value in enumerate(said[0].result if said else ()):
        _add_result(stated, parse_item(JsonItem(item.number, item.line, json.dumps(value)), ResultItem), number, state)
    for kind, count in stated.counts.items():
        log.add(Severity.NOTED, f"Task {item.number}: left out: {count} {kind}.", line=item.line)
    document = make_document(stated, log, check)
    extras = task.data.get(EXTRAS_KEY)
    return document if extras is None else apply_extras(document, json.dumps(extras))


def _add_result(stated: StatedDocument, result: ResultItem, number: int, state: State) -> None:
    """Add a region or a relation; each further label of a region is a mention of its own."""
    if result.type == "relation" and result.from_id is not None and result.to_id is not None:
        ends = (result.from_id, result.to_id) if result.direction != "left" else (result.to_id, result.from_id)
        for label in result.labels or (UNLABELLED,):
            stated.relations.append(StatedRelation(label, *ends, state=state))
        return
    value = result.value
    if value is None or not value.labels or not isinstance(value.start, int) or not isinstance(value.end, int):
        stated.counts[OTHER_RESULTS] += 1
        return
    first_id = result.id if result.id is not None else f"region {number}"
    score = result.score if result.score is not None and 0 <= result.score <= 1 else None
    for position, label in enumerate(value.labels):
        mention_id = first_id if position == 0 else f"{first_id} {label}"
        stated.mentions.append(
            StatedMention(mention_id, value.start, value.end, label, value.text, score=score, state=state)
        )


def _find_text_key(data: dict[str, Any]) -> str:
    """Return the key of a task's text: "text", or its only string of several words."""
    if isinstance(data.get("text"), str):
        return "text"
    strings = [key for key, value in data.items() if isinstance(value, str) and key != EXTRAS_KEY]
    if len(strings) != 1:
        raise FormatError(f'The task has no "text" but {len(strings)} strings. Name its text "text".')
    return strings[0]


def write_label_studio(corpus: Corpus) -> WriteResult:
    """Write an array of tasks for a project with <Labels name="label"> and <Text name="text">."""
    losses = Losses()
    losses.count_corpus(corpus)
    written = [keep_standing(document, losses, holds=EVERYTHING) for document in corpus.documents]
    items = ",\n".join(
        json.dumps(_make_task(document, number), ensure_ascii=False) for number, document in enumerate(written, start=1)
    )
    return losses.make_result("label-studio", f"[\n{items}\n]\n".encode(), written)


def _make_task(document: Document, number: int) -> dict[str, Any]:
    ids = {mention: f"m{position}" for position, mention in enumerate(document.mentions)}
    place = {"from_name": "label", "to_name": "text"}
    regions: list[dict[str, Any]] = []
    for m, one in ids.items():
        value = {
            "start": m.span.start,
            "end": m.span.end,
            "text": m.span.text(document.text),
            "labels": [m.entity_type],
        }
        regions.append({"id": one, **place, "type": "labels", "value": value})
    relations = [
        {"type": "relation", "from_id": ids[r.head], "to_id": ids[r.tail], "direction": "right", "labels": [r.label]}
        for r in document.relations
    ]
    extras = Extras.from_document(document).to_plain()
    data = {"text": document.text, EXTRAS_KEY: extras}
    return {"id": number, "data": data, "annotations": [{"result": [*regions, *relations]}]}
