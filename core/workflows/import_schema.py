"""Does a corpus fit a project's schema? A blank project takes what it needs, any other one refuses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from core.domain import NO_RELATION, Corpus, Document, EntityType, RelationLabel, Schema, SyntheticSentence
from core.errors import SchemaError
from core.workflows.templates import PALETTE

LabelUse = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SchemaNeeds:
    """What a corpus uses that a schema lacks.

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


def find_needs(corpus: Corpus, schema: Schema) -> SchemaNeeds:
    """Compare what a corpus uses with a schema; the corpus's own schema says what new names mean."""
    own = corpus.schema or Schema((), ())
    types = _new_types(corpus, schema, own)
    uses = sorted(set(_label_uses(corpus)))
    labels, pairs = [], {}
    names = dict.fromkeys((*own.label_names, *(label for label, _, _ in uses)))
    for name in names:
        used = [(head, tail) for label, head, tail in uses if label == name and head and tail]
        present, declared = schema.find_label(name), own.find_label(name)
        if present is not None:
            missing = tuple(pair for pair in used if not present.allows(*pair))
            if missing:
                pairs[name] = (*present.legal_types, *missing)
        elif declared is not None:
            labels.append(declared)
        else:
            colour = PALETTE[(len(schema.relation_labels) + len(labels) + 4) % len(PALETTE)]
            labels.append(RelationLabel(name, tuple(used), colour=colour))
    return SchemaNeeds(tuple(types), tuple(labels), pairs)


def extend_schema(schema: Schema, needs: SchemaNeeds) -> Schema:
    """Return the schema with everything a corpus needs.

    Raises:
        SchemaError: A needed name is reserved or empty.
    """
    labels = (
        replace(label, legal_types=needs.pairs.get(label.name, label.legal_types)) for label in schema.relation_labels
    )
    return Schema((*schema.entity_types, *needs.types), (*labels, *needs.labels))


def refuse_needs(needs: SchemaNeeds, schema: Schema) -> None:
    """Refuse a corpus that does not fit.

    Raises:
        SchemaError: The corpus needs something that the schema lacks.
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


def _new_types(corpus: Corpus, schema: Schema, own: Schema) -> list[EntityType]:
    used = {name: None for document in corpus.documents for name in _types_of(document)}
    for sentence in corpus.synthetic:
        used |= {sentence.head.entity_type: None, sentence.tail.entity_type: None}
    declared = {entity_type.name: entity_type for entity_type in own.entity_types}
    new = [name for name in dict.fromkeys((*declared, *used)) if name not in schema.type_names]
    taken = len(schema.entity_types)
    return [
        declared.get(name) or EntityType(name, PALETTE[(taken + number) % len(PALETTE)])
        for number, name in enumerate(new)
    ]


def _types_of(document: Document) -> Iterator[str]:
    return (mention.entity_type for mention in document.mentions)


def _label_uses(corpus: Corpus) -> Iterator[LabelUse]:
    """Yield (label, head type, tail type); the types are empty where a fact's concepts have no mention."""
    for document in corpus.documents:
        for relation in document.relations:
            yield relation.label, relation.head.entity_type, relation.tail.entity_type
        yield from _fact_uses(document)
    yield from _synthetic_uses(corpus.synthetic)


def _fact_uses(document: Document) -> Iterator[LabelUse]:
    types_by_concept: dict[str, set[str]] = {}
    for mention in document.mentions:
        for concept in mention.concept_ids:
            types_by_concept.setdefault(concept, set()).add(mention.entity_type)
    for fact in document.facts:
        heads, tails = types_by_concept.get(fact.head_concept), types_by_concept.get(fact.tail_concept)
        for head in sorted(heads or {""}):
            yield from ((fact.label, head, tail) for tail in sorted(tails or {""}))


def _synthetic_uses(sentences: Iterable[SyntheticSentence]) -> Iterator[LabelUse]:
    for sentence in sentences:
        if sentence.label != NO_RELATION:
            yield sentence.label, sentence.head.entity_type, sentence.tail.entity_type
