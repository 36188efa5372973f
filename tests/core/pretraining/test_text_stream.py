"""Text comes as a stream: plain, gzip or xz, one document a line; held-out documents are known by their text."""

import gzip
import lzma
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from core.errors import FormatError
from core.pretraining import text_stream
from core.pretraining.text_stream import (
    held_out_documents,
    interleave,
    is_held_out,
    read_documents,
    sample_for_tokenizer,
    training_documents,
)

LINES = [f"Abstract {number} of naïve cells." for number in range(300)]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_packed_and_plain_files_give_the_same_documents_whatever_they_are_called(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "text.bin"
    path.write_bytes(pack("\ufeffOne.\n\n  Two: naïve.  \r\nThree, no line break".encode()))
    assert list(read_documents(path)) == ["One.", "Two: naïve.", "Three, no line break"]


def test_a_file_is_not_read_further_than_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"fine\n" * 3 + b"\xff\xfe\n")
    assert list(islice(read_documents(path), 3)) == ["fine"] * 3
    with pytest.raises(FormatError, match=r"text\.txt, line 4: Not UTF-8"):
        list(read_documents(path))


def test_a_cut_download_is_refused_with_its_name(tmp_path: Path) -> None:
    for name, packed in (("a.gz", gzip.compress(b"line\n" * 999)), ("a.xz", lzma.compress(b"line\n" * 999))):
        path = tmp_path / name
        path.write_bytes(packed[:-12])
        with pytest.raises(FormatError, match=rf"{name}, line \d+: The compressed data ends or is damaged"):
            list(read_documents(path))


def test_a_file_without_line_breaks_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_stream, "MAX_DOCUMENT_BYTES", 2**20)
    path = tmp_path / "text.txt"
    path.write_bytes(b"a" * (2**20 + 1))
    with pytest.raises(FormatError, match="line 1: The line has more than 1 MB; put one document on a line"):
        list(read_documents(path))


def test_files_take_turns_until_each_is_read(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a", ["a1", "a2", "a3"]), write(tmp_path / "b", ["b1"]), write(tmp_path / "c", [])]
    assert list(interleave(paths)) == ["a1", "b1", "a2", "a3"]


def test_no_document_is_both_trained_on_and_held_out_nor_are_copies_of_it(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a", LINES), write(tmp_path / "b", LINES[::-1])]
    training = list(training_documents(paths, one_in=10))
    held_out = held_out_documents(paths, one_in=10, max_documents=1000)
    assert sorted([*dict.fromkeys(training), *held_out]) == sorted(LINES)
    assert 10 <= len(held_out) <= 60
    assert all(is_held_out(document, one_in=10) for document in held_out)


def test_held_out_documents_come_from_each_file(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a", LINES[:150]), write(tmp_path / "b", LINES[150:])]
    found = held_out_documents(paths, one_in=10, max_documents=4)
    assert [document in LINES[:150] for document in found] == [True, True, False, False]


def test_the_vocabulary_sees_no_more_than_its_share_and_nothing_held_out(tmp_path: Path) -> None:
    sample = list(sample_for_tokenizer([write(tmp_path / "a", LINES)], one_in=10, max_characters=200))
    assert 200 <= sum(map(len, sample)) < 200 + len(LINES[-1])
    assert not any(is_held_out(document, one_in=10) for document in sample)
