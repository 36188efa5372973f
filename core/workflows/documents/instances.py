"""Gold documents → labelled instances, one for each candidate pair of a reviewed sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from core.domain import NO_RELATION, Document, Instance, Mention, Origin, Schema, Split, SyntheticSentence
from core.domain.placing import find_sentence, group_mentions
from core.nlp.masking import mask_instance

# (head start, head end, head type, tail start, tail end, tail type), in document coordinates.
PairKey = tuple[int, int, str, int, int, str]


@dataclass(frozen=True, slots=True)
class InstanceSet:
    """Instances of some documents, and what could not become one.

    Args:
        instances: One for each candidate pair, in document order.
        unreachable: Instance id → label of gold relations that no candidate covers, because they cross a
            sentence or their label is illegal for their types. A scorer counts them as misses.
    """

    instances: tuple[Instance, ...]
    unreachable: tuple[tuple[str, str], ...]


def build_instances(documents: Iterable[Document], schema: Schema) -> InstanceSet:
    """Pair the gold mentions of every reviewed sentence; a pair without a gold relation is NO_RELATION.

    Where a pair carries several labels, the first in schema order is the instance's label and the rest are
    its other labels; an architecture that gives one label a pair misses them. A pair that carries a symmetric
    label is no instance in the other order, where calling it unrelated would be untrue.
    """
    instances: list[Instance] = []
    unreachable: list[tuple[str, str]] = []
    for document in _number_repeats(documents):
        labels = _labels_by_pair(document, schema)
        symmetric = {_reverse(key) for key, found in labels.items() if _has_symmetric(found, schema)}
        reached = set()
        for start, instance in _candidate_instances(document, schema):
            key = _key(instance.head, instance.tail, start)
            legal = {label.name for label in schema.legal_labels(instance.head.entity_type, instance.tail.entity_type)}
            found = [name for name in labels.get(key, []) if name in legal]
            reached |= {(key, name) for name in found}
            if found or key not in symmetric:
                label = found[0] if found else NO_RELATION
                instances.append(replace(instance, label=label, other_labels=tuple(found[1:])))
        missing = ((key, name) for key, names in labels.items() for name in names if (key, name) not in reached)
        unreachable += [(f"{document.id}:{key}:{name}", name) for key, name in missing]
    return InstanceSet(tuple(instances), tuple(sorted(unreachable)))


def _has_symmetric(names: Iterable[str], schema: Schema) -> bool:
    return any(label.is_symmetric for label in schema.relation_labels if label.name in names)


def _reverse(key: PairKey) -> PairKey:
    return (*key[3:], *key[:3])


def _number_repeats(documents: Iterable[Document]) -> Iterator[Document]:
    """Give documents that share a name with an earlier one a name of their own, or their instances would be one."""
    times_met = Counter[str]()
    for document in documents:
        times_met[document.id] += 1
        number = times_met[document.id]
        yield document if number == 1 else replace(document, id=f"{document.id}#{number}")


def _labels_by_pair(document: Document, schema: Schema) -> dict[PairKey, list[str]]:
    """Map each pair of gold mentions to its gold labels, in schema order; a symmetric label's pair in text order."""
    order = {name: position for position, name in enumerate(schema.label_names)}
    labels: dict[PairKey, list[str]] = {}
    gold = {mention for mention in document.mentions if mention.state.is_gold}
    for relation in document.relations:
        label = schema.find_label(relation.label)
        if not relation.state.is_gold or label is None or not {relation.head, relation.tail} <= gold:
            continue
        head, tail = relation.head, relation.tail
        place, tail_place = (find_sentence(end.span, document.sentences) for end in (head, tail))
        if place is not None and place == tail_place and not document.sentences[place].state.is_gold:
            continue
        if label.is_symmetric and (tail.span, tail.entity_type) < (head.span, head.entity_type):
            head, tail = tail, head
        labels.setdefault(_key(head, tail, 0), []).append(label.name)
    return {key: sorted(set(found), key=order.__getitem__) for key, found in labels.items()}


def _key(head: Mention, tail: Mention, shift: int) -> PairKey:
    return (
        head.span.start + shift, head.span.end + shift, head.entity_type,
        tail.span.start + shift, tail.span.end + shift, tail.entity_type,
    )  # fmt: skip


def _candidate_instances(document: Document, schema: Schema) -> Iterator[tuple[int, Instance]]:
    """Yield (sentence start, unlabelled instance) for each candidate pair of the reviewed sentences."""
    gold = group_mentions((mention for mention in document.mentions if mention.state.is_gold), document.sentences)
    for place, sentence in enumerate(document.sentences):
        if not sentence.state.is_gold:
            continue
        start = sentence.span.start
        local = tuple(Mention(m.span.shifted(-start), m.entity_type, m.concept_ids) for m in gold.get(place, ()))
        text = sentence.span.text(document.text)
        for head, tail in schema.candidates(local):
            pair = f"{head.span.start}-{head.span.end}>{tail.span.start}-{tail.span.end}"
            types = f"{head.entity_type}>{tail.entity_type}"
            instance_id = f"{document.id}:{start}:{pair}:{types}"
            yield start, Instance(instance_id, text, head, tail, split=document.split)


def synthetic_instance(sentence: SyntheticSentence, *, number: int) -> Instance:
    """Turn a synthetic sentence into a training instance; its mentions are its masks."""
    return Instance(
        f"synthetic:{number}", sentence.text, sentence.head, sentence.tail, sentence.label,
        origin=Origin.SYNTHETIC, split=Split.TRAIN,
    )  # fmt: skip


def list_maskable(documents: Iterable[Document], schema: Schema) -> list[Instance]:
    """Return the instances whose mentions do not overlap: no text can hold both masks of the others."""
    return [one for one in build_instances(documents, schema).instances if not one.head.span.overlaps(one.tail.span)]


def list_names(instances: Iterable[Instance]) -> list[tuple[str, str]]:
    """Return (entity type, name) of heads and tails, to put in the place of masks.

    A name that begins its sentence has a capital there which it may not have elsewhere, so it is taken only where
    its type has no other.
    """
    found = [(m.entity_type, m.span.text(one.text), m.span.start) for one in instances for m in (one.head, one.tail)]
    inside = [(entity_type, name) for entity_type, name, start in found if start > 0]
    known = {entity_type for entity_type, _ in inside}
    return inside + [(entity_type, name) for entity_type, name, _ in found if entity_type not in known]


def mask_sentences(instances: Iterable[Instance], schema: Schema) -> tuple[str, ...]:
    """Return the masked sentences of instances, without repetitions."""
    return tuple(dict.fromkeys(mask_sentence(one, schema) for one in instances))


def mask_sentence(instance: Instance, schema: Schema) -> str:
    """Return an instance's sentence on one line, with masks in the place of head and tail."""
    return " ".join(mask_instance(instance, schema).split())
