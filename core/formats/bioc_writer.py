"""Writes BioC XML and JSON: one collection, title and abstract as passages, what has no element in one infon.

Annotations stand in the passage where they begin, even where they run into the next; offsets count characters.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.domain import Corpus, Document, Mention
from core.errors import FormatError
from core.formats.base import WriteResult
from core.formats.extras import EXTRAS_KEY, Extras
from core.formats.losses import EVERYTHING, Losses, keep_standing
from core.formats.pubtator_lines import decode_concepts
from core.formats.title import find_title_end

# Characters that XML 1.0 cannot hold, escaped or not.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SOURCE = "DARE Curator"


def write_bioc_xml(corpus: Corpus) -> WriteResult:
    """Write a collection; control characters, which XML cannot hold, become spaces."""
    from bioc import biocxml

    return _write(corpus, "bioc-xml", lambda collection: biocxml.dumps(collection), is_xml=True)


def write_bioc_json(corpus: Corpus) -> WriteResult:
    """Write a collection."""
    from bioc import biocjson

    return _write(corpus, "bioc-json", lambda collection: biocjson.dumps(collection, ensure_ascii=False), is_xml=False)


def _write(corpus: Corpus, format_name: str, dump: Callable[[Any], str], *, is_xml: bool) -> WriteResult:
    from bioc import BioCCollection

    losses = Losses()
    losses.count_corpus(corpus)
    collection = BioCCollection()
    collection.source, collection.key, collection.date = SOURCE, f"{SOURCE}.key", ""
    written = []
    for document in corpus.documents:
        kept = keep_standing(document, losses, holds=EVERYTHING)
        if is_xml:
            kept = _clean(kept, losses)
        written.append(kept)
        collection.add_document(_make_document(kept))
    try:
        data = dump(collection).encode()
    except ValueError as error:
        raise FormatError(f"A name or identifier cannot be written in BioC: {error} Rename it or use JSONL.") from error
    return losses.make_result(format_name, data, written)


def _clean(document: Document, losses: Losses) -> Document:
    """Return the document with spaces for the characters of its text that XML cannot hold."""
    text, number = UNWRITABLE.subn(" ", document.text)
    losses.changed["control characters"] += number
    return replace(document, text=text)


def _make_document(document: Document) -> Any:  # noqa: ANN401 (the library ships no types)
    from bioc import BioCDocument, BioCNode, BioCRelation

    made = BioCDocument()
    made.id = document.id
    for passage in _make_passages(document):
        made.add_passage(passage)
    ids = {mention: str(number) for number, mention in enumerate(document.mentions)}
    for number, relation in enumerate(document.relations):
        found = BioCRelation()
        found.id, found.infons = f"R{number}", {"type": relation.label}
        found.add_node(BioCNode(ids[relation.head], "head"))
        found.add_node(BioCNode(ids[relation.tail], "tail"))
        made.add_relation(found)
    for number, fact in enumerate(document.facts, start=len(document.relations)):
        found = BioCRelation()
        found.id = f"R{number}"
        found.infons = {"type": fact.label, "entity1": fact.head_concept, "entity2": fact.tail_concept}
        made.add_relation(found)
    extras = Extras.from_document(document).to_plain()
    made.infons[EXTRAS_KEY] = json.dumps(extras, ensure_ascii=True)
    return made


def _make_passages(document: Document) -> list[Any]:
    from bioc import BioCPassage

    title_end = find_title_end(document)
    starts = [0] if title_end is None else [0, title_end + 1]
    ends = [len(document.text)] if title_end is None else [title_end, len(document.text)]
    passages = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        passage = BioCPassage()
        passage.offset, passage.text = start, document.text[start:end]
        if title_end is not None:
            passage.infons["type"] = ("title", "abstract")[number]
        passages.append(passage)
    for number, mention in enumerate(document.mentions):
        home = passages[-1] if mention.span.start >= starts[-1] else passages[0]
        home.add_annotation(_make_annotation(document, mention, number))
    return passages


def _make_annotation(document: Document, mention: Mention, number: int) -> Any:  # noqa: ANN401
    from bioc import BioCAnnotation, BioCLocation

    made = BioCAnnotation()
    made.id = str(number)
    made.infons["type"] = mention.entity_type
    if mention.concept_ids:
        made.infons["identifier"] = next(
            (
                column
                for column in ("|".join(mention.concept_ids), ",".join(mention.concept_ids))
                if decode_concepts(column) == mention.concept_ids
            ),
            ",".join(mention.concept_ids),
        )
    made.add_location(BioCLocation(mention.span.start, mention.span.end - mention.span.start))
    made.text = mention.span.text(document.text)
    return made
