"""Files in and out: one file a format, or two where reading and writing are much; told apart by content."""

from collections.abc import Mapping
from functools import partial

from core.domain import Corpus, Schema
from core.errors import FormatError
from core.formats.ade_rel import read_ade_rel
from core.formats.archives import GZIP_SIGNATURE, ZIP_SIGNATURES, unpack_gzip
from core.formats.base import (
    BytesReader,
    ExportReport,
    ImportIssue,
    ImportReport,
    IssueLog,
    Reader,
    ReadResult,
    Severity,
    Writer,
    WriteResult,
)
from core.formats.bioc import read_bioc_json, read_bioc_xml
from core.formats.bioc_writer import write_bioc_json, write_bioc_xml
from core.formats.brat import read_brat
from core.formats.brat_writer import write_brat
from core.formats.checks import check_length
from core.formats.chemprot import read_chemprot
from core.formats.conll import read_conll, write_conll
from core.formats.ddi_xml import read_ddi_xml
from core.formats.detect import (
    check_suffix,
    check_zip_name,
    detect_bytes_format,
    detect_format,
    detect_text_format,
)
from core.formats.docbin import read_docbin, write_docbin
from core.formats.doccano import read_doccano, write_doccano
from core.formats.encoding import check_size, decode_text
from core.formats.jats_xml import read_jats_xml
from core.formats.jsonl import read_jsonl, write_jsonl
from core.formats.label_studio import read_label_studio, write_label_studio
from core.formats.masked_table import write_masked_csv, write_masked_tsv
from core.formats.parquet import read_parquet, write_parquet
from core.formats.prodigy import read_prodigy, write_prodigy
from core.formats.projection import project_facts
from core.formats.pubannotation import read_pubannotation, write_pubannotation
from core.formats.pubmed_xml import read_pubmed_xml
from core.formats.pubtator import read_pubtator
from core.formats.pubtator_writer import write_pubtator
from core.formats.semeval import read_semeval
from core.formats.spert_json import read_spert_json
from core.formats.spert_writer import write_spert_json
from core.formats.table import read_table
from core.formats.table_columns import has_nameless_rows
from core.formats.tally import get_tally
from core.formats.text import read_text
from core.formats.text_jsonl import read_text_jsonl
from core.formats.triples_json import read_triples_json
from core.formats.webanno import read_webanno
from core.formats.zip_members import read_members

TEXT_READERS: dict[str, Reader] = {
    "text": read_text,
    "text-jsonl": read_text_jsonl,
    "jsonl": read_jsonl,
    "pubtator": read_pubtator,
    "bioc-xml": read_bioc_xml,
    "bioc-json": read_bioc_json,
    "table": read_table,
    "prodigy": read_prodigy,
    "label-studio": read_label_studio,
    "doccano": read_doccano,
    "pubannotation": read_pubannotation,
    "conll": read_conll,
    "webanno": read_webanno,
    "ddi-xml": read_ddi_xml,
    "spert-json": read_spert_json,
    "triples-json": read_triples_json,
    "semeval": read_semeval,
    "ade-rel": read_ade_rel,
    "pubmed-xml": read_pubmed_xml,
    "jats-xml": read_jats_xml,
}


def read_zip(
    data: bytes,
    *,
    source: str,  # noqa: ARG001 (Reader)
    log: IssueLog,
    schema: Schema | None,
    format_name: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Corpus:
    """Read an archive of files that stand each for itself.

    Args:
        data: The archive.
        source: Its name, as the user knows it.
        log: Takes what is said of each file.
        schema: As in `read_corpus`.
        format_name: Format of every file; None tells each from its content.
        columns: As in `read_corpus`.

    Raises:
        FormatError: The archive cannot be read.
    """
    read = partial(read_corpus, format_name=format_name, schema=schema, columns=columns)
    return read_members(data, log=log, read_member=read)


BYTES_READERS: dict[str, BytesReader] = {
    "brat": read_brat,
    "parquet": read_parquet,
    "docbin": read_docbin,
    "chemprot": read_chemprot,
    "zip": read_zip,
}
READERS: dict[str, Reader | BytesReader] = {**TEXT_READERS, **BYTES_READERS}
WRITERS: dict[str, Writer] = {
    "jsonl": write_jsonl,
    "pubtator": write_pubtator,
    "bioc-xml": write_bioc_xml,
    "bioc-json": write_bioc_json,
    "brat": write_brat,
    "masked-tsv": write_masked_tsv,
    "masked-csv": write_masked_csv,
    "prodigy": write_prodigy,
    "parquet": write_parquet,
    "docbin": write_docbin,
    "label-studio": write_label_studio,
    "doccano": write_doccano,
    "pubannotation": write_pubannotation,
    "conll": write_conll,
    "spert-json": write_spert_json,
}
# What a file of each written format is called, so that every system opens it with the right program.
SUFFIXES: dict[str, str] = {
    "jsonl": "jsonl",
    "pubtator": "pubtator.txt",
    "bioc-xml": "bioc.xml",
    "bioc-json": "bioc.json",
    "brat": "brat.zip",
    "masked-tsv": "masked.tsv",
    "masked-csv": "masked.csv",
    "prodigy": "prodigy.jsonl",
    "parquet": "parquet",
    "docbin": "spacy",
    "label-studio": "label-studio.json",
    "doccano": "doccano.jsonl",
    "pubannotation": "pubannotation.json",
    "conll": "conll",
    "spert-json": "spert.json",
}
NAMELESS = (
    "The file is kept as one plain text, though its lines look like rows of a table without the names of its columns. "
    "If it is one, write a first line with their names."
)
BINARY_FORMATS = frozenset(BYTES_READERS) & WRITERS.keys()

__all__ = [
    "BINARY_FORMATS",
    "READERS",
    "SUFFIXES",
    "WRITERS",
    "ExportReport",
    "ImportIssue",
    "ImportReport",
    "IssueLog",
    "ReadResult",
    "Severity",
    "WriteResult",
    "check_length",
    "check_size",
    "detect_format",
    "get_tally",
    "project_facts",
    "read_corpus",
    "write_corpus",
]


def read_corpus(
    data: bytes,
    *,
    source: str,
    format_name: str | None = None,
    schema: Schema | None = None,
    columns: Mapping[str, str] | None = None,
) -> ReadResult:
    """Read a file; whatever is wrong with it stands in the report and the corpus is then empty.

    Args:
        data: The whole file; a gzipped one is unpacked.
        source: Name of the file, as the user knows it.
        format_name: Key of READERS, for a zip also that of every file in it; None tells it from the content.
        schema: The project's schema; types and labels outside it are refused. None takes any.
        columns: For tables: name of the column by its role, where `core.formats.table` does not tell it itself.
    """
    log = IssueLog()
    corpus = Corpus()
    name = format_name or ""
    try:
        _check_name(name)
        if data.startswith(GZIP_SIGNATURE):
            data = unpack_gzip(data)
        inside = name if data.startswith(ZIP_SIGNATURES) and name in TEXT_READERS else None
        name = "zip" if inside else name or detect_bytes_format(data)
        if name in BYTES_READERS:
            check_size(len(data))
            read_zipped = partial(read_zip, format_name=inside, columns=columns)
            read_bytes = read_zipped if name == "zip" else BYTES_READERS[name]
            corpus = read_bytes(data, source=source, log=log, schema=schema)
        else:
            if not name:
                check_zip_name(source)
            text = decode_text(data, log)
            name = name or _detect(text, source, columns, log)
            read = partial(read_table, columns=columns) if name == "table" else TEXT_READERS[name]
            corpus = read(text, source=source, log=log, schema=schema)
        for document in corpus.documents:
            check_length(document)
    except FormatError as error:
        log.add(Severity.REFUSED, error.message, line=error.line)
    if log.is_refused:
        corpus = Corpus()
    report = ImportReport(
        source=source,
        format_name=name,
        num_documents=len(corpus.documents),
        num_mentions=sum(len(document.mentions) for document in corpus.documents),
        num_relations=sum(len(document.relations) for document in corpus.documents),
        num_facts=sum(len(document.facts) for document in corpus.documents),
        num_synthetic=len(corpus.synthetic),
        issues=log.issues(),
    )
    return ReadResult(corpus, report)


def write_corpus(corpus: Corpus, *, format_name: str) -> WriteResult:
    """Write a corpus as one file; what the format cannot hold is counted in the report.

    Raises:
        FormatError: The format is unknown, or a name of the corpus cannot be written in it.
    """
    if format_name not in WRITERS:
        raise FormatError(f"Cannot write format {format_name!r}. Choose one of: {', '.join(WRITERS)}.")
    return WRITERS[format_name](corpus)


def _detect(text: str, source: str, columns: Mapping[str, str] | None, log: IssueLog) -> str:
    """Return the format of decoded text; the log is told of plain text that may be a table.

    Raises:
        FormatError: The text is of a kind that is not read, or is not what its name says.
    """
    found = detect_text_format(text, columns=columns)
    if found == "text":
        check_suffix(text, source)
        if has_nameless_rows(text):
            log.add(Severity.NOTED, NAMELESS)
    return found


def _check_name(name: str) -> None:
    if name and name not in READERS:
        raise FormatError(f"Cannot read format {name!r}. Choose one of: {', '.join(READERS)}.")
