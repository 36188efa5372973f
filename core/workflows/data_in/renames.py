"""Names of a file in the words of a project: "Drug" → "Chemical", or left out where there is no such thing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.domain import Document, EntityType, Mention, Relation, RelationLabel, Schema, SyntheticSentence
from core.errors import SchemaError

LEFT_OUT = ""


def parse_renames(lines: Iterable[str]) -> dict[str, str]:
    """Read OLD=NEW; "OLD=" leaves out what is called so.

    Raises:
        SchemaError: A line has no "=", no old name, or an old name stands twice.
    """
    renames: dict[str, str] = {}
    for line in lines:
        old, sign, new = (part.strip() for part in line.partition("="))
        if not sign or not old:
            raise SchemaError(f"{line!r} names no change; write OLD=NEW, or OLD= to leave out what is called so.")
        if renames.setdefault(old, new) != new:
            raise SchemaError(f"{old!r} cannot become both {renames[old]!r} and {new!r}.")
    return renames


def accept_old_names(schema: Schema, renames: Mapping[str, str]) -> Schema:
    """Return a schema that allows, beside its own names, the old ones wherever it allows the new.

    What is left out is allowed with everything, since nobody will see it.

    Raises:
        SchemaError: A new name is neither a type nor a label of the schema.
    """
    known = {*schema.type_names, *schema.label_names, LEFT_OUT}
    if strangers := sorted({*renames.values()} - known):
        raise SchemaError(
            f"The schema knows no {', '.join(map(repr, strangers))}; it knows {', '.join(sorted(known))}."
        )
    old_names = {name: [name] for name in (*schema.type_names, *schema.label_names)}
    for old, new in renames.items():
        if new != LEFT_OUT and old not in old_names:
            old_names[new].append(old)
    dropped = [old for old, new in renames.items() if new == LEFT_OUT and old not in known]
    types = [replace(one, name=name) for one in schema.entity_types for name in old_names[one.name]]
    types += map(EntityType, dropped)
    every = tuple((head.name, tail.name) for head in types for tail in types)
    free = {(head, tail) for head, tail in every if {head, tail} & {*dropped}}
    labels = [RelationLabel(name, every) for name in dropped]
    labels += [
        replace(
            one,
            name=name,
            legal_types=(
                *((a, b) for head, tail in one.legal_types for a in old_names[head] for b in old_names[tail]),
                *sorted(free),
            ),
        )
        for one in schema.relation_labels
        for name in old_names[one.name]
    ]
    return Schema(tuple(types), tuple(labels))


def rename_item(item: Document | SyntheticSentence, renames: Mapping[str, str]) -> Document | SyntheticSentence | None:
    """Return an item in the new names, without what is left out; None where all of it is."""
    return rename_document(item, renames) if isinstance(item, Document) else _rename_synthetic(item, renames)


def rename_document(document: Document, renames: Mapping[str, str]) -> Document:
    """Return a document in the new names, without what is left out and the relations of what is."""
    mentions = [_rename_mention(one, renames) for one in document.mentions]
    by_old = dict(zip(document.mentions, mentions, strict=True))
    relations = [_rename_relation(one, by_old[one.head], by_old[one.tail], renames) for one in document.relations]
    facts = [replace(one, label=renames.get(one.label, one.label)) for one in document.facts]
    # Two old names may have become one: what is equal then stands once.
    kept = {(one, one.state): one for one in reversed(mentions) if one.entity_type != LEFT_OUT}
    return replace(
        document,
        mentions=tuple(reversed(kept.values())),
        relations=tuple({(one, one.state): one for one in relations if one is not None}.values()),
        facts=tuple(one for one in dict.fromkeys(facts) if one.label != LEFT_OUT),
    )


def _rename_mention(mention: Mention, renames: Mapping[str, str]) -> Mention:
    return replace(mention, entity_type=renames.get(mention.entity_type, mention.entity_type))


def _rename_relation(relation: Relation, head: Mention, tail: Mention, renames: Mapping[str, str]) -> Relation | None:
    label = renames.get(relation.label, relation.label)
    if LEFT_OUT in (label, head.entity_type, tail.entity_type) or head == tail:
        return None
    return replace(relation, label=label, head=head, tail=tail)


def _rename_synthetic(sentence: SyntheticSentence, renames: Mapping[str, str]) -> SyntheticSentence | None:
    head, tail = _rename_mention(sentence.head, renames), _rename_mention(sentence.tail, renames)
    label = renames.get(sentence.label, sentence.label)
    if LEFT_OUT in (label, head.entity_type, tail.entity_type):
        return None
    return replace(sentence, label=label, head=head, tail=tail)
