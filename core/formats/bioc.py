"""Reads BioC XML and JSON: passages, sentences, annotations, relations by refid or by concepts in infons.

A relation whose nodes refer to annotations is a relation; one that names two concepts in its infons (BC5CDR:
"Chemical" and "Disease"; BioRED: "entity1" and "entity2") is a fact of the document. Passages stand in the text
where their offsets put them, so spaces fill what lies between; where these make no sense a line break does.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.domain import Corpus, Document, DocumentFact, Schema, Sentence, Span, State
from core.errors import DomainError, FormatError
from core.formats.base import IssueLog, Severity
from core.formats.bioc_model import parse_json, parse_xml
from core.formats.checks import SchemaCheck
from core.formats.extras import EXTRAS_KEY, apply_extras
from core.formats.pubtator_lines import decode_concepts
from core.formats.standoff import DISCONTINUOUS, StatedDocument, StatedMention, StatedRelation, make_document
from core.formats.title import TITLE_END_KEY

TYPE_KEY = "type"
LABEL_KEYS = ("type", "relation")
CONCEPT_KEYS = ("identifier", "MESH", "mesh", "NCBI Gene", "concept_id")
CONCEPT_PAIRS = (("entity1", "entity2"), ("role1", "role2"), ("Chemical", "Disease"))
NO_CONCEPTS = ("-", "-1", "None", "")
MAX_GAP = 10
OTHER_INFONS = "infons of annotations and relations"
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
    for number, found in enumerate(parse(text).documents, start=1):
        stated = _DocumentReader(found, number).read()
        if not stated.text.strip():
            empty += 1
            continue
        try:
            document = make_document(stated, log, check)
            documents.append(apply_extras(document, found.infons.get(EXTRAS_KEY)))
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

    def __init__(self, found: Any, number: int) -> None:  # noqa: ANN401 (the library ships no types)
        self.found = found
        self.counts = Counter[str]()
        self.sentences: list[Sentence] = []
        metadata = [(key, value or "") for key, value in found.infons.items() if key != EXTRAS_KEY]
        self.stated = StatedDocument(found.id or f"document-{number}", "", metadata=metadata, counts=self.counts)
        self.ids: dict[str, str] = {}

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

    def _keep_title(self) -> None:
        passages = self.found.passages
        kinds = [passage.infons.get("type") for passage in passages]
        if kinds == ["title", "abstract"] and all(passage.text for passage in passages):
            self.stated.metadata.append((TITLE_END_KEY, str(len(passages[0].text))))

    def _place_parts(self) -> Iterator[Part]:
        """Yield passages and sentences with their annotations, having put their texts together."""
        first: Part | None = None
        for passage in self.found.passages:
            pieces = self._place_passage(passage)
            if not pieces:
                self.counts[UNPLACED] += len(passage.annotations)
                continue
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
                    self._add_sentence(start, sentence.text)
            return [part]
        parts = []
        for sentence in passage.sentences:
            if sentence.text:
                start = self._append(sentence.text, sentence.offset)
                parts.append(Part(start, sentence.offset, sentence.annotations))
                self._add_sentence(start, sentence.text)
        return parts

    def _append(self, added: str, offset: int) -> int:
        """Put a piece behind the text and return where it starts."""
        text = self.stated.text
        gap = offset - len(text)
        filling = "" if not text else " " * gap if 0 <= gap <= MAX_GAP else "\n"
        self.stated.text = f"{text}{filling}{added}"
        return len(text) + len(filling)

    def _add_sentence(self, start: int, text: str) -> None:
        self.sentences.append(Sentence(Span(start, start + len(text)), State.ACCEPTED))

    def _add_annotations(self, part: Part) -> None:
        for one in part.annotations:
            infons = {key: value or "" for key, value in one.infons.items()}
            entity_type = infons.pop(TYPE_KEY, "")
            if not entity_type or not one.locations:
                self.counts[UNPLACED if entity_type else UNTYPED] += 1
                continue
            concept_ids: list[str] = []
            for key in CONCEPT_KEYS:
                concept_ids += decode_concepts(infons.pop(key, ""))
            self.counts[OTHER_INFONS] += len(infons)
            first, last = one.locations[0], one.locations[-1]
            mention_id = f"{len(self.stated.mentions)}"
            self.ids.setdefault(one.id, mention_id)
            self.stated.mentions.append(
                StatedMention(
                    mention_id,
                    first.offset - part.offset + part.start,
                    last.offset + last.length - part.offset + part.start,
                    entity_type,
                    one.text or None,
                    tuple(dict.fromkeys(one for one in concept_ids if one not in NO_CONCEPTS)),
                    has_gaps=len(one.locations) > 1,
                )
            )

    def _add_relation(self, relation: Any) -> None:  # noqa: ANN401
        infons = {key: value or "" for key, value in relation.infons.items()}
        label = next((infons.pop(key) for key in LABEL_KEYS if infons.get(key)), "")
        known = [node for node in relation.nodes if node.refid in self.ids]
        if relation.nodes:
            if len(relation.nodes) != 2:
                self.counts[MANY_NODES] += 1
            elif len(known) != 2 or not label:
                self.counts[UNREFERRED] += 1
            else:
                head, tail = _order(known)
                self.stated.relations.append(StatedRelation(label, self.ids[head.refid], self.ids[tail.refid]))
                self.counts[OTHER_INFONS] += len(infons)
            return
        concepts = _find_concepts(infons)
        if not label or concepts is None:
            self.counts[UNREFERRED] += 1
            return
        self.stated.facts.append(DocumentFact(label, *concepts))
        self.counts[OTHER_INFONS] += len(infons) - 2


def _order(nodes: list[Any]) -> tuple[Any, Any]:
    """Return head and tail: the roles say so, else the order."""
    first, second = nodes
    is_backwards = (first.role.casefold(), second.role.casefold()) in {
        ("tail", "head"),
        ("arg2", "arg1"),
        ("object", "subject"),
    }
    return (second, first) if is_backwards else (first, second)


def _find_concepts(infons: dict[str, str]) -> tuple[str, str] | None:
    """Return the two concepts that infons name: entity1 and entity2, or any two that are alone."""
    for keys in CONCEPT_PAIRS:
        if all(infons.get(key) for key in keys):
            return infons[keys[0]], infons[keys[1]]
    values = [value for value in infons.values() if value]
    return (values[0], values[1]) if len(values) == len(infons) == 2 else None
