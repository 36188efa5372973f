"""What every format shares: reports of reading and writing, and the shape of readers and writers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Protocol

from core.domain import Corpus, Schema
from core.errors import DomainError, FormatError

MAX_MESSAGE_CHARACTERS = 4000  # a message may name what stands in the file


class Severity(StrEnum):
    """What an import issue means for the file."""

    REFUSED = "refused"
    REPAIRED = "repaired"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class ImportIssue:
    """One remark about a file; `line` counts from 1 and is None where the remark has no line."""

    line: int | None
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was read from a file, and everything that had to be said about it.

    Args:
        source: Name of the file, as the user knows it.
        format_name: Key of READERS; empty where no format was recognised.
        num_documents: Documents read; 0 for a refused file, like all other counts.
        num_mentions: Mentions of these documents.
        num_relations: Relations between mentions that the file states; projected ones come later.
        num_facts: Concept-level facts.
        num_synthetic: Synthetic sentences.
        issues: Remarks in file order, those without a line last.
    """

    source: str
    format_name: str
    num_documents: int = 0
    num_mentions: int = 0
    num_relations: int = 0
    num_facts: int = 0
    num_synthetic: int = 0
    issues: tuple[ImportIssue, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether nothing of the file may be stored."""
        return any(issue.severity is Severity.REFUSED for issue in self.issues)

    def raise_if_refused(self) -> None:
        """Raise the first refusal as an error.

        Raises:
            FormatError: The file was refused; names file, line and remedy.
        """
        for issue in self.issues:
            if issue.severity is Severity.REFUSED:
                raise FormatError(issue.message, source=self.source, line=issue.line)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain dicts, lists, strings and numbers."""
        return {**asdict(self), "issues": [asdict(issue) for issue in self.issues]}


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The corpus of a file and the report; the corpus is empty when the file was refused."""

    corpus: Corpus
    report: ImportReport


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and what the format could not hold.

    Args:
        format_name: Key of WRITERS.
        num_documents: Documents written.
        num_mentions: Mentions written.
        num_relations: Relations that a reader of the file gets back.
        num_facts: Concept-level facts written.
        num_synthetic: Synthetic sentences written.
        dropped: Number of lost items by kind, for example {"scores": 12}.
        changed: Number of altered items by kind, for example {"line breaks and tabs": 3}.
    """

    format_name: str
    num_documents: int = 0
    num_mentions: int = 0
    num_relations: int = 0
    num_facts: int = 0
    num_synthetic: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain dicts, strings and numbers."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The bytes of a file and what they could not hold."""

    data: bytes
    report: ExportReport


class IssueLog:
    """Collects remarks while a file is read; says how many there were beyond a limit.

    Args:
        limit: Remarks kept of each severity, >= 1.
    """

    def __init__(self, *, limit: int = 100) -> None:
        self.limit = limit
        self._issues: list[ImportIssue] = []
        self._counts = dict.fromkeys(Severity, 0)
        self._said: set[str] = set()

    @property
    def is_refused(self) -> bool:
        """Whether anything was refused so far."""
        return self._counts[Severity.REFUSED] > 0

    def add(self, severity: Severity, message: str, *, line: int | None = None) -> None:
        """Keep one remark, or only count it beyond the limit."""
        self._counts[severity] += 1
        if self._counts[severity] <= self.limit:
            short = message if len(message) <= MAX_MESSAGE_CHARACTERS else f"{message[:MAX_MESSAGE_CHARACTERS]}…"
            self._issues.append(ImportIssue(line, severity, short))

    def add_once(self, severity: Severity, message: str, *, line: int | None = None) -> None:
        """Keep a remark the first time its message is given."""
        if message in self._said:
            return
        if self._counts[severity] < self.limit:  # beyond it nothing is kept, be it of a million different names
            self._said.add(message)
        self.add(severity, message, line=line)

    @contextmanager
    def refusing(self, line: int) -> Iterator[None]:
        """Turn an error of the lines in this block into a refusal of one line, and go on."""
        try:
            yield
        except FormatError as error:
            self.add(Severity.REFUSED, error.message, line=line)
        except DomainError as error:
            self.add(Severity.REFUSED, f"{error} Correct or remove the line.", line=line)

    def issues(self) -> tuple[ImportIssue, ...]:
        """Return the remarks in file order, then one per severity that went beyond the limit."""
        kept = sorted(self._issues, key=lambda issue: (issue.line is None, issue.line or 0))
        surplus = (
            ImportIssue(None, severity, f"{count - self.limit} more lines were {severity}; the first are listed.")
            for severity, count in self._counts.items()
            if count > self.limit
        )
        return (*kept, *surplus)


class Reader(Protocol):
    """Turns decoded text into a corpus; faults of single lines go to the log."""

    def __call__(self, text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
        """Read a corpus.

        Args:
            text: The decoded file, not empty.
            source: Name of the file, as the user knows it.
            log: Takes refusals, repairs and notes.
            schema: Entity types and labels must be among these; None takes any.

        Raises:
            FormatError: The file as a whole cannot be read.
        """
        ...


class BytesReader(Protocol):
    """Turns the bytes of a format that is no text into a corpus; faults of single records go to the log."""

    def __call__(self, data: bytes, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
        """Read a corpus; parameters and errors as those of a Reader."""
        ...


class Writer(Protocol):
    """Turns a corpus into the bytes of one file."""

    def __call__(self, corpus: Corpus) -> WriteResult:
        """Write a corpus.

        Raises:
            FormatError: A name of the corpus cannot be written in this format.
        """
        ...
