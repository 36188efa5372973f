"""Every error this project raises on purpose, in one tree.

DareError                      catch this to catch them all
├── SettingsError              a setting is missing, contradictory or unsafe
├── DomainError                a value breaks a rule of the domain
│   ├── SpanError              a span is empty, reversed or outside its text
│   ├── SchemaError            an entity type or relation label is unknown, or illegal for its types
│   └── SplitError             a split is empty, or synthetic text was sent to dev or test
├── FormatError                a file cannot be read or written; names file, line and remedy
├── FetchError                 articles cannot be fetched from NCBI
├── SnapshotError              the files of a snapshot are not those that were stored
├── NotFoundError              a project, sentence, model or job does not exist
├── ConflictError              somebody else changed the same thing first
├── AlignmentError             characters, words and pieces do not line up
│   └── SequenceTooLongError   a sentence has more pieces than the encoder has positions
├── ModelError                 a model cannot be loaded, trained or used
│   ├── EncoderNotFoundError   no encoder or generator under that name or path
│   ├── HubError               a model cannot be fetched from the Hugging Face hub
│   ├── ParserNotFoundError    no dependency parser is installed
│   ├── NotEnoughDataError     too few gold items to train or to score
│   └── TrainingDivergedError  the loss became NaN or infinite
└── JobError                   a background job cannot be started, or failed
    └── WorkerBusyError        a worker of that name is already alive
"""


class DareError(Exception):
    """Base of every error raised on purpose; its message says value, limit and remedy."""


class SettingsError(DareError):
    """A setting is missing, contradictory or unsafe."""


class DomainError(DareError):
    """A value breaks a rule of the domain."""


class SpanError(DomainError):
    """A span is empty, reversed or outside its text."""


class SchemaError(DomainError):
    """An entity type or relation label is unknown, or illegal for its types."""


class SplitError(DomainError):
    """A split is empty, or synthetic text was sent to dev or test."""


class FormatError(DareError):
    """A file cannot be read or written.

    Args:
        message: What is wrong and what to do about it.
        source: Name of the file, as the user knows it.
        line: Line number, counted from 1; None where the fault has no line.
    """

    def __init__(self, message: str, *, source: str = "", line: int | None = None) -> None:
        self.message = message
        self.source = source
        self.line = line
        place = ", ".join(filter(None, [source, f"line {line}" if line is not None else ""]))
        super().__init__(f"{place}: {message}" if place else message)


class FetchError(DareError):
    """Articles cannot be fetched from NCBI; what has arrived is kept."""


class SnapshotError(DareError):
    """The files of a snapshot are not those that were stored."""


class NotFoundError(DareError):
    """A project, sentence, model or job does not exist."""


class ConflictError(DareError):
    """Somebody else changed the same thing first; nothing was overwritten."""


class AlignmentError(DareError):
    """Characters, words and pieces do not line up."""


class SequenceTooLongError(AlignmentError):
    """A sentence has more pieces than the encoder has positions."""


class ModelError(DareError):
    """A model cannot be loaded, trained or used."""


class EncoderNotFoundError(ModelError):
    """No encoder or generator under that name or path."""


class HubError(ModelError):
    """A model cannot be fetched from the Hugging Face hub."""


class ParserNotFoundError(ModelError):
    """No dependency parser is installed, or none under that name."""


class NotEnoughDataError(ModelError):
    """Too few gold items to train or to score."""


class TrainingDivergedError(ModelError):
    """The loss became NaN or infinite."""


class JobError(DareError):
    """A background job cannot be started, or failed."""


class WorkerBusyError(JobError):
    """A worker of that name is already alive."""
