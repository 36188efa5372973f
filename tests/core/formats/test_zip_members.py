"""A zip or folder of files that stand each for itself: read by content, all or none, every remark with its file."""

import gzip
from pathlib import Path

import pytest

from core.domain import Corpus, Document, EntityType, RelationLabel, Schema
from core.errors import FormatError
from core.formats import ReadResult, archives, read_corpus, write_corpus
from core.formats.archives import pack_folder, pack_zip, unpack_zip
from tests.core.formats.torture import SCHEMA, make_torture

PUBTATOR = b"7|t|Aspirin.\n7|a|It helps.\n7\t0\t7\tAspirin\tChemical\tD1\n"


def read(files: dict[str, bytes], *, format_name: str | None = None) -> ReadResult:
    return read_corpus(pack_zip(files), source="z.zip", format_name=format_name)


def test_every_file_is_read_in_the_format_of_its_content() -> None:
    documents = make_torture().documents
    files = {
        "a/one.x": write_corpus(Corpus(documents[:3]), format_name="bioc-xml").data,
        "a/two.x": write_corpus(Corpus(documents[3:5], schema=SCHEMA), format_name="jsonl").data,
        "three": gzip.compress(write_corpus(Corpus(documents[5:6]), format_name="label-studio").data),
        "four.txt": b"Plain text.",
    }
    result = read(files)
    assert result.report.format_name == "zip"
    *annotated, plain = result.corpus.documents
    assert repr(tuple(annotated)) == repr(documents[:6])
    assert (plain.id, plain.text, result.corpus.schema) == ("four.txt", "Plain text.", SCHEMA)
    assert [one.message for one in result.report.issues] == ["Files read: 1 bioc-xml, 1 jsonl, 1 label-studio, 1 text."]


def test_one_faulty_file_refuses_the_whole_archive_and_is_named_with_its_line() -> None:
    report = read({"a.txt": PUBTATOR, "b/c.txt": PUBTATOR + b"7\t0\t7\tCodeine\tChemical\tD1\n"}).report
    assert (report.is_refused, report.num_documents) == (True, 0)
    assert report.issues[0].message.startswith("b/c.txt, line 4: ")


def test_what_lies_beside_the_data_is_left_out_and_named() -> None:
    names = ("README.md", "data/LICENSE", "__MACOSX/._a", ".DS_Store", "card.json", "MANIFEST")
    report = read({**dict.fromkeys(names, b"{}"), "a.txt": b"Aspirin."}).report
    assert (report.num_documents, report.is_refused) == (1, False)
    assert report.issues[-1].message == f"Files left out: {', '.join(names)}."


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.zip": pack_zip({"b.txt": b"x"})}, "'a.zip' is an archive inside the archive. Unpack it first."),
        ({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<d/>"}, "The file is an office document."),
        ({"README": b"x"}, "The archive holds no files to read."),
        ({"a.txt": b"x", "b.pdf": b"%PDF-1.7"}, "b.pdf: The file is a PDF."),
        ({"../a.txt": b"x"}, "The archive holds '../a.txt', which points outside of it"),
    ],
)
def test_an_archive_that_cannot_be_read_whole_says_why(files: dict[str, bytes], message: str) -> None:
    report = read(files).report
    assert report.is_refused
    assert report.issues[0].message.startswith(message)


def test_gzipped_files_share_the_limit_of_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(b"a " * 300_000)
    monkeypatch.setattr("core.formats.zip_members.MAX_UNPACKED_MEGABYTES", 1)
    report = read({"a.gz": packed, "b.gz": packed}).report
    assert report.issues[0].message.startswith("'b.gz': The gzip file unpacks from")


def test_a_format_given_for_an_archive_is_that_of_its_files() -> None:
    table = b"sentence;head;tail;label\nAspirin helps Bob.;Aspirin;Bob;helps\n"
    result = read({"a.csv": table, "b.csv": table}, format_name="table")
    assert (result.report.format_name, result.report.num_relations) == ("zip", 2)


def test_schemas_of_several_files_are_joined_and_the_first_says_what_a_name_means() -> None:
    other = Schema(
        (EntityType("Chemical", "#000000"), EntityType("Gene")),
        (RelationLabel("CID", (("Chemical", "Gene"),), guideline="other"),),
    )
    files = {
        name: write_corpus(Corpus((Document(name, "Text."),), schema=schema), format_name="jsonl").data
        for name, schema in (("a", SCHEMA), ("b", other))
    }
    joined = read(files).corpus.schema
    assert joined is not None
    assert joined.type_names == ("Chemical", "Disease", "Gene")
    assert joined.entity_types[0] == SCHEMA.entity_types[0]
    pairs = (("Chemical", "Disease"), ("Chemical", "Gene"))
    assert joined.relation_labels == (RelationLabel("CID", pairs),)


def test_a_folder_is_packed_without_hidden_files_and_linked_folders(tmp_path: Path) -> None:
    for name in ("b/a.txt", "a.txt", ".hidden", ".git/config"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(name, encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret.txt").write_text("x", encoding="utf-8")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "other")
    assert unpack_zip(pack_folder(tmp_path / "in")) == {"a.txt": b"a.txt", "b/a.txt": b"b/a.txt"}


def test_an_empty_or_too_large_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FormatError, match="The folder holds no files"):
        pack_folder(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"one")
    (tmp_path / "b.txt").write_bytes(b"two")
    monkeypatch.setattr(archives, "MAX_MEMBERS", 1)
    with pytest.raises(FormatError, match="holds 2 files of 0 MB; the limits are 1 files"):
        pack_folder(tmp_path)
