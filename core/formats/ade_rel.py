"""Reads the pipe-separated relations of the ADE corpus: PubMed id, sentence, effect or dose, drug, offsets.

The offsets count in a document that the file does not hold, so mentions are found by their string in the sentence.
Where a string stands there several times the offsets still help: all mentions of a sentence share one distance
between document and sentence, and the distance that most of them allow chooses the place.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import PurePath

from core.domain import Corpus, Document, Mention, Relation, Schema
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten
from core.formats.one_sentence import make_sentence_document
from core.formats.places import find_places

DRUG = "Drug"
EFFECT = "Adverse-Effect"
DOSE = "Dose"
DOSE_FILE = "DRUG-DOSE"
NUM_COLUMNS = 8
OVERLAPPING = "relations of overlapping mentions"
REPEATED = "relations stated twice"
PUBMED_KEY = "pubmed_id"


@dataclass(frozen=True, slots=True)
class Surface:
    """A mention as a line states it: its string and where it starts in the document."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One line: head is the effect or dose, tail the drug."""

    line: int
    pubmed_id: str
    sentence: str
    head: Surface
    tail: Surface


def read_ade_rel(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document a sentence, merging its lines; its id is the PubMed id and a number within it.

    The lines do not say what they relate: a file whose name begins with DRUG-DOSE holds doses, any other effects.
    """
    kind = DOSE if PurePath(source).name.upper().startswith(DOSE_FILE) else EFFECT
    check = SchemaCheck(schema, log)
    rows_by_sentence: dict[str, list[RelationRow]] = defaultdict(list)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            with log.refusing(number):
                row = _read_row(line.removesuffix("\r"), number)
                rows_by_sentence[row.sentence].append(row)
    documents: list[Document] = []
    num_by_pubmed_id = Counter[str]()
    for rows in rows_by_sentence.values():
        num_by_pubmed_id[rows[0].pubmed_id] += 1
        document_id = f"{rows[0].pubmed_id}-{num_by_pubmed_id[rows[0].pubmed_id]}"
        with log.refusing(rows[0].line):
            documents.append(_SentenceReader(rows, kind, log, check).read(document_id))
    return Corpus(documents=tuple(documents))


def _read_row(line: str, number: int) -> RelationRow:
    columns = line.split("|")
    if len(columns) != NUM_COLUMNS:
        raise FormatError(f"{len(columns)} columns between pipes, expected {NUM_COLUMNS}. Correct the line.")
    pubmed_id, sentence, head, head_start, _, tail, tail_start, _ = columns
    surfaces = []
    for surface, start in ((head, head_start), (tail, tail_start)):
        if not re.fullmatch(r"\d{1,9}", start):
            raise FormatError(f"{shorten(start)} is no offset. Write the number of characters before the mention.")
        if not surface or surface not in sentence:
            raise FormatError(f"{shorten(surface)} is not in the sentence {shorten(sentence)}. Correct one of them.")
        surfaces.append(Surface(surface, int(start)))
    return RelationRow(number, pubmed_id, sentence, *surfaces)


class _SentenceReader:
    """Builds the document of all lines of one sentence."""

    def __init__(self, rows: list[RelationRow], kind: str, log: IssueLog, check: SchemaCheck) -> None:
        self.rows = rows
        self.kind = kind
        self.log = log
        self.check = check
        self.text = rows[0].sentence
        self.distances = _find_distances(rows)

    def read(self, document_id: str) -> Document:
        mentions: list[Mention] = []
        relations: dict[Relation, None] = {}
        counts = Counter[str]()
        for row in self.rows:
            head = self._make_mention(row, row.head, self.kind)
            tail = self._make_mention(row, row.tail, DRUG)
            mentions += (head, tail)
            relation = Relation(head, tail, self.kind)
            self.check.check_relation(relation, line=row.line)
            if relation in relations:
                counts[REPEATED] += 1
                self.log.add(Severity.REPAIRED, "The relation is stated twice; kept once.", line=row.line)
            elif head.span.overlaps(tail.span):
                counts[OVERLAPPING] += 1
                message = f"{shorten(row.head.text)} and {shorten(row.tail.text)} overlap; both are kept."
                self.log.add(Severity.NOTED, message, line=row.line)
            relations[relation] = None
        ordered = sorted(mentions, key=lambda mention: (mention.span, mention.entity_type))
        metadata = ((PUBMED_KEY, self.rows[0].pubmed_id),)
        return make_sentence_document(document_id, self.text, ordered, relations, counts=counts, metadata=metadata)

    def _make_mention(self, row: RelationRow, surface: Surface, entity_type: str) -> Mention:
        self.check.check_type(entity_type, line=row.line)
        expected = surface.start - self.distances[row.pubmed_id]
        places = find_places(self.text, surface.text)
        return Mention(min(places, key=lambda span: (abs(span.start - expected), span)), entity_type)


def _find_distances(rows: list[RelationRow]) -> dict[str, int]:
    """Return, for each PubMed id, where the sentence starts in the document by most of the stated offsets."""
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    stated = {(row.pubmed_id, surface): None for row in rows for surface in (row.head, row.tail)}
    for pubmed_id, surface in stated:
        for place in find_places(rows[0].sentence, surface.text):
            votes[pubmed_id][surface.start - place.start] += 1
    return {pubmed_id: counts.most_common(1)[0][0] for pubmed_id, counts in votes.items()}
