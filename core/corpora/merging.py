"""Brings the entity types of a document together under fewer names."""

from collections.abc import Mapping
from dataclasses import replace

from core.domain import Document


def merge_types(document: Document, names: Mapping[str, str]) -> Document:
    """Return a document whose entity types are replaced by `names`; types that are no key stay."""
    renamed = {
        mention: replace(mention, entity_type=names.get(mention.entity_type, mention.entity_type))
        for mention in document.mentions
    }
    return replace(
        document,
        mentions=tuple(dict.fromkeys(renamed.values())),
        relations=tuple(
            replace(relation, head=renamed[relation.head], tail=renamed[relation.tail])
            for relation in document.relations
        ),
    )


def describe_merge(name: str, mentions: Mapping[str, int]) -> str:
    """Return the note that says which published types a type stands for, with their counts."""
    return f"{name} stands for {', '.join(f'{kind} ({number:,})' for kind, number in mentions.items())}."


def count_types(documents: list[Document]) -> Mapping[str, int]:
    """Return how many mentions of each type these documents have, the most frequent first."""
    counts: dict[str, int] = {}
    for mention in (mention for document in documents for mention in document.mentions):
        counts[mention.entity_type] = counts.get(mention.entity_type, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
