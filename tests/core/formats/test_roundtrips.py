"""Every format that can hold a document gives it back, on text that shifts offsets wherever one miscounts."""

from dataclasses import replace

import pytest

from core.domain import Corpus, Document, Mention, Relation, State
from core.formats import READERS, WRITERS, Severity, read_corpus, write_corpus
from core.formats.docbin import encode_docbin
from tests.core.formats.torture import SCHEMA, make_rich, make_torture

LOSSLESS = ("jsonl", "bioc-json", "bioc-xml", "brat", "prodigy", "parquet", "label-studio", "doccano", "pubannotation")
SENTENCE_FORMATS = ("spert-json", "masked-tsv", "masked-csv")
IN_PROCESS = [name for name in WRITERS if name != "docbin"]
READ_AS = {"masked-tsv": "table", "masked-csv": "table"}


def read_back(corpus: Corpus, format_name: str, *, is_detected: bool = True) -> tuple[Document, ...]:
    """Write and read a corpus; nothing may be refused or repaired on the way."""
    written = write_corpus(corpus, format_name=format_name)
    assert (written.report.dropped.keys() - {"schema"}, written.report.changed) == (set(), {})
    name = None if is_detected else READ_AS.get(format_name, format_name)
    result = read_corpus(written.data, source="file", format_name=name)
    assert [one for one in result.report.issues if one.severity is not Severity.NOTED] == []
    assert result.report.format_name == READ_AS.get(format_name, format_name)
    return result.corpus.documents


def surfaces(document: Document) -> tuple[set[tuple[str, str]], set[tuple[str, str, str]]]:
    """Return what a document says, without offsets."""

    def name(mention: Mention) -> str:
        return mention.span.text(document.text)

    relations = {(name(one.head), name(one.tail), one.label) for one in document.relations}
    return {(name(one), one.entity_type) for one in document.mentions}, relations


@pytest.mark.parametrize("format_name", LOSSLESS)
def test_text_that_shifts_offsets_comes_back_the_same(format_name: str) -> None:
    corpus = make_torture()
    if format_name == "bioc-xml":
        corpus = Corpus(tuple(one for one in corpus.documents if one.id != "separators"), schema=SCHEMA)
    # repr also compares scores, states and concept ids, which take no part in equality.
    assert repr(read_back(corpus, format_name)) == repr(corpus.documents)


@pytest.mark.parametrize("format_name", LOSSLESS)
def test_everything_that_the_domain_knows_of_a_document_comes_back(format_name: str) -> None:
    document = make_rich()
    assert repr(read_back(Corpus((document,)), format_name)) == repr((document,))


@pytest.mark.slow
def test_docbin_brings_back_what_a_child_process_wrote_and_is_the_same_every_time() -> None:
    documents = (*make_torture().documents, make_rich())
    assert repr(read_back(Corpus(documents), "docbin")) == repr(documents)
    assert write_corpus(Corpus(documents), format_name="docbin").data == encode_docbin(documents)


def test_conll_brings_back_text_and_mentions() -> None:
    corpus = make_torture()
    written = write_corpus(corpus, format_name="conll")
    assert written.report.dropped == {"schema": 1, "relations": len(corpus.documents)}
    found = read_corpus(written.data, source="file").corpus.documents
    assert [(one.id, one.text, one.mentions) for one in found] == [
        (one.id, one.text, tuple(sorted(one.mentions, key=lambda m: m.span))) for one in corpus.documents
    ]


@pytest.mark.parametrize("format_name", SENTENCE_FORMATS)
def test_formats_of_sentences_bring_back_what_each_sentence_says(format_name: str) -> None:
    corpus = make_torture(has_breaks=False)
    written = write_corpus(corpus, format_name=format_name)
    assert written.report.num_relations == len(corpus.documents)
    result = read_corpus(written.data, source="file")
    assert result.report.issues == ()
    assert result.report.format_name == READ_AS.get(format_name, format_name)
    assert [surfaces(one) for one in result.corpus.documents] == [surfaces(one) for one in corpus.documents]


def test_masked_csv_gives_back_every_sentence_character_by_character() -> None:
    corpus = make_torture()
    found = read_corpus(write_corpus(corpus, format_name="masked-csv").data, source="file").corpus.documents
    assert [one.text for one in found] == [one.text for one in corpus.documents]


@pytest.mark.parametrize("format_name", IN_PROCESS)
def test_a_file_is_the_same_byte_for_byte_every_time(format_name: str) -> None:
    corpus = Corpus((make_rich(),), schema=SCHEMA)
    first, second = (write_corpus(corpus, format_name=format_name).data for _ in range(2))
    assert first == second


@pytest.mark.parametrize("format_name", [name for name in IN_PROCESS if name not in ("jsonl", "parquet")])
def test_rejected_annotations_are_left_out_and_counted(format_name: str) -> None:
    document = make_torture().documents[0]
    head, tail = document.mentions
    rejected = replace(head, state=State.REJECTED)
    relation = Relation(rejected, tail, "CID")
    report = write_corpus(
        Corpus((replace(document, mentions=(rejected, tail), relations=(relation,)),)), format_name=format_name
    ).report
    assert (report.dropped["rejected mentions"], report.dropped["relations of rejected mentions"]) == (1, 1)
    assert report.num_relations == 0


def test_every_writer_has_a_reader() -> None:
    assert {READ_AS.get(name, name) for name in WRITERS} <= READERS.keys()
