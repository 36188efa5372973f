"""Reads and writes Parquet as Hugging Face's `datasets` loads it: one row a document, with everything that JSONL has.

The schema of the project stands in the file's own metadata. A foreign file is read where it has a column "text".
"""

import io
import json
from typing import Any

from pydantic import ValidationError

from core.domain import Corpus, Document, Schema
from core.errors import DomainError, FormatError
from core.formats.base import ExportReport, IssueLog, Severity, WriteResult
from core.formats.checks import SchemaCheck, shorten
from core.formats.json_items import explain_invalid
from core.formats.jsonl_header import SchemaRecord
from core.formats.jsonl_records import DocumentRecord

SCHEMA_KEY = b"dare_schema"
MAX_UNPACKED_MEGABYTES = 500
BATCH_ROWS = 1000
_READ_ROWS = 50  # a text may be a megabyte long


def write_parquet(corpus: Corpus) -> WriteResult:
    """Write one row a document; synthetic sentences have no place in its columns."""
    import pyarrow
    import pyarrow.parquet

    rows = [
        DocumentRecord.from_domain(document).model_dump(mode="json", exclude={"kind"}) for document in corpus.documents
    ]
    columns = _make_columns(pyarrow)
    for row in rows:
        row["metadata"] = [{"key": key, "value": value} for key, value in row["metadata"]]
    if corpus.schema is not None:
        columns = columns.with_metadata({SCHEMA_KEY: SchemaRecord.from_domain(corpus.schema).model_dump_json()})
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=columns), buffer)
    dropped = {"synthetic sentences": len(corpus.synthetic)} if corpus.synthetic else {}
    report = ExportReport(
        format_name="parquet",
        num_documents=len(corpus.documents),
        num_mentions=sum(len(document.mentions) for document in corpus.documents),
        num_relations=sum(len(document.relations) for document in corpus.documents),
        num_facts=sum(len(document.facts) for document in corpus.documents),
        dropped=dropped,
    )
    return WriteResult(buffer.getvalue(), report)


def read_parquet(data: bytes, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document a row; issues name the row as their line.

    Raises:
        FormatError: The file is damaged, too large, or has no column of texts.
    """
    table, file_schema = _read_table(data)
    check = SchemaCheck(schema or file_schema, log)
    documents: list[Document] = []
    number = 0
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        for row in batch.to_pylist():
            number += 1
            with log.refusing(number):
                documents.append(_read_row(row, f"{source}-{number}", log, check, number))
    return Corpus(documents=tuple(documents), schema=file_schema)


def _read_table(data: bytes) -> tuple[Any, Schema | None]:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        metadata = file.metadata
        _check_size(sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)))
        names = [name for name in DocumentRecord.model_fields if name in file.schema_arrow.names]
        if "text" not in names:
            raise FormatError(f'There is no column "text"; the columns are {", ".join(file.schema_arrow.names)}.')
        batches, size = [], 0
        for batch in file.iter_batches(batch_size=_READ_ROWS, columns=names):
            # What the file says of its size counts a text once that a dictionary gives to many rows.
            size += batch.nbytes
            _check_size(size)
            batches.append(batch)
        columns = pyarrow.schema([file.schema_arrow.field(name) for name in file.schema_arrow.names if name in names])
        table = pyarrow.Table.from_batches(batches, schema=columns)
        table.validate(full=True)  # also finds text that is no UTF-8
        return table, _read_schema(file.schema_arrow.metadata or {})
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
        message = f"Not a readable Parquet file: {shorten(str(error), limit=120)}. Save it again."
        raise FormatError(message) from error


def _check_size(size: int) -> None:
    if size > MAX_UNPACKED_MEGABYTES * 2**20:
        raise FormatError(
            f"The file unpacks to {size / 2**20:.0f} MB or more; the limit is {MAX_UNPACKED_MEGABYTES} MB. Split it."
        )


def _read_schema(metadata: dict[bytes, bytes]) -> Schema | None:
    if SCHEMA_KEY not in metadata:
        return None
    try:
        return SchemaRecord.model_validate_json(metadata[SCHEMA_KEY]).to_domain()
    except (ValidationError, DomainError) as error:
        raise FormatError(f"The schema in the file is damaged: {shorten(str(error))}. Save it again.") from error


def _read_row(row: dict[str, Any], name: str, log: IssueLog, check: SchemaCheck, number: int) -> Document:
    """Return the document of a row; what the file leaves out or leaves empty has its default."""
    filled = {key: value for key, value in row.items() if value is not None}
    filled["id"] = str(filled.get("id", name))
    filled["metadata"] = [[one["key"], one["value"]] for one in filled.get("metadata", [])]
    for key in ("mentions", "relations"):
        filled[key] = [{k: v for k, v in one.items() if v is not None} for one in filled.get(key, [])]
    try:
        document, repairs = DocumentRecord.model_validate_json(json.dumps(filled)).to_domain()
    except ValidationError as error:
        raise FormatError(f"{explain_invalid(error)} Correct or remove the row.") from error
    except (TypeError, KeyError) as error:
        raise FormatError(f"The row is of another kind ({error}). Choose the right format.") from error
    if not document.text.strip() or "\0" in document.text:
        raise FormatError("The text is empty or holds a NUL character. Remove the row or correct its text.")
    for repair in repairs:
        log.add(Severity.REPAIRED, repair, line=number)
    check.check_document(document, line=number)
    return document


def _make_columns(pyarrow: Any) -> Any:  # noqa: ANN401 (the library ships no types)
    """Return the types of the columns, so that an empty file has them too."""
    text, number = pyarrow.string(), pyarrow.int64()
    texts = pyarrow.list_(text)
    judged = {"score": pyarrow.float64(), "state": text, "source": text}

    def make_rows(fields: dict[str, Any]) -> Any:  # noqa: ANN401
        return pyarrow.list_(pyarrow.struct(list(fields.items())))

    mention = {"id": text, "start": number, "end": number, "text": text, "entity_type": text}
    sentence = {"start": number, "end": number, "state": text, "is_flagged": pyarrow.bool_(), "comment": text}
    return pyarrow.schema(
        [
            ("id", text),
            ("text", text),
            ("split", text),
            ("metadata", make_rows({"key": text, "value": text})),
            ("sentences", make_rows(sentence)),
            ("mentions", make_rows({**mention, "concept_ids": texts, "names": texts, **judged})),
            ("relations", make_rows({"label": text, "head": text, "tail": text, **judged})),
            ("facts", make_rows({"label": text, "head_concept": text, "tail_concept": text})),
        ]
    )
