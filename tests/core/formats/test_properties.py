"""Properties of all readers and writers, tried on drawn documents and drawn bytes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import Corpus, Document
from core.errors import FormatError
from core.formats import READERS, TEXT_READERS, WRITERS, Severity, detect_format, read_corpus, write_corpus
from core.formats.archives import ZIP_SIGNATURES
from core.formats.bioc_writer import UNWRITABLE
from core.formats.offsets import UNITS, OffsetMap, find_offset_map
from tests.core.formats.strategies import TEXTS, documents

LOSSLESS = ("jsonl", "bioc-json", "bioc-xml", "brat", "prodigy", "parquet", "label-studio", "doccano", "pubannotation")
LOSSY = ("conll", "spert-json", "masked-tsv", "masked-csv", "pubtator")
READ_AS = {"masked-tsv": "table", "masked-csv": "table"}
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def has_unwritable(document: Document) -> bool:
    """Return whether XML cannot hold some text of a document."""
    texts = [
        document.text,
        document.id,
        *(one for fact in document.facts for one in (fact.head_concept, fact.tail_concept)),
    ]
    return any(UNWRITABLE.search(text) for text in texts)


@pytest.mark.parametrize("format_name", LOSSLESS)
@FEW
@given(document=documents())
def test_whatever_a_lossless_format_is_given_comes_back(format_name: str, document: Document) -> None:
    if format_name == "bioc-xml" and has_unwritable(document):
        return
    written = write_corpus(Corpus((document,)), format_name=format_name)
    result = read_corpus(written.data, source="file", format_name=format_name)
    assert [one for one in result.report.issues if one.severity is not Severity.NOTED] == []
    assert repr(result.corpus.documents) == repr((document,))


@pytest.mark.parametrize("format_name", LOSSY)
@FEW
@given(document=documents())
def test_whatever_a_lossy_format_writes_is_read_without_a_fault(format_name: str, document: Document) -> None:
    written = write_corpus(Corpus((document,)), format_name=format_name)
    result = read_corpus(written.data, source="file", format_name=READ_AS.get(format_name, format_name))
    assert not result.report.is_refused, result.report.issues
    if format_name in ("conll", "spert-json", "pubtator"):
        assert result.report.num_mentions == written.report.num_mentions


@pytest.mark.parametrize("format_name", [name for name in READERS if name != "docbin"])
@FEW
@given(data=st.binary(max_size=200) | TEXTS.map(str.encode))
def test_a_reader_refuses_what_it_cannot_read_instead_of_failing(format_name: str, data: bytes) -> None:
    report = read_corpus(data, source="file", format_name=format_name).report
    assert report.format_name == (
        "zip" if data.startswith(ZIP_SIGNATURES) and format_name in TEXT_READERS else format_name
    )


@FEW
@given(data=st.binary(max_size=200) | TEXTS.map(str.encode))
def test_detection_names_a_format_or_says_why_not(data: bytes) -> None:
    try:
        assert detect_format(data) in READERS
    except FormatError as error:
        assert error.message


@pytest.mark.parametrize("unit", UNITS)
@FEW
@given(text=TEXTS)
def test_offsets_of_every_unit_come_back_as_code_points(unit: str, text: str) -> None:
    starts = [sum(map(UNITS[unit], text[:place])) for place in range(len(text) + 1)]
    offsets = OffsetMap(text, unit)
    for place, start in enumerate(starts):
        if starts.index(start) == place:
            assert offsets.convert(start) == place
    assert offsets.convert(starts[-1] + 5) == len(text) + 5


@FEW
@given(text=TEXTS)
def test_offsets_that_fit_are_never_taken_for_another_unit(text: str) -> None:
    spans = [(place, place + 1, text[place]) for place in range(len(text))]
    assert find_offset_map(text, spans).unit == "characters"


def test_every_writer_but_the_one_in_a_child_process_is_tried() -> None:
    assert {*LOSSLESS, *LOSSY} == WRITERS.keys() - {"docbin"}
