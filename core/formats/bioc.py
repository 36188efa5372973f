"""Reads BioC XML and JSON: passages, sentences, annotations, relations by refid or by concepts in infons.

A relation whose nodes refer to annotations is a relation; one that names two concepts in its infons (BC5CDR:
"Chemical" and "Disease"; BioRED: "entity1" and "entity2") is a fact of the document. Passages stand in the text
where their offsets put them, so spaces fill what lies between; where these make no sense a line break does. Infons
beyond type, concepts and label are kept as metadata (`bioc_infons`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain import Corpus, Document, DocumentFact, Mention, Relation, Schema, Sentence, Span, State
from core.errors import DomainError, FormatError
from core.formats.base import IssueLog, Severity
from core.formats.bioc_infons import (
    COLLECTION_KEY,
    ROLES,
    TYPE_KEY,
    Infons,
    fact_infons,
    keep,
    mention_infons,
    name_fact,
    name_mention,
    name_passage,
    name_relation,
    name_sentence,
    read_concepts,
    read_infons,
    read_label,
    read_pair,
    without_needless,
)
from core.formats.bioc_model import parse_json, parse_xml
from core.formats.checks import SchemaCheck
from core.formats.extras import EXTRAS_KEY, apply_extras
from core.formats.standoff import DISCONTINUOUS, StatedDocument, StatedMention, StatedRelation, make_document
from core.formats.title import TITLE_END_KEY

MAX_GAP = 10
LOST_INFONS = "infons of passages and sentences without text or with another one"
REPEATED_INFONS = "annotations and relations stated twice with other infons"
TITLE_AND_ABSTRACT = [{TYPE_KEY: "title"}, {TYPE_KEY: "abstract"}]
MANY_NODES = "relations of other than two arguments"
UNREFERRED = "relations with a missing argument"
UNTYPED = "annotations without a type"
UNPLACED = "annotations without a location"


@dataclass(slots=True)
class Part:
    """A passage or sentence: where it starts in our text and in the file's count, and its annotations."""

    start: int
    offset: int
    annotations: list[Any]


def read_bioc_xml(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read every document of a collection."""
    return _read(text, parse_xml, log, schema)


def read_bioc_json(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read every document of a collection."""
    return _read(text, parse_json, log, schema)


def _read(text: str, parse: Callable[[str], Any], log: IssueLog, schema: Schema | None) -> Corpus:
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    empty = 0
    counts = Counter[str]()
    collection = parse(text)
    infons = read_infons(collection.infons)
    for number, found in enumerate(collection.documents, start=1):
        reader = _DocumentReader(found, number, infons)
        stated = reader.read()
        if not stated.text.strip():
            empty += 1
            continue
        try:
            document = make_document(stated, log, check, describe=reader.describe)
            documents.append(without_needless(apply_extras(document, found.infons.get(EXTRAS_KEY))))
        except FormatError as error:
            log.add(Severity.REFUSED, error.message)
        except DomainError as error:
            log.add(Severity.REFUSED, f"{error} Correct or remove the document.")
        counts.update(stated.counts)
    for kind, count in (+counts).items():
        if kind != DISCONTINUOUS:
            log.add(Severity.NOTED, f"Left out: {count} {kind}.")
    if empty:
        log.add(Severity.NOTED, f"Documents without text are left out: {empty}.")
    if not documents and not log.is_refused:
        raise FormatError("The collection has no document with text. Choose another file.")
    return Corpus(documents=tuple(documents))


class _DocumentReader:
    """States what one BioC document holds."""

    def __init__(self, found: Any, number: int, collection: Infons) -> None:  # noqa: ANN401 (the library ships no types)
        self.found = found
        self.counts = Counter[str]()
        self.sentences: list[Sentence] = []
        metadata = [(key, value) for key, value in read_infons(found.infons).items() if key != EXTRAS_KEY]
        if collection and EXTRAS_KEY not in found.infons:  # these say which collection a document came from
            metadata.append(keep(COLLECTION_KEY, collection))
        self.stated = StatedDocument(found.id or f"document-{number}", "", metadata=metadata, counts=self.counts)
        self.ids: dict[str, str] = {}
        self.passages: list[tuple[int, Infons]] = []
        self.kept_mentions: dict[str, Infons] = {}
        self.kept_relations: list[tuple[StatedRelation, Infons, tuple[str, str]]] = []
        self.kept_facts: list[tuple[DocumentFact, Infons]] = []

    def read(self) -> StatedDocument:
        for part in self._place_parts():
            self._add_annotations(part)
        owner = [self.found, *self.found.passages, *(s for p in self.found.passages for s in p.sentences)]
        for one in owner:
            for relation in one.relations:
                self._add_relation(relation)
        self.stated.sentences = tuple(self.sentences)
        self._keep_title()
        return self.stated

    def describe(self, mentions: Mapping[str, Mention]) -> list[tuple[str, str]]:
        """Return the metadata entries of infons that say more than the document does, one for each element."""
        entries: dict[str, str] = {}
        for key, value in self._list_infons(mentions):
            self.counts[REPEATED_INFONS] += entries.setdefault(key, value) != value
        return list(entries.items())

    def _list_infons(self, mentions: Mapping[str, Mention]) -> Iterator[tuple[str, str]]:
        for start, infons in self.passages:
            yield keep(name_passage(start), infons)
        for mention_id, infons in self.kept_mentions.items():
            if infons != mention_infons(mentions[mention_id]):
                yield keep(name_mention(mentions[mention_id]), infons)
        for stated, infons, roles in self.kept_relations:
            relation = Relation(mentions[stated.head], mentions[stated.tail], stated.label)
            if (infons, roles) != ({TYPE_KEY: stated.label}, ROLES):
                yield keep(name_relation(relation), infons, roles)
        for fact, infons in self.kept_facts:
            if infons != fact_infons(fact):
                yield keep(name_fact(fact), infons)

    def _keep_title(self) -> None:
        """Keep where the title ends; only passages that are more than title and abstract are kept as they are."""
        passages = self.found.passages
        kinds = [passage.infons.get(TYPE_KEY) for passage in passages]
        if kinds == ["title", "abstract"] and all(passage.text for passage in passages):
            self.stated.metadata.append((TITLE_END_KEY, str(len(passages[0].text))))
        infons = [found for _, found in self.passages]
        if infons == TITLE_AND_ABSTRACT or infons in ([], [{}]):
            self.passages = []

    def _place_parts(self) -> Iterator[Part]:
        """Yield passages and sentences with their annotations, having put their texts together."""
        first: Part | None = None
        for passage in self.found.passages:
            pieces = self._place_passage(passage)
            if not pieces:
                self.counts[UNPLACED] += len(passage.annotations)
                self.counts[LOST_INFONS] += len(passage.infons)
                continue
            self.passages.append((pieces[0].start, read_infons(passage.infons)))
            first = first or pieces[0]
            yield from pieces
            if not passage.text:
                yield Part(pieces[0].start, pieces[0].offset, passage.annotations)
        if first is not None:
            yield Part(first.start, first.offset, self.found.annotations)

    def _place_passage(self, passage: Any) -> list[Part]:  # noqa: ANN401 (the library ships no types)
        """Append a passage to the text, as a whole where it states its text, else sentence by sentence."""
        if passage.text:
            inner = [one for sentence in passage.sentences for one in sentence.annotations]
            part = Part(self._append(passage.text, passage.offset), passage.offset, [*passage.annotations, *inner])
            for sentence in passage.sentences:
                start = sentence.offset - part.offset + part.start
                if sentence.text and 0 <= start and self.stated.text.startswith(sentence.text, start):
                    self._add_sentence(start, sentence)
                else:
                    self.counts[LOST_INFONS] += len(sentence.infons)
            return [part]
        parts = []
        for sentence in passage.sentences:
            if not sentence.text:
                self.counts[LOST_INFONS] += len(sentence.infons)
                continue
            start = self._append(sentence.text, sentence.offset)
            parts.append(Part(start, sentence.offset, sentence.annotations))
            self._add_sentence(start, sentence)
        return parts

    def _append(self, added: str, offset: int) -> int:
        """Put a piece behind the text and return where it starts."""
        text = self.stated.text
        gap = offset - len(text)
        filling = "" if not text else " " * gap if 0 <= gap <= MAX_GAP else "\n"
        self.stated.text = f"{text}{filling}{added}"
        return len(text) + len(filling)

    def _add_sentence(self, start: int, sentence: Any) -> None:  # noqa: ANN401 (the library ships no types)
        self.sentences.append(Sentence(Span(start, start + len(sentence.text)), State.ACCEPTED))
        if sentence.infons:
            self.stated.metadata.append(keep(name_sentence(start), read_infons(sentence.infons)))

    def _add_annotations(self, part: Part) -> None:
        for one in part.annotations:
            infons = read_infons(one.infons)
            entity_type = infons.get(TYPE_KEY, "")
            if not entity_type or not one.locations:
                self.counts[UNPLACED if entity_type else UNTYPED] += 1
                continue
            shift = part.start - part.offset
            parts = sorted((one.offset + shift, one.offset + one.length + shift) for one in one.locations)
            mention_id = f"{len(self.stated.mentions)}"
            self.ids.setdefault(one.id, mention_id)
            self.kept_mentions[mention_id] = infons
            self.stated.mentions.append(
                StatedMention(
                    mention_id,
                    parts[0][0],
                    parts[-1][1],
                    entity_type,
                    one.text or None,
                    read_concepts(infons),
                    fragments=tuple(parts) if len(parts) > 1 else (),
                )
            )

    def _add_relation(self, relation: Any) -> None:  # noqa: ANN401
        infons = read_infons(relation.infons)
        label, pair = read_label(infons), read_pair(infons)
        if not relation.nodes and label and pair:
            fact = DocumentFact(label, *pair)
            self.stated.facts.append(fact)
            self.kept_facts.append((fact, infons))
            return
        known = [node for node in relation.nodes if node.refid in self.ids]
        if len(relation.nodes) not in (0, 2):
            self.counts[MANY_NODES] += 1
        elif len(known) != 2 or not label:
            self.counts[UNREFERRED] += 1
        else:
            head, tail = _order(known)
            stated = StatedRelation(label, self.ids[head.refid], self.ids[tail.refid])
            self.stated.relations.append(stated)
            self.kept_relations.append((stated, infons, (head.role, tail.role)))


def _order(nodes: list[Any]) -> tuple[Any, Any]:
    """Return head and tail: the roles say so, else the order."""
    first, second = nodes
    is_backwards = (first.role.casefold(), second.role.casefold()) in {
        ("tail", "head"),
        ("arg2", "arg1"),
        ("object", "subject"),
    }
    return (second, first) if is_backwards else (first, second)
