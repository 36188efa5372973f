"""Finds and reads the files of a published corpus, gzipped or not, and tells what their readers remarked."""

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.domain import Document
from core.errors import FormatError
from core.formats import ReadResult, Severity, read_corpus
from core.formats.encoding import decode_text


def find_file(folder: Path, *names: str) -> Path | None:
    """Return the first of these files that a folder has, each plain or with .gz; None without any.

    Args:
        folder: Where the corpus lies.
        names: Paths relative to the folder; they may hold wildcards.
    """
    candidates = (path for name in names for pattern in (name, f"{name}.gz") for path in sorted(folder.glob(pattern)))
    return next((path for path in candidates if path.is_file()), None)


def get_file(folder: Path, *names: str) -> Path:
    """Return the first of these files that a folder has.

    Raises:
        FormatError: It has none of them.
    """
    path = find_file(folder, *names)
    if path is None:
        raise FormatError(
            f"No {names[0]} in it. Name the folder that holds the corpus as published.", source=str(folder)
        )
    return path


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, unpacked.

    Raises:
        FormatError: A gzipped file is damaged.
    """
    data = path.read_bytes()
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise FormatError(f"Not unpacked: {error}. Fetch the file again.", source=path.name) from error


def read_text(path: Path) -> str:
    """Return a file as text, unpacked.

    Raises:
        FormatError: It is empty, binary, damaged or in another encoding.
    """
    try:
        return decode_text(read_bytes(path))
    except FormatError as error:
        raise FormatError(error.message, source=path.name, line=error.line) from error


def read_published(path: Path, format_name: str) -> ReadResult:
    """Read a file of a known format.

    Raises:
        FormatError: The file was refused.
    """
    result = read_corpus(read_bytes(path), source=path.name, format_name=format_name)
    result.report.raise_if_refused()
    return result


def describe_issues(results: Iterable[ReadResult]) -> tuple[str, ...]:
    """Return, for repairs and for notes, how many remarks the readers kept and the first of them."""
    issues = [(result.report.source, issue) for result in results for issue in result.report.issues]
    notes = []
    for severity in (Severity.REPAIRED, Severity.NOTED):
        found = [(source, issue) for source, issue in issues if issue.severity is severity]
        if found:
            source, first = found[0]
            place = f"{source}, line {first.line}" if first.line else source
            notes.append(f"Remarks of the reader, {severity}: {len(found)} listed, first: {place}: {first.message}")
    return tuple(notes)


def collect(results: Sequence[ReadResult]) -> list[Document]:
    """Return the documents of several files."""
    return [document for result in results for document in result.corpus.documents]
