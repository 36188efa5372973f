"""Every text format is read the same in each encoding and with the line ends of Windows."""

import codecs
from collections.abc import Callable

import pytest

from core.formats import BINARY_FORMATS, WRITERS, Severity, read_corpus, write_corpus
from tests.core.formats.torture import make_torture

TEXT_FORMATS = sorted(WRITERS.keys() - BINARY_FORMATS)
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8 with mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16 little-endian": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16 big-endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "line ends of Windows": lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("format_name", TEXT_FORMATS)
def test_a_file_says_the_same_in_every_encoding(format_name: str, encoding: str) -> None:
    data = write_corpus(make_torture(has_breaks=False), format_name=format_name).data
    plain = read_corpus(data, source="file")
    found = read_corpus(ENCODINGS[encoding](data.decode()), source="file")
    assert [one for one in found.report.issues if one.severity is not Severity.NOTED] == []
    assert found.report.format_name == plain.report.format_name
    assert repr(found.corpus.documents) == repr(plain.corpus.documents)
