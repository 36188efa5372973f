"""Reads ChemProt (BioCreative VI) as published: abstracts, entities and relations in three TSV files of a zip.

They are told apart by their columns, a part of the corpus is a folder of the archive. The text of a document is its
title, one space and the abstract. Types and groups of relations keep their published names (GENE-Y, CPR:3).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.domain import Corpus, Document, Mention, Relation, Schema
from core.errors import DomainError, FormatError
from core.formats.archives import unpack_zip
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, locate
from core.formats.encoding import decode_text
from core.formats.offsets import CODE_POINTS, find_offset_map
from core.formats.tally import make_tally

REPEATED = "relations stated twice"
UNEVALUATED = "relations of groups that are not evaluated"
# The first row of each table; the gold standard repeats the evaluated relations.
ROWS = {
    "entities": re.compile(rb"[^\t\n]+\tT\d+\t[^\t\n]+\t\d+\t\d+\t[^\t\n]+(?:\n|$)"),
    "relations": re.compile(rb"[^\t\n]+\t[^\t\n]+\t[YN] *\t[^\t\n]*\tArg1:T\d+\tArg2:T\d+\s*(?:\n|$)"),
    "gold standard": re.compile(rb"[^\t\n]+\t[^\t\n]+\tArg1:T\d+\tArg2:T\d+\s*(?:\n|$)"),
    "abstracts": re.compile(rb"[^\t\n]+\t[^\t\n]+\t[^\t\n]+(?:\n|$)"),
}
TABLES = ("abstracts", "entities", "relations")
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A TSV file: its name for messages, and its text."""

    name: str
    text: str


def find_table(data: bytes) -> str:
    """Return which table of ChemProt the beginning of a file is, a key of ROWS, or ""."""
    return next((name for name, pattern in ROWS.items() if pattern.match(data)), "")


def is_chemprot(beginnings: Mapping[str, bytes]) -> bool:
    """Return whether files, of which the beginnings are given by name, hold ChemProt's entities and their abstracts."""
    found = {(str(PurePosixPath(name).parent), find_table(data)) for name, data in beginnings.items()}
    return any((folder, "abstracts") in found for folder, table in found if table == "entities")


def read_chemprot(data: bytes, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read every folder of an archive that holds the tables; all groups of relations are taken.

    Raises:
        FormatError: The archive is unsafe or damaged, or holds no such tables.
    """
    parts: dict[str, dict[str, Table]] = defaultdict(dict)
    others = []
    for name, content in unpack_zip(data).items():
        table, folder = find_table(content), str(PurePosixPath(name).parent)
        if table not in TABLES:
            others.append(name)
        elif table in parts[folder]:
            raise FormatError(f"{name} and {parts[folder][table].name} are both {table}. Put each part in a folder.")
        else:
            parts[folder][table] = Table(name, decode_text(content, log))
    if others:
        log.add(Severity.NOTED, f"Left out, as they are none of {', '.join(TABLES)}: {', '.join(others[:20])}.")
    check = SchemaCheck(schema, log)
    documents = []
    for folder, tables in parts.items():
        if missing := [table for table in TABLES if table not in tables]:
            raise FormatError(f"{folder}: no file holds the {', '.join(missing)} of ChemProt. Add it to the archive.")
        try:
            documents += read_tables(*(tables[table] for table in TABLES), log=log, check=check)
        except FormatError as error:
            log.add(Severity.REFUSED, f"{error.source}: {error.message}", line=error.line)
    return Corpus(tuple(documents))


def read_tables(
    abstracts: Table,
    entities: Table,
    relations: Table,
    *,
    log: IssueLog,
    check: SchemaCheck,
    labels: Collection[str] = (),
) -> list[Document]:
    """Return the documents of one part of the corpus.

    Args:
        abstracts: Rows of id, title, abstract.
        entities: Rows of document id, entity id, type, start, end, surface; offsets count characters.
        relations: Rows of document id, group, "Y" where it is evaluated, sub-label, first and second argument.
        log: Takes repairs.
        check: Refuses what the project's schema does not have.
        labels: Groups to take, the others are counted; empty takes all.

    Raises:
        FormatError: A row is broken; names file and line.
    """
    entity_rows, relation_rows = _group(entities), _group(relations)
    documents = []
    for number, (document_id, title, abstract) in _read_rows(abstracts, 3):
        maker = _DocumentMaker(document_id, f"{title} {abstract}", log, number)
        try:
            maker.add_mentions(entity_rows.pop(document_id, []))
            maker.add_relations(relation_rows.pop(document_id, []), labels)
            document = maker.make()
        except (FormatError, DomainError) as error:
            message = error.message if isinstance(error, FormatError) else f"{error} Correct the line."
            raise FormatError(f"Document {document_id}: {message}", source=abstracts.name, line=number) from error
        check.check_document(document, line=number)
        documents.append(document)
    for orphans in (entity_rows, relation_rows):
        if orphans:
            message = f"No abstract {next(iter(orphans))} for the lines about it. Add it."
            raise FormatError(message, source=abstracts.name)
    return documents


def _read_rows(table: Table, num_columns: int) -> Iterator[Row]:
    """Yield line numbers and columns."""
    for number, line in enumerate(table.text.split("\n"), start=1):
        columns = line.removesuffix("\r").split("\t")
        if line.strip() and len(columns) != num_columns:
            message = f"{len(columns)} columns between tabs, expected {num_columns}. Correct the line."
            raise FormatError(message, source=table.name, line=number)
        if line.strip():
            yield number, columns


def _group(table: Table) -> dict[str, list[Row]]:
    """Return the rows of a table by document."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for number, columns in _read_rows(table, 6):
        rows[columns[0]].append((number, columns))
    return dict(rows)


class _DocumentMaker:
    """Builds one document of its rows."""

    def __init__(self, document_id: str, text: str, log: IssueLog, line: int) -> None:
        self.id = document_id
        self.text = text
        self.log = log
        self.line = line
        self.mentions: dict[str, Mention] = {}
        self.relations: dict[Relation, None] = {}
        self.counts = Counter[str]()

    def add_mentions(self, rows: list[Row]) -> None:
        for _, (_, mention_id, _, start, end, _) in rows:
            if not (start.isdecimal() and end.isdecimal()):
                raise FormatError(f"{mention_id} stands at {start!r}:{end!r}, which are no offsets. Correct the line.")
        offsets = find_offset_map(self.text, [(int(row[3]), int(row[4]), row[5]) for _, row in rows])
        if offsets.unit != CODE_POINTS:
            self.log.add(Severity.REPAIRED, f"Offsets of {self.id} count {offsets.unit}; converted.", line=self.line)
        for _, (_, mention_id, entity_type, start, end, surface) in rows:
            first, last = offsets.convert(int(start)), offsets.convert(int(end))
            span, repair = locate(self.text, start=first, end=last, surface=surface)
            if repair:
                self.log.add(Severity.REPAIRED, f"Document {self.id}: {mention_id}: {repair}", line=self.line)
            self.mentions[mention_id] = Mention(span, entity_type)

    def add_relations(self, rows: list[Row], labels: Collection[str]) -> None:
        for number, (_, group, _, _, first, second) in rows:
            head, tail = (self.mentions.get(argument.partition(":")[2]) for argument in (first, second))
            if head is None or tail is None:
                raise FormatError(
                    f"Line {number} of the relations joins {first} and {second}, of which one is no entity."
                )
            if labels and group not in labels:
                self.counts[UNEVALUATED] += 1
                continue
            relation = Relation(head, tail, group)
            self.counts[REPEATED] += relation in self.relations
            self.relations[relation] = None

    def make(self) -> Document:
        return Document(
            id=self.id,
            text=self.text,
            mentions=tuple(dict.fromkeys(self.mentions.values())),
            relations=tuple(self.relations),
            metadata=make_tally(self.counts),
        )
