"""One document, one reading: what a name is in most of its places, it is in all of them.

A model that reads sentence by sentence finds a name here and misses it there, and an abbreviation far from its
definition tells it little. Two rules mend that: a name that is marked in at least half of its places is marked in all,
and the abbreviation that stands in brackets behind a mention is a mention of that type wherever it stands.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import fmean

from core.domain import Mention, Source, Span, State
from core.nlp.abbreviations import find_abbreviation

_MIN_SHARE = 0.5
_MIN_LENGTH = 2

TypedName = tuple[str, str]
"""A name as the text has it, and the entity type it is marked with."""


def spread_names(texts: Sequence[str], mentions: Sequence[Sequence[Mention]]) -> list[tuple[Mention, ...]]:
    """Return the mentions that the others of a document imply, for each of its sentences.

    Args:
        texts: Sentences of one document.
        mentions: Found or given ones of each, in its coordinates; none that is returned overlaps one of its type.

    Returns:
        Open mentions. One that repeats a name has the mean score of those found, times the share of the name's places
        in which it was found; an abbreviation has the score of its long form.
    """
    implied = _find_names(texts, mentions)
    taken = [[(one.entity_type, one.span) for one in several] for several in mentions]
    added: list[list[Mention]] = [[] for _ in texts]
    # The longer of two names first: the shorter may lie inside it.
    for (name, entity_type), score in sorted(implied.items(), key=lambda item: (-len(item[0][0]), item[0])):
        for index, text in enumerate(texts):
            for span in _find_places(text, name):
                if not any(other == entity_type and span.overlaps(place) for other, place in taken[index]):
                    taken[index].append((entity_type, span))
                    mention = Mention(span, entity_type, score=score, state=State.PENDING, source=Source.MODEL)
                    added[index].append(mention)
    return [tuple(several) for several in added]


def _find_names(texts: Sequence[str], mentions: Sequence[Sequence[Mention]]) -> dict[TypedName, float]:
    """Return the names that are to be marked wherever they stand, with the score of a mention of each."""
    scores: dict[TypedName, list[float]] = defaultdict(list)
    names: dict[TypedName, float] = {}
    for text, several in zip(texts, mentions, strict=True):
        for mention in several:
            score = 1.0 if mention.score is None else mention.score
            scores[mention.span.text(text), mention.entity_type].append(score)
            short = find_abbreviation(text, mention.span)
            if short:
                key = (short.text(text), mention.entity_type)
                names[key] = max(score, names.get(key, 0.0))
    for (name, entity_type), found in scores.items():
        num_places = sum(1 for text in texts for _ in _find_places(text, name))
        if len(name) >= _MIN_LENGTH and num_places > len(found) >= _MIN_SHARE * num_places:
            names.setdefault((name, entity_type), fmean(found) * len(found) / num_places)
    return names


def _find_places(text: str, name: str) -> Iterator[Span]:
    """Yield where a name stands as whole words."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not (_is_in_word(text, start - 1) or _is_in_word(text, end)):
            yield Span(start, end)
        start = text.find(name, start + 1)


def _is_in_word(text: str, index: int) -> bool:
    return 0 <= index < len(text) and (text[index].isalnum() or text[index] == "_")
