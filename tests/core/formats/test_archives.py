"""Archives: names that leave them, bombs, too many files and damage are refused before anything is read."""

import gzip
import io
import zipfile

import pytest

from core.errors import FormatError
from core.formats import archives, read_corpus
from core.formats.archives import pack_zip, unpack_gzip, unpack_zip

ANNOTATION = {"a.txt": b"Aspirin helps.", "a.ann": b"T1\tChemical 0 7\tAspirin\n"}


def zip_raw(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_packing_and_unpacking_gives_the_same_files_in_their_order() -> None:
    assert unpack_zip(pack_zip(ANNOTATION)) == ANNOTATION
    assert pack_zip(ANNOTATION) == pack_zip(ANNOTATION)


@pytest.mark.parametrize("name", ["../a.ann", "a/../../b.ann", "/etc/a.ann", "..\\a.ann", "C:\\a.ann", "C:/a.ann", "."])
def test_a_name_that_points_outside_of_the_archive_is_refused(name: str) -> None:
    report = read_corpus(zip_raw({**ANNOTATION, name: b"x"}), source="a.zip").report
    assert report.is_refused
    assert "points outside" in report.issues[0].message


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(FormatError, match="unpacks from .* bytes to more than .*; the limits are 200-fold and 200 MB"):
        unpack_zip(zip_raw({"a.txt": b"0" * (30 * 2**20)}))
    with pytest.raises(FormatError, match="The gzip file unpacks from .* bytes to more than"):
        unpack_gzip(gzip.compress(b"0" * (30 * 2**20)))


def test_what_an_archive_claims_about_a_size_is_not_believed() -> None:
    data = bytearray(zip_raw({"a.txt": b"0" * (4 * 2**20)}))
    sizes = [place for place in range(len(data) - 4) if data[place : place + 4] == (4 * 2**20).to_bytes(4, "little")]
    for place in sizes:
        data[place : place + 4] = (10).to_bytes(4, "little")
    assert sizes
    with pytest.raises(FormatError):
        unpack_zip(bytes(data))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 1)
    with pytest.raises(FormatError, match="has 2 files; the limit is 1"):
        unpack_zip(pack_zip(ANNOTATION))


def test_a_file_that_stands_twice_is_refused() -> None:
    buffer = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", b"one")
        archive.writestr("a.txt", b"two")
    with pytest.raises(FormatError, match="'a.txt' twice"):
        unpack_zip(buffer.getvalue())


def test_a_damaged_archive_is_refused_with_a_remedy() -> None:
    with pytest.raises(FormatError, match="cannot be unpacked: .* Pack the files again"):
        unpack_zip(pack_zip(ANNOTATION)[:-30])
    with pytest.raises(FormatError, match="cannot be unpacked: .* Pack it again"):
        unpack_gzip(gzip.compress(b"text")[:-9])


def test_an_archive_without_annotations_says_what_it_needs() -> None:
    report = read_corpus(pack_zip({"a.txt": b"Aspirin."}), source="a.zip", format_name="brat").report
    assert report.issues[0].message.startswith("The archive holds no .ann files.")


def test_a_gzipped_file_is_read_as_what_it_holds() -> None:
    report = read_corpus(gzip.compress(b"7|t|Title\n"), source="a.gz").report
    assert (report.format_name, report.num_documents) == ("pubtator", 1)


@pytest.mark.parametrize("data", [bytes(range(128, 255)), b"Aspirin helps.", b""])
def test_a_file_that_is_called_a_zip_and_is_none_is_said_to_be_a_broken_one(data: bytes) -> None:
    (issue,) = read_corpus(data, source="Broken.ZIP").report.issues
    assert (issue.severity, issue.line) == ("refused", None)
    assert issue.message.startswith("The name ends in .zip, but the file is no zip archive: it is broken")


def test_a_text_that_is_called_a_zip_can_be_read_as_one() -> None:
    assert read_corpus(b"Aspirin.", source="a.zip", format_name="text").report.num_documents == 1


def test_an_empty_zip_is_said_to_hold_nothing() -> None:
    report = read_corpus(pack_zip({}), source="a.zip").report
    assert [issue.message for issue in report.issues] == [
        "The archive holds no files to read. Add texts, or files of a format that is read."
    ]
