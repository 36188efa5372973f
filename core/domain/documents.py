"""Texts as people upload them: documents, their sentences, facts and split."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.annotations import Mention, Relation, Span, State
from core.errors import SchemaError


class Split(StrEnum):
    """Part of the corpus a document belongs to."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """A relation between two concepts of a document, as BC5CDR's CID lines state it; joins no mentions."""

    label: str
    head_concept: str
    tail_concept: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit that curators review: a span of a document and what was decided about it."""

    span: Span
    state: State = State.PENDING
    is_flagged: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """Uploaded text with everything known about it; all offsets are code points of `text`.

    Args:
        id: The identifier its source gives it (a PubMed id, a file name).
        text: Unchanged text.
        sentences: In order, disjoint; empty before the text was split.
        mentions: Every mention of the document, rejected ones too.
        relations: Relations whose head and tail are among `mentions`.
        facts: Concept-level relations of the whole document.
        split: Part of the corpus; a split belongs to documents, never to sentences.
        metadata: What the source says beside the text; plain strings.

    Raises:
        SpanError: A sentence or mention lies outside the text.
        SchemaError: A relation joins a mention that the document does not have.
    """

    id: str
    text: str
    sentences: tuple[Sentence, ...] = ()
    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()
    facts: tuple[DocumentFact, ...] = ()
    split: Split = Split.TRAIN
    metadata: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for span in (*(s.span for s in self.sentences), *(m.span for m in self.mentions)):
            span.text(self.text)
        known = set(self.mentions)
        for relation in self.relations:
            if relation.head not in known or relation.tail not in known:
                raise SchemaError(f"Document {self.id}: {relation.label} joins a mention that it does not have.")
