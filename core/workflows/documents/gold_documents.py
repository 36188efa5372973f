"""Gold documents as the joint model reads them: reviewed sentences only, relations in one direction."""

from collections.abc import Iterable
from dataclasses import replace

from core.domain import Document, Relation, Schema


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
    """Return documents in which symmetric relations have one direction each.

    A model that scores ordered pairs could not learn from a label that stands now here and now there. Where
    the schema names the two types in one order only, that order is taken, else the order of the text.
    """
    return [
        replace(document, relations=tuple(orient_relation(relation, schema) for relation in document.relations))
        for document in documents
    ]


def orient_relation(relation: Relation, schema: Schema) -> Relation:
    """Return a relation in the one direction that a symmetric label has; others as they are."""
    label = schema.find_label(relation.label)
    if label is None or not label.is_symmetric:
        return relation
    head, tail = relation.head, relation.tail
    types = (head.entity_type, tail.entity_type)
    is_named, is_named_reversed = types in label.legal_types, types[::-1] in label.legal_types
    is_backwards = (tail.span, tail.entity_type) < (head.span, head.entity_type)
    if is_backwards if is_named and is_named_reversed else is_named_reversed:
        return replace(relation, head=tail, tail=head)
    return relation
