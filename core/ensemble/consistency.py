"""One document, one reading: what a name is in most of its places, it is in all of them.

A model that reads sentence by sentence finds a name here and misses it there, and an abbreviation far from its
definition tells it little. Three rules mend that: a name that is marked in most of its places is marked in all, one
that is marked in few is marked in none, and the abbreviation that stands in brackets behind a mention is a mention of
that type wherever it stands. Where a name stands in sentences that a person has reviewed, those places alone count.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean
from typing import TypeAlias

from core.domain import Mention, Source, Span, State
from core.nlp.abbreviations import find_abbreviation

# Best of what was tried on BC5CDR and ChemProt dev; 0.5 to 0.8 and 0 to 0.5 differ by 0.006 at most.
_MOST, _FEW = 0.6, 0.3
_MIN_LENGTH = 2

TypedName = tuple[str, str]
"""A name as the text has it, and the entity type it is marked with."""
AnnotatedText: TypeAlias = tuple[str, Sequence[Mention]]
"""A sentence and its mentions, in its coordinates."""


@dataclass(frozen=True, slots=True)
class _Name:
    """Share of a name's places in which it is marked, and the score of a mention where it is not."""

    share: float
    score: float


def agree_on_names(
    texts: Sequence[str], mentions: Sequence[Sequence[Mention]], reviewed: Sequence[AnnotatedText] = ()
) -> list[tuple[Mention, ...]]:
    """Return the mentions of a document's sentences once its names agree: those that stay, then those that are new.

    Args:
        texts: Open sentences of one document.
        mentions: Those of each, in its coordinates; one without a score was made by a person and stays.
        reviewed: Sentences of the document in which a person has decided what is a mention and what is none.

    Returns:
        New ones are open and overlap none of their type. One that repeats a name has the mean score of those found,
        times the share of the name's places in which it was found, or that share alone if persons decided them; an
        abbreviation has the score of its long form.
    """
    opened = list(zip(texts, mentions, strict=True))
    names = _count_names(opened) | _count_decided(opened, reviewed)
    spread = {name: one.score for name, one in names.items() if one.share >= _MOST}
    spread |= _find_abbreviations([*opened, *reviewed])
    doubtful = {name for name, one in names.items() if one.share < _FEW and name not in spread}
    agreed = [
        [one for one in several if one.score is None or (one.span.text(text), one.entity_type) not in doubtful]
        for text, several in opened
    ]
    # The longer of two names first: the shorter may lie inside it.
    for (name, entity_type), score in sorted(spread.items(), key=lambda item: (-len(item[0][0]), item[0])):
        for text, several in zip(texts, agreed, strict=True):
            for span in _find_places(text, name):
                if not any(one.entity_type == entity_type and span.overlaps(one.span) for one in several):
                    several.append(Mention(span, entity_type, score=score, state=State.PENDING, source=Source.MODEL))
    return [tuple(several) for several in agreed]


def _count_names(sentences: Sequence[AnnotatedText]) -> dict[TypedName, _Name]:
    """Return how often each marked name is marked, of all its places; a single letter is no name."""
    scores: dict[TypedName, list[float]] = defaultdict(list)
    for typed_name, mention in _list_names(sentences):
        scores[typed_name].append(_score(mention))
    counted = {}
    for (name, entity_type), found in scores.items():
        num_places = max(len(found), sum(1 for text, _ in sentences for _ in _find_places(text, name)))
        share = len(found) / num_places
        counted[name, entity_type] = _Name(share, fmean(found) * share)
    return counted


def _count_decided(opened: Sequence[AnnotatedText], reviewed: Sequence[AnnotatedText]) -> dict[TypedName, _Name]:
    """Count likewise, but in reviewed sentences alone, the names that stand there; inside a longer one is no place."""
    counted = {}
    for name, entity_type in {typed_name for typed_name, _ in _list_names(chain(opened, reviewed))}:
        marked, num_places = 0, 0
        for text, mentions in reviewed:
            own = [one.span for one in mentions if one.entity_type == entity_type]
            for span in _find_places(text, name):
                marked += span in own
                num_places += span in own or not any(span.overlaps(one) for one in own)
        if num_places:
            counted[name, entity_type] = _Name(marked / num_places, marked / num_places)
    return counted


def _list_names(sentences: Iterable[AnnotatedText]) -> Iterator[tuple[TypedName, Mention]]:
    for text, mentions in sentences:
        for mention in mentions:
            name = mention.span.text(text)
            if len(name) >= _MIN_LENGTH:
                yield (name, mention.entity_type), mention


def _find_abbreviations(sentences: Sequence[AnnotatedText]) -> dict[TypedName, float]:
    """Return the abbreviations of mentions with the best score of a long form."""
    found: dict[TypedName, float] = {}
    for text, mentions in sentences:
        for mention in mentions:
            short = find_abbreviation(text, mention.span)
            if short:
                name = (short.text(text), mention.entity_type)
                found[name] = max(_score(mention), found.get(name, 0.0))
    return found


def _score(mention: Mention) -> float:
    return 1.0 if mention.score is None else mention.score


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
