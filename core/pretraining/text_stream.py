"""Text for the domain stage as a stream: plain, gzip or xz files, one document a line, never read as a whole."""

import gzip
import lzma
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import FormatError

# Longer lines are no documents but files without line breaks, which would have to be read as a whole.
MAX_DOCUMENT_BYTES = 16 * 2**20

_XZ, _GZIP = b"\xfd7zXZ\x00", b"\x1f\x8b"
_BYTE_ORDER_MARK = "\ufeff"


def open_text(path: Path) -> AbstractContextManager[BinaryIO]:
    """Open a file for reading, unpacked where its first bytes are those of xz or gzip."""
    with path.open("rb") as file:
        start = file.read(len(_XZ))
    if start == _XZ:
        return cast(AbstractContextManager[BinaryIO], lzma.open(path, "rb"))
    if start.startswith(_GZIP):
        return cast(AbstractContextManager[BinaryIO], gzip.open(path, "rb"))
    return path.open("rb")


def read_documents(path: Path) -> Iterator[str]:
    """Yield the documents of a file, one a line; empty lines are passed over.

    Raises:
        FormatError: A line is not UTF-8 or is too long, or the compressed data is damaged; names file and line.
    """
    number = 0
    with open_text(path) as file:
        while True:
            number += 1
            try:
                line = file.readline(MAX_DOCUMENT_BYTES + 1)
            except (lzma.LZMAError, zlib.error, gzip.BadGzipFile, EOFError) as error:
                raise FormatError(f"The compressed data ends or is damaged here ({error}).", source=path.name,
                                  line=number) from error  # fmt: skip
            if not line:
                return
            if document := _decode(line, source=path.name, number=number):
                yield document


def _decode(line: bytes, *, source: str, number: int) -> str:
    if len(line) > MAX_DOCUMENT_BYTES:
        limit = MAX_DOCUMENT_BYTES // 2**20
        raise FormatError(f"The line has more than {limit} MB; put one document on a line.", source=source, line=number)
    try:
        return line.decode("utf-8").strip().lstrip(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise FormatError(f"Not UTF-8 ({error.reason}); convert the file.", source=source, line=number) from error


def interleave(paths: Sequence[Path]) -> Iterator[str]:
    """Yield the documents of several files in turn, so that a short training sees all of them."""
    readers = [read_documents(path) for path in paths]
    while readers:
        going = []
        for reader in readers:
            document = next(reader, None)
            if document is not None:
                yield document
                going.append(reader)
        readers = going


def is_held_out(document: str, *, one_in: int) -> bool:
    """Tell by its text whether a document is kept from training: copies of it are kept too, wherever they are."""
    return zlib.crc32(document.encode()) % one_in == 0


def training_documents(paths: Sequence[Path], *, one_in: int) -> Iterator[str]:
    """Yield the documents to train on; the order is the same each time."""
    return (document for document in interleave(paths) if not is_held_out(document, one_in=one_in))


def held_out_documents(paths: Sequence[Path], *, one_in: int, max_documents: int) -> list[str]:
    """Return the first held-out documents of each file; no file is read further than it takes."""
    quota = max(1, max_documents // len(paths))
    found: dict[str, None] = {}
    for path in paths:
        wanted = len(found) + quota
        for document in read_documents(path):
            if is_held_out(document, one_in=one_in):
                found[document] = None
                if len(found) >= wanted:
                    break
    return list(found)


def sample_for_tokenizer(paths: Sequence[Path], *, one_in: int, max_characters: int) -> Iterator[str]:
    """Yield documents to train on, from each file in turn, up to so many characters in all."""
    read = 0
    for document in training_documents(paths, one_in=one_in):
        yield document
        read += len(document)
        if read >= max_characters:
            return
