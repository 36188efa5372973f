"""Which sentence of a document holds a span, found without looking at every sentence."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.domain.annotations import Mention, Span
from core.domain.documents import Sentence


def find_sentence(span: Span, sentences: Sequence[Sentence]) -> int | None:
    """Return the place of the sentence that wholly holds a span; None where the span crosses a sentence end.

    Args:
        span: In document coordinates.
        sentences: In order and disjoint.
    """
    index = bisect_right(sentences, span.start, key=lambda sentence: sentence.span.start) - 1
    return index if index >= 0 and span.end <= sentences[index].span.end else None


def group_mentions(mentions: Iterable[Mention], sentences: Sequence[Sentence]) -> Mapping[int, list[Mention]]:
    """Return the mentions of each sentence, by its place and in the order given; no mention that crosses a border."""
    groups: defaultdict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        place = find_sentence(mention.span, sentences)
        if place is not None:
            groups[place].append(mention)
    return groups
