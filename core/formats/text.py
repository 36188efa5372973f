"""Plain text: one file is one document, kept character by character."""

from core.domain import Corpus, Document, Schema
from core.formats.base import IssueLog


def read_text(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (parameters of the Reader protocol)
    """Return one document with the whole text, line ends included, named after its file."""
    return Corpus(documents=(Document(id=source, text=text),))
