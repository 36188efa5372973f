"""Writes BioC XML and JSON: one collection, passages as they came in, what has no element in one infon.

Without passages of its own a document has one, or title and abstract. Annotations stand in the passage where they
begin, even where they run into the next; offsets count characters. Infons that came in are written where they fit.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from core.domain import Corpus, Document, DocumentFact, Mention
from core.errors import FormatError
from core.formats.base import WriteResult
from core.formats.bioc import MAX_GAP
from core.formats.bioc_infons import (
    CONCEPT_KEYS,
    PREFIX,
    TYPE_KEY,
    Infons,
    KeptInfons,
    collection_infons,
    fact_infons,
    is_carried,
    mention_infons,
    name_fact,
    name_mention,
    name_passage,
    name_relation,
    plain_entries,
    read_concepts,
    read_label,
    read_pair,
)
from core.formats.extras import EXTRAS_KEY, Extras
from core.formats.fragments import Fragments, find_fragments, join_fragments
from core.formats.losses import EVERYTHING, Losses, keep_standing
from core.formats.title import find_title_end

# Characters that XML 1.0 cannot hold, escaped or not.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SOURCE = "DARE Curator"
GONE = "BioC infons of annotations, relations and passages that are gone"


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
            kept = replace(kept, text=_clean(kept.text, losses))
        written.append(kept)
        clean = partial(_clean, losses=losses) if is_xml else str
        for key, value in collection_infons(kept.metadata).items():
            collection.infons.setdefault(clean(key), clean(value))
        collection.add_document(_make_document(kept, losses, is_xml=is_xml))
    try:
        data = dump(collection).encode()
    except ValueError as error:
        raise FormatError(f"A name or identifier cannot be written in BioC: {error} Rename it or use JSONL.") from error
    return losses.make_result(format_name, data, written)


def _clean(text: str, losses: Losses) -> str:
    """Return a text with spaces for the characters that XML cannot hold."""
    cleaned, number = UNWRITABLE.subn(" ", text)
    losses.changed["control characters"] += number
    return cleaned


def _make_document(document: Document, losses: Losses, *, is_xml: bool) -> Any:  # noqa: ANN401 (the library ships no types)
    from bioc import BioCDocument, BioCNode, BioCRelation

    made = BioCDocument()
    made.id = document.id
    kept = KeptInfons(document, partial(_clean, losses=losses) if is_xml else str)
    for passage in _make_passages(document, kept):
        made.add_passage(passage)
    ids = {mention: str(number) for number, mention in enumerate(document.mentions)}
    for number, relation in enumerate(document.relations):
        found = BioCRelation()
        infons, roles = kept.take(name_relation(relation))
        found.id = f"R{number}"
        found.infons = infons if read_label(infons) == relation.label else {**infons, TYPE_KEY: relation.label}
        found.add_node(BioCNode(ids[relation.head], roles[0]))
        found.add_node(BioCNode(ids[relation.tail], roles[1]))
        made.add_relation(found)
    for number, fact in enumerate(document.facts, start=len(document.relations)):
        found = BioCRelation()
        found.id = f"R{number}"
        found.infons = _choose_fact_infons(fact, kept.take(name_fact(fact))[0])
        made.add_relation(found)
    losses.dropped[GONE] += len(kept)
    others = tuple((key, value) for key, value in document.metadata if is_carried(key) or not key.startswith(PREFIX))
    made.infons.update(plain_entries(others))
    extras = Extras.from_document(replace(document, metadata=others)).to_plain()
    made.infons[EXTRAS_KEY] = json.dumps(extras, ensure_ascii=True)
    return made


def _choose_fact_infons(fact: DocumentFact, infons: Infons) -> Infons:
    """Return the kept infons where they still say what the fact does, else its own."""
    is_same = read_label(infons) == fact.label and read_pair(infons) == (fact.head_concept, fact.tail_concept)
    return infons if is_same else fact_infons(fact)


def _choose_mention_infons(mention: Mention, infons: Infons) -> Infons:
    """Return the kept infons where they still say what the mention does, else its own beside the others."""
    if infons.get(TYPE_KEY) == mention.entity_type and read_concepts(infons) == mention.concept_ids:
        return infons
    return mention_infons(mention) | {
        key: value for key, value in infons.items() if key != TYPE_KEY and key not in CONCEPT_KEYS
    }


def _make_passages(document: Document, kept: KeptInfons) -> list[Any]:
    from bioc import BioCPassage

    starts, infons = _find_passages(document, kept)
    passages = []
    for number, start in enumerate(starts):
        text = document.text[start : starts[number + 1] if number + 1 < len(starts) else None]
        passage = BioCPassage()
        passage.offset, passage.infons = start, infons[number]
        passage.text = text if number + 1 == len(starts) else _without_filling(text)
        passages.append(passage)
    fragments = find_fragments(document)
    for number, mention in enumerate(document.mentions):
        home = passages[max(0, bisect_right(starts, mention.span.start) - 1)]
        made = _make_annotation(document.text, fragments.get(mention, ((mention.span.start, mention.span.end),)))
        made.id = str(number)
        made.infons = _choose_mention_infons(mention, kept.take(name_mention(mention))[0])
        home.add_annotation(made)
    return passages


def _find_passages(document: Document, kept: KeptInfons) -> tuple[list[int], list[Infons]]:
    """Return where the passages start and their infons: those that came in, else title and abstract, else one."""
    starts = [start for start in kept.passage_starts() if start < len(document.text)]
    if starts and starts[0] == 0:
        return starts, [kept.take(name_passage(start))[0] for start in starts]
    title_end = find_title_end(document)
    if title_end is None:
        return [0], [{}]
    return [0, title_end + 1], [{TYPE_KEY: "title"}, {TYPE_KEY: "abstract"}]


def _without_filling(text: str) -> str:
    """Return the text of a passage without the spaces that a reader puts before the next one."""
    bare = text.rstrip(" ")
    return bare if bare and len(text) - len(bare) <= MAX_GAP else text


def _make_annotation(text: str, parts: Fragments) -> Any:  # noqa: ANN401 (the library ships no types)
    from bioc import BioCAnnotation, BioCLocation

    made = BioCAnnotation()
    for start, end in parts:
        made.add_location(BioCLocation(start, end - start))
    made.text = join_fragments(text, parts)
    return made
