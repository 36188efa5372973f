"""Real export files of other tools come in with their counts, and go out and in again the same."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from core.domain import Corpus
from core.formats import Severity, read_corpus, write_corpus
from core.formats.archives import pack_folder, pack_zip, unpack_zip
from core.formats.bioc_model import parse_json, parse_xml

CORPORA = Path(os.environ.get("DARE_CORPORA", Path(__file__).parents[4] / "shared" / "data"))
FORMATS = CORPORA / "formats"
# file: format, documents, mentions, relations, facts
COUNTS = {
    "biored/Dev.BioC.XML": ("bioc-xml", 100, 3533, 0, 1162),
    "biored/Dev.BioC.JSON": ("bioc-json", 100, 3533, 0, 1162),
    "formats/bioc_cdr_sample/CDR_sample.gold.BioC.xml": ("bioc-xml", 50, 940, 0, 123),
    "formats/bioc_json/json/collection.json": ("bioc-json", 10, 0, 0, 0),
    "formats/bioc_json/xml/collection.xml": ("bioc-xml", 10, 0, 0, 0),
    "formats/prodigy/rel_component_annotations.jsonl": ("prodigy", 149, 466, 263, 0),
    "formats/pubannotation_textae/demo-annotations.json": ("pubannotation", 1, 37, 2, 0),
    "formats/label_studio/kiji-proxy/sample_predictions.json": ("label-studio", 1, 5, 2, 0),
    "formats/doccano/backend/data_import/tests/data/relation_extraction/example.jsonl": ("doccano", 1, 4, 3, 0),
    "formats/doccano/backend/data_import/tests/data/sequence_labeling/example.conll": ("conll", 2, 2, 0, 0),
}
BRAT = {
    "BioNLP-ST_2011/BioNLP-ST_2011_REL": (20, 452, 44),
    "BioNLP-ST_2011/BioNLP-ST_2011_ID": (20, 1133, 0),
    "tutorials/bio": (13, 107, 6),
    "tutorials/news": (13, 119, 8),
}

pytestmark = pytest.mark.skipif(
    not FORMATS.is_dir(), reason="The export files are not here; set DARE_CORPORA to the folder of corpora"
)


def read(data: bytes, *, is_ours: bool = False) -> Corpus:
    result = read_corpus(data, source="file")
    worst = (Severity.REFUSED, Severity.REPAIRED) if is_ours else (Severity.REFUSED,)
    assert [one for one in result.report.issues if one.severity in worst] == []
    return result.corpus


def zip_folder(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return buffer.getvalue()


@pytest.mark.parametrize("name", COUNTS)
def test_a_real_export_comes_in_with_its_counts(name: str) -> None:
    report = read_corpus((CORPORA / name).read_bytes(), source="file").report
    assert not report.is_refused, report.issues
    counts = (report.num_documents, report.num_mentions, report.num_relations, report.num_facts)
    assert (report.format_name, *counts) == COUNTS[name]


@pytest.mark.parametrize("name", [name for name, counts in COUNTS.items() if counts[0] != "conll"])
def test_a_real_export_goes_out_and_in_again_the_same(name: str) -> None:
    corpus = read((CORPORA / name).read_bytes())
    written = write_corpus(corpus, format_name=COUNTS[name][0])
    assert (written.report.dropped, written.report.changed) == ({}, {})
    assert repr(read(written.data, is_ours=True).documents) == repr(corpus.documents)


@pytest.mark.skipif(not (CORPORA / "chemprot").is_dir(), reason="ChemProt is not among the corpora")
def test_the_published_folder_of_chemprot_comes_in_whole() -> None:
    report = read_corpus(pack_folder(CORPORA / "chemprot"), source="chemprot").report
    counts = (report.num_documents, report.num_mentions, report.num_relations)
    assert (report.format_name, *counts) == ("chemprot", 1632, 41319, 9962)


@pytest.mark.parametrize("name", BRAT)
def test_a_real_brat_folder_comes_in_whole_and_goes_out_the_same(name: str) -> None:
    corpus = read(zip_folder(FORMATS / "brat" / name))
    documents = corpus.documents
    counts = (len(documents), sum(len(d.mentions) for d in documents), sum(len(d.relations) for d in documents))
    assert counts == BRAT[name]
    written = write_corpus(corpus, format_name="brat")
    assert (written.report.dropped, written.report.changed) == ({}, {})
    again = read(written.data, is_ours=True).documents
    for first, second in zip(documents, again, strict=True):
        assert (first.id, first.text, first.relations) == (second.id, second.text, second.relations)
        assert repr(first.mentions) == repr(second.mentions)
        assert sorted(first.metadata) == sorted(second.metadata)


@pytest.mark.parametrize("name", BRAT)
def test_every_line_of_a_real_brat_folder_comes_out_as_it_came_in(name: str) -> None:
    files = {path.name: path.read_bytes() for path in sorted((FORMATS / "brat" / name).iterdir())}
    written = unpack_zip(write_corpus(read(pack_zip(files)), format_name="brat").data)
    for file, data in files.items():
        if file.endswith(".ann"):
            lines = [line for line in written[file].decode().split("\n") if not line.startswith("#\tdare")]
            assert sorted(map(str.rstrip, lines)) == sorted(map(str.rstrip, data.decode().split("\n")))


@pytest.mark.parametrize(
    "name", ["biored/Dev.BioC.XML", "biored/Dev.BioC.JSON", "formats/bioc_json/xml/collection.xml"]
)
def test_every_infon_of_a_real_bioc_file_comes_out_as_it_came_in(name: str) -> None:
    data = (CORPORA / name).read_bytes()
    format_name = COUNTS[name][0]
    written = write_corpus(read(data), format_name=format_name).data
    assert list_infons(written, format_name) == list_infons(data, format_name)


def list_infons(data: bytes, format_name: str) -> list[dict[str, str]]:
    """Return the infons of documents, passages, annotations and relations, in their order."""
    parse = parse_xml if format_name == "bioc-xml" else parse_json
    found = []
    for document in parse(data.decode()).documents:
        annotations = [one for passage in document.passages for one in passage.annotations]
        for element in (document, *document.passages, *annotations, *document.relations):
            found.append({key: value or "" for key, value in element.infons.items() if key != "dare"})
    return found


def test_bioc_xml_json_and_pubtator_of_one_corpus_say_the_same() -> None:
    found = [
        read((CORPORA / "biored" / name).read_bytes()).documents
        for name in ("Dev.BioC.XML", "Dev.BioC.JSON", "Dev.PubTator")
    ]
    said = [[(one.id, one.text, set(one.mentions), set(one.facts)) for one in documents] for documents in found]
    assert said[0] == said[1] == said[2]
