"""Files to import: one of the native format is gone through record by record, any other one is read at once."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Protocol

from core.domain import Corpus, Document, Schema
from core.errors import FormatError
from core.formats import ImportReport, IssueLog, Severity, check_size, read_corpus
from core.formats.archives import pack_folder
from core.formats.native_file import NativeFile, is_native
from core.workflows.data_in.import_items import Item

NATIVE = "jsonl"
Share = Callable[[float], None]


class ImportSource(Protocol):
    """A file that is gone through twice: checked as a whole, then stored."""

    @property
    def schema(self) -> Schema | None:
        """The schema that the file declares, known once it was checked."""

    def check(self, schema: Schema | None, take: Callable[[Item], None], report: Share) -> ImportReport:
        """Hand each item on, and return what the file holds and everything that has to be said about it.

        Args:
            schema: Types and labels must be among these; None takes any.
            take: Called with the items until one is refused.
            report: Told the share of the file that was read, in [0, 1].
        """

    def read(self, report: Share) -> Iterator[Item]:
        """Yield the items of a file that was checked and not refused."""


def open_source(path: Path, name: str, *, format_name: str | None, columns: Mapping[str, str]) -> ImportSource:
    """Return a file as something to import.

    Args:
        path: The file, gzipped or not, or a folder.
        name: Its name, as the user knows it.
        format_name: Key of READERS; None tells the format from the content.
        columns: For tables: name of the column by its role.

    Raises:
        OSError: There is no such file, or it may not be read.
    """
    if path.is_file() and (format_name == NATIVE or (format_name is None and is_native(path))):
        return NativeSource(path, name)
    return WholeSource(path, name, format_name, columns)


class NativeSource:
    """A file of the native format; of its records one is in memory at a time."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._file: NativeFile | None = None

    @property
    def schema(self) -> Schema | None:
        """The schema of the header."""
        return self._file.schema if self._file else None

    def check(self, schema: Schema | None, take: Callable[[Item], None], report: Share) -> ImportReport:
        """Parse and check every record; see `ImportSource`."""
        log = IssueLog()
        counts: Counter[str] = Counter()
        try:
            self._file = NativeFile.open(self._path, log)
            for item in self._file.read(log=log, schema=schema, report=report):
                if log.is_refused:
                    continue
                take(item)
                counts.update(_count(item))
        except FormatError as error:
            log.add(Severity.REFUSED, error.message, line=error.line)
        return ImportReport(self._name, NATIVE, **({} if log.is_refused else counts), issues=log.issues())

    def read(self, report: Share) -> Iterator[Item]:
        """Yield the items anew.

        Raises:
            FormatError: The file was changed since it was checked.
        """
        if self._file is not None:
            yield from self._file.read(log=IssueLog(), schema=None, report=report)


class WholeSource:
    """A file of a format that can only be read at once, or a folder of such files."""

    def __init__(self, path: Path, name: str, format_name: str | None, columns: Mapping[str, str]) -> None:
        self._path = path
        self._name = name
        self._format_name = format_name
        self._columns = columns
        self._corpus = Corpus()

    @property
    def schema(self) -> Schema | None:
        """The schema that the format gives, if it has a place for one."""
        return self._corpus.schema

    def check(self, schema: Schema | None, take: Callable[[Item], None], report: Share) -> ImportReport:
        """Read the file; see `ImportSource`."""
        try:
            data = self._read_bytes()
        except FormatError as error:
            log = IssueLog()
            log.add(Severity.REFUSED, error.message)
            return ImportReport(self._name, self._format_name or "", issues=log.issues())
        result = read_corpus(
            data, source=self._name, format_name=self._format_name, schema=schema, columns=self._columns
        )
        self._corpus = result.corpus
        report(1.0)
        for item in self.read(report):
            take(item)
        return result.report

    def read(self, report: Share) -> Iterator[Item]:
        """Yield the items anew; they are in memory."""
        del report
        yield from chain(self._corpus.documents, self._corpus.synthetic)

    def _read_bytes(self) -> bytes:
        """Return the whole file, or a folder as an archive of its files."""
        if self._path.is_dir():
            return pack_folder(self._path)
        check_size(self._path.stat().st_size)
        return self._path.read_bytes()


def _count(item: Item) -> dict[str, int]:
    """Return what an item adds to the counts of an `ImportReport`."""
    if not isinstance(item, Document):
        return {"num_synthetic": 1}
    return {
        "num_documents": 1,
        "num_mentions": len(item.mentions),
        "num_relations": len(item.relations),
        "num_facts": len(item.facts),
    }
