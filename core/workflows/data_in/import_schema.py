"""Do documents fit a project's schema? A blank project takes what it needs, any other one refuses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.domain import NO_RELATION, Document, EntityType, RelationLabel, Schema, SyntheticSentence
from core.errors import SchemaError
from core.workflows.templates import PALETTE

LabelUse = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SchemaNeeds:
    """What documents use that a schema lacks.

    Args:
        types: Entity types to add.
        labels: Relation labels to add.
        pairs: Label → all its legal pairs, for labels that exist and need more.
    """

    types: tuple[EntityType, ...]
    labels: tuple[RelationLabel, ...]
    pairs: dict[str, tuple[tuple[str, str], ...]]

    def __bool__(self) -> bool:
        return bool(self.types or self.labels or self.pairs)


class SchemaUses:
    """The types and labels that items use, collected one item at a time."""

    def __init__(self) -> None:
        self.types: dict[str, None] = {}
        self.labels: set[LabelUse] = set()

    def add(self, item: Document | SyntheticSentence) -> None:
        """Take note of what an item uses."""
        if isinstance(item, Document):
            self.types |= {mention.entity_type: None for mention in item.mentions}
            self.labels |= {(one.label, one.head.entity_type, one.tail.entity_type) for one in item.relations}
            self.labels.update(_fact_uses(item))
            return
        self.types |= {item.head.entity_type: None, item.tail.entity_type: None}
        if item.label != NO_RELATION:
            self.labels.add((item.label, item.head.entity_type, item.tail.entity_type))


def find_needs(uses: SchemaUses, schema: Schema, *, declared: Schema | None) -> SchemaNeeds:
    """Compare what items use with a schema; the one that came with them says what new names mean."""
    own = declared or Schema((), ())
    labels, pairs = [], {}
    ordered = sorted(uses.labels)
    for name in dict.fromkeys((*own.label_names, *(label for label, _, _ in ordered))):
        used = [(head, tail) for label, head, tail in ordered if label == name and head and tail]
        present, stated = schema.find_label(name), own.find_label(name)
        if present is not None:
            missing = tuple(pair for pair in used if not present.allows(*pair))
            if missing:
                pairs[name] = (*present.legal_types, *missing)
        elif stated is not None:
            labels.append(stated)
        else:
            colour = PALETTE[(len(schema.relation_labels) + len(labels) + 4) % len(PALETTE)]
            labels.append(RelationLabel(name, tuple(used), colour=colour))
    return SchemaNeeds(tuple(_new_types(uses, schema, own)), tuple(labels), pairs)


def extend_schema(schema: Schema, needs: SchemaNeeds) -> Schema:
    """Return the schema with everything that documents need.

    Raises:
        SchemaError: A needed name is reserved or empty.
    """
    labels = (
        replace(label, legal_types=needs.pairs.get(label.name, label.legal_types)) for label in schema.relation_labels
    )
    return Schema((*schema.entity_types, *needs.types), (*labels, *needs.labels))


def refuse_needs(needs: SchemaNeeds, schema: Schema) -> None:
    """Refuse what does not fit.

    Raises:
        SchemaError: Something is needed that the schema lacks.
    """
    faults = []
    if needs.types:
        known = ", ".join(schema.type_names) or "none"
        faults.append(f"unknown entity types {', '.join(t.name for t in needs.types)} (known: {known})")
    if needs.labels:
        known = ", ".join(schema.label_names) or "none"
        faults.append(f"unknown relation labels {', '.join(label.name for label in needs.labels)} (known: {known})")
    for name, pairs in needs.pairs.items():
        present = schema.find_label(name)
        new = [f"{head} → {tail}" for head, tail in pairs if present is None or not present.allows(head, tail)]
        faults.append(f"{name} joins {', '.join(new)}, which it may not")
    if faults:
        raise SchemaError(
            f"The text does not fit this project's schema: {'; '.join(faults)}. Add them to the schema first, or "
            "import into a project made from the blank template, which takes them over. Nothing was stored."
        )


def _new_types(uses: SchemaUses, schema: Schema, own: Schema) -> list[EntityType]:
    declared = {entity_type.name: entity_type for entity_type in own.entity_types}
    new = [name for name in dict.fromkeys((*declared, *uses.types)) if name not in schema.type_names]
    taken = len(schema.entity_types)
    return [
        declared.get(name) or EntityType(name, PALETTE[(taken + number) % len(PALETTE)])
        for number, name in enumerate(new)
    ]


def _fact_uses(document: Document) -> Iterator[LabelUse]:
    """Yield (label, head type, tail type); the types are empty where a fact's concepts have no mention."""
    types_by_concept: dict[str, set[str]] = {}
    for mention in document.mentions:
        for concept in mention.concept_ids:
            types_by_concept.setdefault(concept, set()).add(mention.entity_type)
    for fact in document.facts:
        heads, tails = types_by_concept.get(fact.head_concept), types_by_concept.get(fact.tail_concept)
        for head in sorted(heads or {""}):
            yield from ((fact.label, head, tail) for tail in sorted(tails or {""}))
