"""What a file can hold."""

from dataclasses import dataclass

from core.domain.documents import Document
from core.domain.schema import Schema
from core.domain.synthetic import SyntheticSentence


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a file can hold: documents, synthetic sentences and, in the native format, the schema."""

    documents: tuple[Document, ...] = ()
    synthetic: tuple[SyntheticSentence, ...] = ()
    schema: Schema | None = None
