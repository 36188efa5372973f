"""How alike the sentences of one set are: distinct n-grams and self-BLEU."""

import math
from collections import Counter
from collections.abc import Sequence

Words = Sequence[str]
NGram = tuple[str, ...]

_MAX_ORDER = 4
# What an order without a match counts as, so that it does not make the whole score 0 (NLTK's smoothing 1).
_SMALL_COUNT = 0.1


def distinct_share(sentences: Sequence[Words], *, order: int) -> float:
    """Return different n-grams over all n-grams of a set, in [0, 1]; 0 where there is none.

    Source:
        Li et al. 2016, arXiv:1510.03055, sec. 5.
    """
    ngrams = [ngram for words in sentences for ngram in _ngrams(words, order)]
    return len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def self_bleu(sentences: Sequence[Words]) -> float:
    """Return the mean BLEU-4 of each sentence with all others as references, in [0, 1]; low is diverse.

    Takes time linear in the words. Fewer than two sentences give 0.

    Source:
        Zhu et al. 2018, arXiv:1802.01886; BLEU: Papineni et al. 2002, orders weighted alike.
    """
    if len(sentences) < 2:
        return 0.0
    logs = [0.0] * len(sentences)
    for order in range(1, _MAX_ORDER + 1):
        for number, precision in enumerate(_precisions(sentences, order)):
            logs[number] += math.log(precision) / _MAX_ORDER
    lengths = Counter(len(words) for words in sentences)
    scores = [math.exp(log) * _brevity_penalty(len(words), lengths) for log, words in zip(logs, sentences, strict=True)]
    return sum(scores) / len(scores)


def _ngrams(words: Words, order: int) -> list[NGram]:
    return [tuple(words[start : start + order]) for start in range(len(words) - order + 1)]


def _precisions(sentences: Sequence[Words], order: int) -> list[float]:
    """Return each sentence's clipped precision of n-grams: as often as the other that has it most often."""
    counts = [Counter(_ngrams(words, order)) for words in sentences]
    highest: dict[NGram, int] = {}
    owner: dict[NGram, int] = {}
    second: dict[NGram, int] = {}
    for number, own in enumerate(counts):
        for ngram, count in own.items():
            if count > highest.get(ngram, 0):
                second[ngram] = highest.get(ngram, 0)
                highest[ngram], owner[ngram] = count, number
            else:
                second[ngram] = max(second[ngram], count)
    precisions = []
    for number, own in enumerate(counts):
        matched = sum(
            min(count, second[ngram] if owner[ngram] == number else highest[ngram]) for ngram, count in own.items()
        )
        precisions.append((matched or _SMALL_COUNT) / max(own.total(), 1))
    return precisions


def _brevity_penalty(length: int, lengths: Counter[int]) -> float:
    """Return what a sentence shorter than the other nearest in length loses; of equally near ones the shorter."""
    others = [other for other, count in lengths.items() if count > (other == length)]
    nearest = min(others, key=lambda other: (abs(other - length), other))
    return 1.0 if length >= nearest else math.exp(1 - nearest / max(length, 1))
