"""Frozen value types that every layer shares: text, mentions, relations, schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import SchemaError, SpanError, SplitError

NO_RELATION = "NO_RELATION"


class Split(StrEnum):
    """Part of the corpus a document belongs to."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


class Origin(StrEnum):
    """Who wrote the text; independent of whether a person approved it."""

    CURATED = "curated"
    SYNTHETIC = "synthetic"


class State(StrEnum):
    """What a curator has decided about a prediction, a sentence or a synthetic sentence."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"

    @property
    def is_gold(self) -> bool:
        """Whether a person approved the item."""
        return self in (State.ACCEPTED, State.CORRECTED)


class Source(StrEnum):
    """Where a mention or relation came from."""

    CURATOR = "curator"
    MODEL = "model"
    IMPORT = "import"
    PROJECTED = "projected"


class JobKind(StrEnum):
    """What a background job does."""

    INGEST = "ingest"
    FETCH = "fetch"
    PREDICT = "predict"
    GENERATE = "generate"
    RETRAIN = "retrain"
    PRETRAIN = "pretrain"


class JobState(StrEnum):
    """Where a background job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether the job will not change any more by itself."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class ModelState(StrEnum):
    """Where a trained model stands; at most one model of each kind is promoted in a project."""

    CANDIDATE = "candidate"
    PROMOTED = "promoted"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open interval of Unicode code points: `start <= position < end`.

    Raises:
        SpanError: The span is empty, reversed or starts before 0.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise SpanError(f"Span {self.start}:{self.end} must satisfy 0 <= start < end.")

    def text(self, text: str) -> str:
        """Return the characters under the span.

        Raises:
            SpanError: The span ends beyond the text.
        """
        if self.end > len(text):
            raise SpanError(f"Span {self.start}:{self.end} ends beyond its text of {len(text)} characters.")
        return text[self.start : self.end]

    def contains(self, other: "Span") -> bool:
        """Return whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Return whether the two spans share a character."""
        return self.start < other.end and other.start < self.end

    def shifted(self, by: int) -> "Span":
        """Return the span moved by a number of code points, negative to the left."""
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class Mention:
    """One occurrence of an entity. Two mentions are equal when span and type are equal.

    Args:
        span: Where the mention stands, in the coordinates of its document or of its sentence.
        entity_type: Name of an entity type of the schema.
        concept_ids: Identifiers of what is mentioned; several for a composite mention.
        names: The single names inside a composite mention ("skin toxicity", "liver toxicity").
        score: Probability in [0, 1] given by a model; None where a person made the mention.
        state: A curator's decision.
        source: Who made the mention.
    """

    span: Span
    entity_type: str
    concept_ids: tuple[str, ...] = field(default=(), compare=False)
    names: tuple[str, ...] = field(default=(), compare=False)
    score: float | None = field(default=None, compare=False)
    state: State = field(default=State.ACCEPTED, compare=False)
    source: Source = field(default=Source.IMPORT, compare=False)


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed relation between two mentions; score, state and source take no part in equality."""

    head: Mention
    tail: Mention
    label: str
    score: float | None = field(default=None, compare=False)
    state: State = field(default=State.ACCEPTED, compare=False)
    source: Source = field(default=Source.IMPORT, compare=False)

    def __post_init__(self) -> None:
        if self.head == self.tail:
            raise SchemaError(f"Relation {self.label} joins a mention with itself at {self.head.span}.")


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


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of entity that a project looks for."""

    name: str
    colour: str = "#4477AA"
    guideline: str = ""


@dataclass(frozen=True, slots=True)
class RelationLabel:
    """A kind of relation and the (head type, tail type) pairs it may join."""

    name: str
    legal_types: tuple[tuple[str, str], ...]
    is_symmetric: bool = False
    colour: str = "#AA3377"
    guideline: str = ""

    def allows(self, head_type: str, tail_type: str) -> bool:
        """Return whether the label may join a head and a tail of these types, in this direction."""
        pairs = self.legal_types
        return (head_type, tail_type) in pairs or (self.is_symmetric and (tail_type, head_type) in pairs)


@dataclass(frozen=True, slots=True)
class Schema:
    """Entity types and relation labels of a project.

    Raises:
        SchemaError: A name is used twice, reserved, or a label names an unknown type.
    """

    entity_types: tuple[EntityType, ...]
    relation_labels: tuple[RelationLabel, ...]

    def __post_init__(self) -> None:
        types = [entity_type.name for entity_type in self.entity_types]
        labels = [label.name for label in self.relation_labels]
        for names in (types, labels):
            if len(names) != len(set(names)) or not all(names):
                raise SchemaError(f"Names must be present and unique, got {names}.")
        if NO_RELATION in labels:
            raise SchemaError(f"{NO_RELATION} is the negative label and cannot be declared.")
        for label in self.relation_labels:
            unknown = {name for pair in label.legal_types for name in pair} - set(types)
            if unknown:
                raise SchemaError(f"Label {label.name} names unknown entity types {sorted(unknown)}.")

    @property
    def type_names(self) -> tuple[str, ...]:
        """Names of the entity types, in schema order."""
        return tuple(entity_type.name for entity_type in self.entity_types)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the positive relation labels, in schema order."""
        return tuple(label.name for label in self.relation_labels)

    def find_label(self, name: str) -> RelationLabel | None:
        """Return the label of that name, or None."""
        return next((label for label in self.relation_labels if label.name == name), None)

    def legal_labels(self, head_type: str, tail_type: str) -> tuple[RelationLabel, ...]:
        """Return the labels that may join these types in this direction."""
        return tuple(label for label in self.relation_labels if label.allows(head_type, tail_type))

    def to_json(self) -> dict[str, Any]:
        """Return the schema as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Schema":
        """Build a schema from what `to_json` returned.

        Raises:
            SchemaError: A field is missing, unknown or breaks a rule.
        """
        try:
            types = tuple(EntityType(**fields) for fields in data["entity_types"])
            labels = tuple(
                RelationLabel(**{**fields, "legal_types": tuple((head, tail) for head, tail in fields["legal_types"])})
                for fields in data["relation_labels"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SchemaError(f"Not a schema: {error}.") from error
        return cls(types, labels)

    def check_mention(self, mention: Mention, text: str) -> None:
        """Refuse a mention of an unknown type or outside its text.

        Raises:
            SchemaError: The entity type is not in the schema.
            SpanError: The span ends beyond the text.
        """
        if mention.entity_type not in self.type_names:
            raise SchemaError(f"Unknown entity type {mention.entity_type!r}; known: {', '.join(self.type_names)}.")
        mention.span.text(text)

    def check_relation(self, relation: Relation) -> None:
        """Refuse a relation whose label is unknown or illegal for its types.

        Raises:
            SchemaError: The label is unknown or may not join these types in this direction.
        """
        label = self.find_label(relation.label)
        if label is None:
            known = ", ".join(self.label_names) or "none"
            raise SchemaError(f"Unknown relation label {relation.label!r}; known: {known}.")
        head_type, tail_type = relation.head.entity_type, relation.tail.entity_type
        if not label.allows(head_type, tail_type):
            raise SchemaError(f"Label {label.name} may not join {head_type} → {tail_type}.")

    def candidates(self, mentions: tuple[Mention, ...]) -> Iterator[tuple[Mention, Mention]]:
        """Yield every ordered pair that some label may join.

        A pair that only symmetric labels may join is yielded once, in text order.
        """
        ordered = sorted(mentions, key=lambda mention: (mention.span, mention.entity_type))
        for head_index, head in enumerate(ordered):
            for tail_index, tail in enumerate(ordered):
                labels = self.legal_labels(head.entity_type, tail.entity_type)
                if head_index == tail_index or not labels:
                    continue
                if tail_index < head_index and all(label.is_symmetric for label in labels):
                    continue
                yield head, tail


@dataclass(frozen=True, slots=True)
class Instance:
    """One sentence with one candidate pair, ready for a relation classifier.

    Args:
        id: Stable identifier; equal ids of two systems mean the same item.
        text: The sentence.
        head: First argument, in sentence coordinates.
        tail: Second argument, in sentence coordinates.
        label: Gold label, NO_RELATION, or None when unknown.
        origin: CURATED, or SYNTHETIC when a generator wrote the sentence.
        split: Synthetic instances can only ever be TRAIN.
        other_labels: Further gold labels of the same pair, beside `label`.

    Raises:
        SplitError: A synthetic instance in dev or test.
    """

    id: str
    text: str
    head: Mention
    tail: Mention
    label: str | None = None
    origin: Origin = Origin.CURATED
    split: Split = Split.TRAIN
    other_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.head.span.text(self.text)
        self.tail.span.text(self.text)
        if self.origin is Origin.SYNTHETIC and self.split is not Split.TRAIN:
            raise SplitError(f"Synthetic instance {self.id} cannot be in {self.split}: synthetic text only trains.")

    @property
    def positive_labels(self) -> frozenset[str]:
        """Gold labels but NO_RELATION; empty where the pair is unrelated or its label unknown."""
        return frozenset((self.label or NO_RELATION, *self.other_labels)) - {NO_RELATION}


@dataclass(frozen=True, slots=True)
class SentencePrediction:
    """What a model says about one sentence; spans are in sentence coordinates.

    Args:
        mentions: Predicted mentions, PENDING and with scores.
        relations: Predicted relations between them.
        uncertainty: 1 minus the largest probability of the least certain decision, in [0, 1].
        disagreement: Mutual information between ensemble members, in nats; 0 for a single model.
    """

    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]
    uncertainty: float = 0.0
    disagreement: float = 0.0


@dataclass(frozen=True, slots=True)
class SyntheticSentence:
    """A sentence written by a generator for one label; its two mentions are mask tokens of the text.

    Args:
        text: The masked sentence, for example "$CHEMICAL$ caused $DISEASE$ in two patients."
        label: The label the generator was trained on, or what a curator changed it to.
        head: The head's mask, in coordinates of `text`.
        tail: The tail's mask.
        state: A curator's decision.
        reason: Why a curator rejected it; empty otherwise.
        provenance: Generator, base, data hash, seed and sampling settings, as plain strings.
        head_name: Name that stands for the head's mask in the readable form; empty where none was chosen.
        tail_name: Name that stands for the tail's mask.
        agreement: Mean probability in [0, 1] that judges of gold alone gave the label; None without judges.
        disagreement: Mutual information between the judges, in nats.
        novelty: 1 minus the Jaccard similarity of its words and those of the nearest gold sentence, in [0, 1].
        nearest_gold: That gold sentence, masked.
        is_flagged: Whether a curator marked it to be looked at again.
        comment: What a curator wrote about it.
    """

    text: str
    label: str
    head: Mention
    tail: Mention
    state: State = State.PENDING
    reason: str = ""
    provenance: tuple[tuple[str, str], ...] = ()
    head_name: str = ""
    tail_name: str = ""
    agreement: float | None = None
    disagreement: float | None = None
    novelty: float | None = None
    nearest_gold: str = ""
    is_flagged: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a file can hold: documents, synthetic sentences and, in the native format, the schema."""

    documents: tuple[Document, ...] = ()
    synthetic: tuple[SyntheticSentence, ...] = ()
    schema: Schema | None = None
