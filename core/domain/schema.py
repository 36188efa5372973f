"""What a project looks for: entity types, relation labels, and which of them go together."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import permutations
from typing import Any

from core.domain.annotations import Mention, Relation, Span
from core.errors import SchemaError

NO_RELATION = "NO_RELATION"


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

    def candidate_labels(self, head: Mention, tail: Mention) -> tuple[RelationLabel, ...]:
        """Return the labels that may join two mentions in this order: a symmetric one joins them in text order only."""
        is_backwards = _place(tail) < _place(head)
        labels = self.legal_labels(head.entity_type, tail.entity_type)
        return tuple(label for label in labels if not (label.is_symmetric and is_backwards))

    def candidates(self, mentions: tuple[Mention, ...]) -> Iterator[tuple[Mention, Mention]]:
        """Yield every ordered pair that some label may join; see `candidate_labels`."""
        for head, tail in permutations(sorted(mentions, key=_place), 2):
            if self.candidate_labels(head, tail):
                yield head, tail

    def orient(self, relation: Relation) -> Relation:
        """Return a relation in the one direction that its label has in models; that of a directed label stays.

        A model that scores ordered pairs could not learn from a symmetric label that stands now here and now there.
        Where the label names the two types in one order only, that order is taken, else the order of the text.
        """
        label = self.find_label(relation.label)
        if label is None or not label.is_symmetric:
            return relation
        head, tail = relation.head, relation.tail
        types = (head.entity_type, tail.entity_type)
        is_named, is_named_reversed = types in label.legal_types, types[::-1] in label.legal_types
        is_backwards = _place(tail) < _place(head)
        if is_backwards if is_named and is_named_reversed else is_named_reversed:
            return replace(relation, head=tail, tail=head)
        return relation


def _place(mention: Mention) -> tuple[Span, str]:
    """Return what text order is by."""
    return mention.span, mention.entity_type
