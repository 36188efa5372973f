"""Files in and out: plain text, the native JSONL, PubTator; in only: the formats that published corpora use."""

from core.domain import Corpus, Schema
from core.errors import FormatError
from core.formats.ade_rel import read_ade_rel
from core.formats.base import (
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
from core.formats.checks import check_length
from core.formats.ddi_xml import read_ddi_xml
from core.formats.detect import detect_format, detect_text_format
from core.formats.encoding import decode_text
from core.formats.jsonl import read_jsonl, write_jsonl
from core.formats.projection import project_facts
from core.formats.pubtator import read_pubtator
from core.formats.pubtator_writer import write_pubtator
from core.formats.semeval import read_semeval
from core.formats.spert_json import read_spert_json
from core.formats.tally import get_tally
from core.formats.text import read_text
from core.formats.triples_json import read_triples_json

READERS: dict[str, Reader] = {
    "text": read_text,
    "jsonl": read_jsonl,
    "pubtator": read_pubtator,
    "ddi-xml": read_ddi_xml,
    "spert-json": read_spert_json,
    "triples-json": read_triples_json,
    "semeval": read_semeval,
    "ade-rel": read_ade_rel,
}
WRITERS: dict[str, Writer] = {"jsonl": write_jsonl, "pubtator": write_pubtator}

__all__ = [
    "READERS",
    "WRITERS",
    "ExportReport",
    "ImportIssue",
    "ImportReport",
    "ReadResult",
    "Severity",
    "WriteResult",
    "check_length",
    "detect_format",
    "get_tally",
    "project_facts",
    "read_corpus",
    "write_corpus",
]


def read_corpus(
    data: bytes, *, source: str, format_name: str | None = None, schema: Schema | None = None
) -> ReadResult:
    """Read a file; whatever is wrong with it stands in the report and the corpus is then empty.

    Args:
        data: The whole file.
        source: Name of the file, as the user knows it.
        format_name: Key of READERS; None tells the format from the content.
        schema: The project's schema; types and labels outside it are refused. None takes any.
    """
    log = IssueLog()
    corpus = Corpus()
    name = format_name or ""
    try:
        text = decode_text(data)
        name = name or detect_text_format(text)
        corpus = _get_reader(name)(text, source=source, log=log, schema=schema)
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


def _get_reader(name: str) -> Reader:
    if name not in READERS:
        raise FormatError(f"Cannot read format {name!r}. Choose one of: {', '.join(READERS)}.")
    return READERS[name]
