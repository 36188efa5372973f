"""Cuts documents into their sentences, for formats whose unit is the sentence; counts what crosses a border."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.domain import Document, Mention, Relation, Sentence, Span, State
from core.domain.placing import find_sentence, group_mentions
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
    mentions = group_mentions(document.mentions, sentences)
    relations_inside = _group_relations(document.relations, sentences)
    for place, sentence in enumerate(sentences):
        start = sentence.span.start
        inside = {m: _shift(m, -start) for m in mentions.get(place, ())}
        joined = relations_inside.get(place, ())
        losses.dropped["relations across sentences"] -= len(joined)
        losses.dropped["mentions across sentences"] -= len(inside)
        relations = tuple(replace(one, head=inside[one.head], tail=inside[one.tail]) for one in joined)
        yield CutSentence(sentence.span.text(document.text), start, sentence.state, tuple(inside.values()), relations)


def _group_relations(relations: Iterable[Relation], sentences: Sequence[Sentence]) -> Mapping[int, list[Relation]]:
    """Return the relations inside each sentence, by its place and in their order."""
    groups: defaultdict[int, list[Relation]] = defaultdict(list)
    for relation in relations:
        place = find_sentence(relation.head.span, sentences)
        if place is not None and place == find_sentence(relation.tail.span, sentences):
            groups[place].append(relation)
    return groups


def _shift(mention: Mention, by: int) -> Mention:
    return replace(mention, span=mention.span.shifted(by))
