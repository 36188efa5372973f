"""The native format: one JSON object a line, holding everything the domain knows."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Annotated, BinaryIO

from pydantic import Field, TypeAdapter, ValidationError

from core.domain import Corpus, Document, Schema, SyntheticSentence
from core.errors import DomainError, FormatError
from core.formats.base import ExportReport, IssueLog, Severity, WriteResult
from core.formats.checks import SchemaCheck, check_length, shorten
from core.formats.json_items import explain_invalid
from core.formats.jsonl_header import FORMAT_NAME, FORMAT_VERSION, HeaderRecord, Record, SchemaRecord
from core.formats.jsonl_records import DocumentRecord, SyntheticRecord

LINE_ADAPTER: TypeAdapter[DocumentRecord | SyntheticRecord] = TypeAdapter(
    Annotated[DocumentRecord | SyntheticRecord, Field(discriminator="kind")]
)
Lines = Iterator[tuple[int, str]]
ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def read_jsonl(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read a native file; every faulty record is refused with its line.

    Raises:
        FormatError: The first line is not the header of this format and version.
    """
    lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
    file_schema = read_header(lines)
    documents: list[Document] = []
    synthetic: list[SyntheticSentence] = []
    for item in read_items(lines, log=log, schema=schema or file_schema):
        if isinstance(item, Document):
            documents.append(item)
        else:
            synthetic.append(item)
    return Corpus(tuple(documents), tuple(synthetic), file_schema)


def read_header(lines: Lines) -> Schema | None:
    """Take the header from the lines of a native file, and return the schema that it gives, if any.

    Raises:
        FormatError: There is none, or it is not that of this format and version.
    """
    number, line = next(lines)
    try:
        header = HeaderRecord.model_validate_json(line)
        schema = header.schema_record.to_domain() if header.schema_record else None
    except ValidationError as error:
        expected = f'{{"format":"{FORMAT_NAME}","version":{FORMAT_VERSION}}}'
        message = f"{explain_invalid(error)} The first line must be the header, at least {expected}."
        raise FormatError(message, line=number) from error
    except DomainError as error:
        raise FormatError(f"{error} Correct the schema in the header.", line=number) from error
    if header.version != FORMAT_VERSION:
        message = f"Version {header.version} of the format is not read, only {FORMAT_VERSION}. Update DARE Curator."
        raise FormatError(message, line=number)
    return schema


def read_items(lines: Lines, *, log: IssueLog, schema: Schema | None) -> Iterator[Document | SyntheticSentence]:
    """Yield what the lines after the header hold, one record in memory at a time; a faulty one is refused.

    Args:
        lines: The lines after the header with their numbers; none is blank.
        log: Takes refusals and repairs.
        schema: Types and labels must be among these; None takes any.
    """
    check = SchemaCheck(schema, log)
    line_by_id: dict[str, int] = {}
    for number, line in lines:
        item: Document | SyntheticSentence | None = None
        with log.refusing(number):
            record = _parse_record(line)
            if isinstance(record, SyntheticRecord):
                item = _read_synthetic(record, check, number)
            else:
                _refuse_repeated(record.id, line_by_id.setdefault(record.id, number), number)
                item = _read_document(record, check, log, number)
        if item is not None:
            yield item


def _refuse_repeated(document_id: str, first_line: int, line: int) -> None:
    """Refuse a document whose id stood in another line."""
    if first_line != line:
        fault = f"Document {shorten(document_id)} stands already in line {first_line}"
        raise FormatError(f"{fault}. Remove one of the two or give it another id.")


def write_jsonl(corpus: Corpus) -> WriteResult:
    """Write everything a corpus holds; nothing is dropped or changed."""
    file = BytesIO()
    report = write_records(file, corpus.schema, corpus.documents, corpus.synthetic)
    return WriteResult(file.getvalue(), report)


def write_records(
    file: BinaryIO, schema: Schema | None, documents: Iterable[Document], synthetic: Iterable[SyntheticSentence]
) -> ExportReport:
    """Write what two streams yield, one item in memory at a time, and return what was written."""
    num_documents = num_mentions = num_relations = num_facts = num_synthetic = 0
    _write_line(file, HeaderRecord(schema=SchemaRecord.from_domain(schema) if schema else None))
    for document in documents:
        _write_line(file, DocumentRecord.from_domain(document))
        num_documents += 1
        num_mentions += len(document.mentions)
        num_relations += len(document.relations)
        num_facts += len(document.facts)
    for sentence in synthetic:
        _write_line(file, SyntheticRecord.from_domain(sentence))
        num_synthetic += 1
    return ExportReport("jsonl", num_documents, num_mentions, num_relations, num_facts, num_synthetic)


def _write_line(file: BinaryIO, record: Record) -> None:
    file.write(record.model_dump_json(by_alias=True).encode() + b"\n")


def _parse_record(line: str) -> DocumentRecord | SyntheticRecord:
    if "\\u0000" in line and ESCAPED_NUL.search(line):
        raise FormatError("The record holds a NUL character (\\u0000). Remove it.")
    try:
        return LINE_ADAPTER.validate_json(line)
    except ValidationError as error:
        raise FormatError(f"{explain_invalid(error)} Correct or remove the record.") from error


def _read_document(record: DocumentRecord, check: SchemaCheck, log: IssueLog, line: int) -> Document:
    document, repairs = record.to_domain()
    for repair in repairs:
        log.add(Severity.REPAIRED, repair, line=line)
    check_length(document)
    check.check_document(document, line=line)
    return document


def _read_synthetic(record: SyntheticRecord, check: SchemaCheck, line: int) -> SyntheticSentence:
    sentence = record.to_domain()
    check.check_type(sentence.head.entity_type, line=line)
    check.check_type(sentence.tail.entity_type, line=line)
    return sentence
