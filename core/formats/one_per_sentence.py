"""Cuts documents into their sentences, for formats whose unit is the sentence; counts what crosses a border."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.domain import Document, Mention, Relation, Sentence, Span, State
from core.formats.losses import Losses


@dataclass(frozen=True, slots=True)
class CutSentence:
    """One sentence with its own mentions and relations, in its own coordinates."""

    text: str
    start: int
    state: State
    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]


def cut_sentences(document: Document, losses: Losses) -> Iterator[CutSentence]:
    """Yield the sentences of a document; one without sentences is one."""
    sentences = document.sentences or (Sentence(Span(0, len(document.text)), State.ACCEPTED),)
    losses.dropped["relations across sentences"] += len(document.relations)
    losses.dropped["mentions across sentences"] += len(document.mentions)
    for sentence in sentences:
        start = sentence.span.start
        inside = {m: _shift(m, -start) for m in document.mentions if sentence.span.contains(m.span)}
        joined = [one for one in document.relations if one.head in inside and one.tail in inside]
        losses.dropped["relations across sentences"] -= len(joined)
        losses.dropped["mentions across sentences"] -= len(inside)
        relations = tuple(replace(one, head=inside[one.head], tail=inside[one.tail]) for one in joined)
        yield CutSentence(sentence.span.text(document.text), start, sentence.state, tuple(inside.values()), relations)


def _shift(mention: Mention, by: int) -> Mention:
    return replace(mention, span=mention.span.shifted(by))
