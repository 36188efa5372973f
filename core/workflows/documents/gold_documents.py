"""Gold documents as the joint model reads them: reviewed sentences only, relations in one direction."""

from collections.abc import Iterable
from dataclasses import replace

from core.domain import Document, Schema


def keep_reviewed(document: Document) -> Document:
    """Return a document with its reviewed sentences and their gold, so that an open sentence teaches nothing.

    Gold that lies in no sentence at all, or crosses a border, stays: a scorer counts it as missed.
    """
    sentences = tuple(sentence for sentence in document.sentences if sentence.state.is_gold)
    left_out = [sentence.span for sentence in document.sentences if not sentence.state.is_gold]
    mentions = tuple(
        mention
        for mention in document.mentions
        if mention.state.is_gold and not any(span.contains(mention.span) for span in left_out)
    )
    kept = set(mentions)
    relations = tuple(
        relation
        for relation in document.relations
        if relation.state.is_gold and relation.head in kept and relation.tail in kept
    )
    return replace(document, sentences=sentences, mentions=mentions, relations=relations)


def orient_relations(documents: Iterable[Document], schema: Schema) -> list[Document]:
    """Return documents in which symmetric relations have one direction each; see `Schema.orient`."""
    return [
        replace(document, relations=tuple(schema.orient(relation) for relation in document.relations))
        for document in documents
    ]
