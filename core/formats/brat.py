"""Reads brat standoff: a zip archive of `.txt` and `.ann` files (or BioNLP's `.a1` and `.a2`), one document a pair.

A discontinuous mention becomes the span that covers its fragments and keeps its stated text as its name.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.domain import Corpus, Document, Mention, Schema
from core.errors import DomainError, FormatError
from core.formats.archives import unpack_zip
from core.formats.base import IssueLog, Severity
from core.formats.brat_lines import (
    IDS,
    KEPT_KINDS,
    NORMALISATION,
    ROLES,
    USUAL_ROLES,
    RelationLine,
    TextBound,
    keep_as_metadata,
    name_relation,
    parse_relation,
    parse_text_bound,
)
from core.formats.checks import SchemaCheck, shorten
from core.formats.encoding import decode_text
from core.formats.extras import EXTRAS_KEY, apply_extras
from core.formats.fragments import name_place
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document

ANNOTATION_SUFFIXES = (".ann", ".a1", ".a2")
EVENT_ARGUMENTS = "relations of events, which are no mentions"
CONCEPT = "Concept"
MAX_NAMED = 5  # texts in a message
EXTRAS_PREFIX = f"#\t{EXTRAS_KEY}\t"


@dataclass(slots=True)
class Pair:
    """A text and the lines of its annotation files."""

    stem: str
    text: str
    lines: list[str]


def is_brat(names: list[str]) -> bool:
    """Return whether the files of an archive are brat's."""
    return any(name.endswith(ANNOTATION_SUFFIXES) for name in names)


def read_brat(data: bytes, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read every pair of an archive; the document's id is the file's path without its ending.

    Raises:
        FormatError: The archive is unsafe or damaged, or holds no annotations.
    """
    files = unpack_zip(data)
    if not is_brat(list(files)):
        raise FormatError("The archive holds no .ann files. Put every .txt beside its .ann, also an empty one.")
    if others := [name for name in files if PurePosixPath(name).suffix not in (".txt", *ANNOTATION_SUFFIXES)]:
        log.add(Severity.NOTED, f"Files that are no texts or annotations are left out: {', '.join(others[:20])}.")
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for pair in _find_pairs(files, log):
        try:
            documents.append(_PairReader(pair, log, check).read())
        except FormatError as error:
            log.add(Severity.REFUSED, f"{pair.stem}: {error.message.removeprefix(f'{pair.stem}: ')}")
        except DomainError as error:
            log.add(Severity.REFUSED, f"{pair.stem}: {error} Correct or remove the line.")
    return Corpus(documents=tuple(documents))


def _find_pairs(files: dict[str, bytes], log: IssueLog) -> list[Pair]:
    """Return the texts with their annotations; those without are counted, and the first of them named."""
    pairs, bare = [], []
    for name, data in files.items():
        path = PurePosixPath(name)
        if path.suffix in ANNOTATION_SUFFIXES and str(path.with_suffix(".txt")) not in files:
            log.add(Severity.REFUSED, f"{name}: its text {path.with_suffix('.txt')} is missing. Add it to the archive.")
        if path.suffix != ".txt":
            continue
        found = [files[str(path.with_suffix(suffix))] for suffix in ANNOTATION_SUFFIXES if _has(files, path, suffix)]
        if not found:
            bare.append(name)
            continue
        try:
            lines = [line for one in found if one.strip() for line in decode_text(one, log).split("\n")]
            pairs.append(Pair(str(path.with_suffix("")), decode_text(data, log), lines))
        except FormatError as error:
            log.add(Severity.REFUSED, f"{name}: {error.message}", line=error.line)
    if bare:
        names = f"{', '.join(bare[:MAX_NAMED])}{', …' if len(bare) > MAX_NAMED else ''}"
        log.add(Severity.NOTED, f"Texts without an annotation file are left out, {len(bare)} in all: {names}.")
    return pairs


def _has(files: dict[str, bytes], path: PurePosixPath, suffix: str) -> bool:
    return str(path.with_suffix(suffix)) in files


class _PairReader:
    """Builds the document of one pair."""

    def __init__(self, pair: Pair, log: IssueLog, check: SchemaCheck) -> None:
        self.log = log
        self.check = check
        self.counts = Counter[str]()
        self.stated = StatedDocument(pair.stem, pair.text, place=f"{pair.stem}: ", counts=self.counts)
        self.lines = [line.removesuffix("\r") for line in pair.lines if line.strip()]
        self.bounds: dict[str, TextBound] = {}
        self.relations: list[RelationLine] = []
        self.concepts: dict[str, list[str]] = {}
        self.kept: list[str] = []
        self.extras = ""

    def read(self) -> Document:
        for line in self.lines:
            if line.startswith(EXTRAS_PREFIX):
                self.extras = line.removeprefix(EXTRAS_PREFIX)
            elif line[0] in KEPT_KINDS:
                self.kept.append(line)
                kind = KEPT_KINDS[line[0]]
                self.log.add_once(Severity.NOTED, f"The file states {kind}; they are kept as metadata.")
            elif line[0] == "T":
                self._add_bound(line)
            elif line[0] not in "NR":
                raise FormatError(f"{shorten(line)} is no line of a brat file. Correct or remove it.")
        for line in self.lines:
            if line[0] == "N":
                self._add_concept(line)
            elif line[0] == "R":
                self._add_relation(line)
        self.stated.mentions = [self._make_mention(bound) for bound in self.bounds.values()]
        return apply_extras(make_document(self.stated, self.log, self.check, describe=self._describe), self.extras)

    def _describe(self, mentions: Mapping[str, Mention]) -> Iterator[tuple[str, str]]:
        """Yield the metadata entries of lines, ids and roles that the domain has no place for."""
        places = {mention_id: name_place(mention) for mention_id, mention in mentions.items()}
        chosen = {place: f"T{number}" for number, place in enumerate(dict.fromkeys(places.values()), start=1)}
        num_mentions = len(chosen)
        roles: dict[str, tuple[str, str]] = {}
        for one in self.relations:
            place = name_relation(one.label, places[one.head], places[one.tail])
            chosen.setdefault(place, f"R{len(chosen) - num_mentions + 1}")
            places[one.id] = place
            if one.roles != USUAL_ROLES:
                roles.setdefault(place, one.roles)
        own = {place: own_id for own_id, place in reversed(places.items()) if own_id != chosen[place]}
        for key, value in ((IDS, own), (ROLES, roles)):
            if value:
                yield key, json.dumps(value, ensure_ascii=False)
        yield from (keep_as_metadata(line, places) for line in self.kept)

    def _add_bound(self, line: str) -> None:
        bound = parse_text_bound(line)
        if bound.id in self.bounds:
            raise FormatError(f"{bound.id} is given twice. Give every line its own id.")
        self.bounds[bound.id] = bound

    def _add_concept(self, line: str) -> None:
        match = NORMALISATION.fullmatch(line)
        if match is None:
            raise FormatError(f"{shorten(line)} is no normalisation. Write id, tab, Reference T1 Resource:id.")
        target, concept_id, name = match[1], match[2].removeprefix(f"{CONCEPT}:"), match[3]
        if target in self.bounds:
            self.concepts.setdefault(target, []).append(concept_id)
        if target not in self.bounds or name:
            self.kept.append(line)

    def _add_relation(self, line: str) -> None:
        relation = parse_relation(line)
        if not {relation.head, relation.tail} <= self.bounds.keys() and {relation.head[0], relation.tail[0]} & {
            "E",
            "R",
        }:
            self.counts[EVENT_ARGUMENTS] += 1
            self.kept.append(line)
            return
        self.stated.relations.append(StatedRelation(relation.label, relation.head, relation.tail))
        self.relations.append(relation)

    def _make_mention(self, bound: TextBound) -> StatedMention:
        return StatedMention(
            bound.id,
            bound.fragments[0][0],
            bound.fragments[-1][1],
            bound.entity_type,
            bound.surface or None,
            tuple(self.concepts.get(bound.id, ())),
            fragments=bound.fragments if len(bound.fragments) > 1 else (),
        )
