"""Accepted synthetic sentences with real names, as documents that a joint model can train on."""

from collections.abc import Iterable

from core.domain import (
    NO_RELATION,
    Document,
    Mention,
    Relation,
    Sentence,
    Source,
    Span,
    Split,
    State,
    SyntheticSentence,
)
from core.generation.realise import realise


def make_documents(sentences: Iterable[SyntheticSentence]) -> tuple[list[Document], int]:
    """Give each sentence its names and exact spans; one that has no names cannot teach what a mention looks like.

    A generator may write further names that nothing marks, and a model learns that these are no mentions. That is
    the price of training on such text, and why a joint model trains on gold alone unless asked otherwise.

    Returns:
        One training document a sentence, and the number of sentences without names.
    """
    documents = []
    num_nameless = 0
    for number, sentence in enumerate(sentences):
        if sentence.head_name and sentence.tail_name:
            documents.append(_make_document(sentence, number))
        else:
            num_nameless += 1
    return documents, num_nameless


def _make_document(sentence: SyntheticSentence, number: int) -> Document:
    found = realise(
        sentence.text,
        head=sentence.head.span,
        tail=sentence.tail.span,
        head_name=sentence.head_name,
        tail_name=sentence.tail_name,
    )
    head, tail = (
        Mention(span, mention.entity_type, state=State.ACCEPTED, source=Source.MODEL)
        for span, mention in ((found.head, sentence.head), (found.tail, sentence.tail))
    )
    relations = () if sentence.label == NO_RELATION else (Relation(head, tail, sentence.label, source=Source.MODEL),)
    return Document(
        id=f"synthetic:{number}",
        text=found.text,
        sentences=(Sentence(Span(0, len(found.text)), State.ACCEPTED),),
        mentions=(head, tail),
        relations=relations,
        split=Split.TRAIN,
        metadata=(("origin", "synthetic"),),
    )
