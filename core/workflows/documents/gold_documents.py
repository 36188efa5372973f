"""Gold documents as the joint model reads them: reviewed sentences only, relations in one direction."""

from collections.abc import Iterable
from dataclasses import replace

from core.domain import Document, Mention, Schema
from core.domain.placing import find_sentence


def keep_reviewed(document: Document) -> Document:
    """Return a document with its reviewed sentences and their gold, so that an open sentence teaches nothing.

    Gold that lies in no sentence at all, or crosses a border, stays: a scorer counts it as missed.
    """
    sentences = tuple(sentence for sentence in document.sentences if sentence.state.is_gold)
    mentions = tuple(
        mention
        for mention in document.mentions
        if mention.state.is_gold and not _is_in_open_sentence(mention, document)
    )
    kept = set(mentions)
    relations = tuple(
        relation
        for relation in document.relations
        if relation.state.is_gold and relation.head in kept and relation.tail in kept
    )
    return replace(document, sentences=sentences, mentions=mentions, relations=relations)


def _is_in_open_sentence(mention: Mention, document: Document) -> bool:
    place = find_sentence(mention.span, document.sentences)
    return place is not None and not document.sentences[place].state.is_gold


def orient_relations(documents: Iterable[Document], schema: Schema) -> list[Document]:
    """Return documents in which symmetric relations have one direction each; see `Schema.orient`."""
    return [
        replace(document, relations=tuple(schema.orient(relation) for relation in document.relations))
        for document in documents
    ]
