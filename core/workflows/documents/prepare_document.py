"""A document as it is stored: in sentences, its facts projected onto them, gold or a suggestion."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from core.domain import Document, Mention, Relation, Schema, Sentence, Span, Split, State
from core.formats import project_facts

Annotation = TypeVar("Annotation", Mention, Relation)


class SentenceSplitter(Protocol):
    """Finds sentences; `core.nlp.sentences.split_sentences` is one."""

    def __call__(self, text: str, *, keep_whole: Sequence[Span] = ()) -> Sequence[Span]:
        """Return the sentences of a text, in order and disjoint, none ending inside a span of `keep_whole`."""


def prepare_document(document: Document, schema: Schema, split_sentences: SentenceSplitter) -> Document:
    """Give a document sentences and project its facts; it is reviewed if all that it holds is decided."""
    if document.sentences:
        return document
    spans = split_sentences(document.text, keep_whole=[mention.span for mention in document.mentions])
    return add_sentences(document, spans, schema)


def add_sentences(document: Document, spans: Iterable[Span], schema: Schema) -> Document:
    """Give a document without sentences those that were found in it, and project its facts."""
    states = {one.state for one in document.mentions} | {one.state for one in document.relations}
    is_decided = bool(states or document.facts) and State.PENDING not in states
    state = State.ACCEPTED if is_decided else State.PENDING
    ready = replace(document, sentences=tuple(Sentence(span, state) for span in spans))
    return replace(ready, relations=(*ready.relations, *project_facts(ready, schema)))


def decide(document: Document, *, split: Split | None, as_gold: bool) -> Document:
    """Set the split, and turn decided annotations into suggestions where they are not gold."""
    chosen = replace(document, split=split or document.split)
    if as_gold:
        return chosen
    return replace(
        chosen,
        sentences=tuple(replace(sentence, state=State.PENDING) for sentence in document.sentences),
        mentions=tuple(_as_suggestion(mention) for mention in document.mentions),
        relations=tuple(_as_suggestion(relation) for relation in document.relations),
    )


def _as_suggestion(item: Annotation) -> Annotation:
    return replace(item, state=State.PENDING) if item.state.is_gold else item
