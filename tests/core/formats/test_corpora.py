"""Real files: BC5CDR comes in with the published counts and goes out the same."""

import gzip
import os
from collections import Counter
from pathlib import Path

import pytest

from core.formats import ReadResult, read_corpus, write_corpus

CORPORA = Path(os.environ.get("DARE_CORPORA", Path(__file__).parents[4] / "shared" / "data"))
COUNTS = {
    "CDR_TrainingSet.PubTator.txt.gz": {"Chemical": 5203, "Disease": 4182, "CID": 1038},
    "CDR_DevelopmentSet.PubTator.txt.gz": {"Chemical": 5347, "Disease": 4244, "CID": 1012},
}

pytestmark = pytest.mark.skipif(
    not (CORPORA / "bc5cdr").is_dir(), reason="BC5CDR is not here; set DARE_CORPORA to the folder of corpora"
)


def read_bytes(name: str) -> bytes:
    return gzip.decompress((CORPORA / "bc5cdr" / name).read_bytes())


def read(data: bytes) -> ReadResult:
    result = read_corpus(data, source="file")
    assert result.report.issues == ()
    return result


@pytest.mark.parametrize("name", COUNTS)
def test_published_counts_come_in_without_an_offset_error(name: str) -> None:
    documents = read(read_bytes(name)).corpus.documents
    counts = Counter(mention.entity_type for document in documents for mention in document.mentions)
    counts.update(fact.label for document in documents for fact in document.facts)
    assert len(documents) == 500
    assert counts == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("format_name", ["jsonl", "pubtator"])
def test_reading_what_was_written_gives_the_same_documents(name: str, format_name: str) -> None:
    corpus = read(read_bytes(name)).corpus
    written = write_corpus(corpus, format_name=format_name)
    assert (written.report.dropped, written.report.changed) == ({}, {})
    # repr also compares scores, states and concept ids, which take no part in equality.
    assert repr(read(written.data).corpus) == repr(corpus)


@pytest.mark.parametrize("name", COUNTS)
def test_pubtator_is_written_byte_for_byte_but_for_empty_last_columns(name: str) -> None:
    data = read_bytes(name).replace(b"\t\n", b"\n")
    assert write_corpus(read(data).corpus, format_name="pubtator").data == data
