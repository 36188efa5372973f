"""Reads sentences with triples of strings as JSON (WebNLG, NYT): the strings are looked up in the sentence.

The rule: longer strings are placed first. A string stands where it first occurs with word borders on both sides
and free of the strings placed before; else where it first occurs with word borders; else where it first occurs.
One string has one place, so equal strings of several triples are one mention.
"""

from collections import Counter
from collections.abc import Iterable

from core.domain import Corpus, Document, Mention, Relation, Schema, Span
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten
from core.formats.json_items import ItemRecord, JsonItem, iterate_items, parse_item
from core.formats.one_sentence import make_sentence_document
from core.formats.places import find_places

ENTITY_TYPE = "Entity"
NOT_FOUND = "triples with a string that is not in the sentence"
ONE_STRING = "triples of one string with itself"
OVERLAPPING = "relations of overlapping mentions"
REPEATED = "triples stated twice"


class TriplesItem(ItemRecord):
    """A sentence and its triples, each [head string, label, tail string]."""

    text: str
    triple_list: tuple[tuple[str, str, str], ...]


def read_triples_json(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read one document a sentence, its id the position in the file; what has no place is noted and counted."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for item in iterate_items(text):
        with log.refusing(item.line):
            documents.append(_read_sentence(item, log, check))
    return Corpus(documents=tuple(documents))


def locate_strings(text: str, strings: Iterable[str]) -> dict[str, Span]:
    """Return where each string stands by the rule of this file; strings that are not in the text are left out."""
    places: dict[str, Span] = {}
    for string in sorted(set(strings), key=lambda one: (-len(one), one)):
        spans = find_places(text, string)
        free = (span for span in spans if not any(span.overlaps(other) for other in places.values()))
        chosen = next(free, spans[0] if spans else None)
        if chosen is not None:
            places[string] = chosen
    return places


def _read_sentence(item: JsonItem, log: IssueLog, check: SchemaCheck) -> Document:
    record = parse_item(item, TriplesItem)
    strings = [string for head, _, tail in record.triple_list for string in (head, tail)]
    places = locate_strings(record.text, strings)
    mentions = {string: Mention(span, ENTITY_TYPE) for string, span in places.items()}
    counts = Counter[str]()
    relations: dict[Relation, None] = {}
    for head, label, tail in record.triple_list:
        fault = _find_fault(head, tail, mentions)
        if fault:
            counts[fault] += 1
            triple = f"({shorten(head)}, {label}, {shorten(tail)})"
            log.add(Severity.NOTED, f"Item {item.number}: {triple} is left out: {fault}.", line=item.line)
            continue
        relation = Relation(mentions[head], mentions[tail], label)
        check.check_relation(relation, line=item.line)
        counts[REPEATED] += relation in relations
        counts[OVERLAPPING] += relation not in relations and relation.head.span.overlaps(relation.tail.span)
        relations[relation] = None
    if mentions:
        check.check_type(ENTITY_TYPE, line=item.line)
    ordered = sorted(mentions.values(), key=lambda mention: mention.span)
    return make_sentence_document(str(item.number), record.text, ordered, relations, counts=counts)


def _find_fault(head: str, tail: str, mentions: dict[str, Mention]) -> str:
    """Return why a triple can be no relation, or ""."""
    if head == tail:
        return ONE_STRING
    return "" if head in mentions and tail in mentions else NOT_FOUND
