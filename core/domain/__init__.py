"""Frozen value types that every layer shares; `core.domain` gives them all, whatever file they lie in."""

from core.domain.annotations import Mention, Relation, Source, Span, State
from core.domain.corpus import Corpus
from core.domain.documents import Document, DocumentFact, Sentence, Split
from core.domain.instances import Instance, Origin, SentencePrediction
from core.domain.jobs import JobKind, JobState, ModelState
from core.domain.schema import NO_RELATION, EntityType, RelationLabel, Schema
from core.domain.synthetic import SyntheticSentence

__all__ = [
    "NO_RELATION",
    "Corpus",
    "Document",
    "DocumentFact",
    "EntityType",
    "Instance",
    "JobKind",
    "JobState",
    "Mention",
    "ModelState",
    "Origin",
    "Relation",
    "RelationLabel",
    "Schema",
    "Sentence",
    "SentencePrediction",
    "Source",
    "Span",
    "Split",
    "State",
    "SyntheticSentence",
]
