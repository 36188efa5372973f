"""Native files are gone through record by record, with the same result as if they were read at once."""

import codecs
import gzip
import tracemalloc
from pathlib import Path

import pytest

from core.domain import Corpus, Document
from core.errors import FormatError
from core.formats import ImportReport, read_corpus, text_lines
from core.formats.native_file import is_native
from core.workflows.data_in.import_items import Item
from core.workflows.data_in.import_source import NativeSource, WholeSource, open_source
from tests.benchmarks.scale import write_file
from tests.core.formats.test_jsonl import BROKEN, HEADER, SCHEMA, document_line

RECORD = '{"kind":"document","id":"1","text":"naïve ש 😀"}\n'


def check(path: Path, *, format_name: str | None = None) -> tuple[list[Item], ImportReport]:
    found: list[Item] = []
    source = open_source(path, path.name, format_name=format_name, columns={})
    return found, source.check(None, found.append, lambda _: None)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "f.jsonl"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        (HEADER + RECORD).encode(),
        codecs.BOM_UTF8 + (HEADER + RECORD).encode(),
        codecs.BOM_UTF16_LE + (HEADER + RECORD).encode("utf-16-le"),
        codecs.BOM_UTF16_BE + (HEADER + RECORD).encode("utf-16-be"),
        gzip.compress((HEADER + RECORD).encode(), mtime=0),
        ("\n\n" + HEADER + "\r\n" + RECORD.rstrip()).replace("\n", "\r\n").encode(),
        (HEADER + RECORD.replace("ש 😀", "café")).encode("latin-1"),
        (HEADER + RECORD.replace("ש 😀", "“café”")).encode("cp1252"),
    ],
    ids=["utf-8", "marked", "utf-16 le", "utf-16 be", "gzip", "blank lines and CRLF", "latin-1", "cp1252"],
)
def test_a_file_is_read_as_if_it_were_read_at_once(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)
    assert is_native(path)
    at_once = read_corpus(data, source=path.name)
    items, report = check(path)
    assert (tuple(items), report) == (at_once.corpus.documents, at_once.report)
    assert len(items) == 1


@pytest.mark.parametrize(
    "data",
    [
        *(text.encode() for text, _, _ in BROKEN.values()),
        HEADER.encode() + b'{"kind":"document","id":"1","text":"a\x00b"}',
        HEADER.encode() + b'{"text":"caf\xc3\xa9"}\n{"text":"\xff"}',
        codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le") + b"\x00",
        b"",
        b" \n\t\n",
        codecs.BOM_UTF8,
        b"%PDF-1.7",
        gzip.compress(HEADER.encode(), mtime=0)[:-9],
    ],
)
def test_a_broken_file_is_refused_as_if_it_were_read_at_once(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)
    _, report = check(path, format_name="jsonl")
    assert report == read_corpus(data, source=path.name, format_name="jsonl").report
    assert report.is_refused


def test_objects_of_another_format_are_not_taken_for_native_ones(tmp_path: Path) -> None:
    for text in ('{"documents": [], "x": "\\"format\\""}', "{\n", '"format"', "[1]\n", ""):
        assert not is_native(write(tmp_path, text.encode()))


def test_names_outside_the_schema_are_refused_with_their_line(tmp_path: Path) -> None:
    path = write(tmp_path, (HEADER + document_line().replace("Chemical", "Gene")).encode())
    report = NativeSource(path, "f").check(SCHEMA, lambda _: None, lambda _: None)
    assert [(issue.line, issue.message[:28]) for issue in report.issues] == [(2, "Unknown entity type 'Gene'; ")]


def test_of_many_faults_the_first_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    path = write(tmp_path, (HEADER + "{}\n" * 1000).encode())
    issues = check(path)[1].issues
    assert [issue.line for issue in issues] == [*range(2, 102), None]
    assert issues[-1].message == "900 more lines were refused; the first are listed."


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    write_file(path, 4_000)
    source = NativeSource(path, path.name)
    tracemalloc.start()
    try:
        report = source.check(None, lambda _: None, lambda _: None)
        num_read = sum(1 for _ in source.read(lambda _: None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report.num_documents == num_read == 400
    # Chunks of the file are at most a megabyte, decoded and encoded; all records would be tens of megabytes.
    assert peak < path.stat().st_size * 1.5 + 4 * text_lines.CHUNK_BYTES


def test_progress_is_the_share_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    write_file(path, 5_000)
    shares: list[float] = []
    NativeSource(path, path.name).check(None, lambda _: None, shares.append)
    assert shares == sorted(shares) and 0 < shares[0] < 0.5 < shares[-1] <= 1


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(HEADER.encode() + b" " * 50_000_000))
    issue = check(path)[1].issues[0]
    assert "more than 200 times as many" in issue.message


def test_limits_name_value_and_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, (HEADER + RECORD).encode())
    monkeypatch.setattr(text_lines, "MAX_STREAM_MEGABYTES", 0)
    assert check(path)[1].issues[0].message == "The file has more than 0 MB. Split it into several files."
    monkeypatch.undo()
    monkeypatch.setattr(text_lines, "MAX_LINE_CHARACTERS", 40)
    issue = check(path)[1].issues[0]
    assert (issue.line, issue.message) == (2, "The line has more than 40 characters. Split its document.")


def test_a_file_that_changes_between_check_and_storing_is_not_stored(tmp_path: Path) -> None:
    path = write(tmp_path, (HEADER + RECORD).encode())
    source = NativeSource(path, "f")
    assert not source.check(None, lambda _: None, lambda _: None).is_refused
    write(tmp_path, (HEADER + RECORD + RECORD).encode())
    with pytest.raises(FormatError, match="changed while it was read. Import it again"):
        list(source.read(lambda _: None))


def test_other_formats_keep_their_limit_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.formats.encoding.MAX_FILE_MEGABYTES", 0)
    report = WholeSource(write(tmp_path, b"Some text."), "f.txt", None, {}).check(None, lambda _: None, lambda _: None)
    assert "the limit of all formats but the native one" in report.issues[0].message


def test_other_formats_hand_on_what_they_hold(tmp_path: Path) -> None:
    items, report = check(write(tmp_path, b"Some text.").rename(tmp_path / "f.txt"))
    assert Corpus(tuple(item for item in items if isinstance(item, Document))).documents[0].text == "Some text."
    assert (report.format_name, report.num_documents) == ("text", 1)
