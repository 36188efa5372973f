"""Exact search for near copies of a sentence among many, without comparing it with each of them."""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

RUN_WORDS = 8
MAX_JACCARD = 0.8
MAX_RUN_SHARE = 0.6

_WORD = re.compile(r"\$\w+\$|\w+")


def split_content_words(text: str) -> list[str]:
    """Return the words of a sentence, a mask counting as one; case, spacing and punctuation are dropped."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


class NearCopyIndex:
    """Sentences seen so far, by what a near copy of them must share.

    A sentence is a near copy of another if their words are equal in order, if the Jaccard similarity of
    their word sets exceeds 0.8, or if runs of eight words that both hold cover more than 60 % of the
    shorter one. No near copy is missed: two sets with Jaccard similarity above t share a word among the
    first |set| - ceil(t |set|) + 1 of either, under any one order of words, so only those are looked up.

    Args:
        texts: Sentences to begin with.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._words: list[list[str]] = []
        self._sets: list[frozenset[str]] = []
        self._by_words: dict[tuple[str, ...], int] = {}
        self._by_prefix_word: dict[str, list[int]] = defaultdict(list)
        self._by_run: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for text in texts:
            self.add(text)

    def __len__(self) -> int:
        return len(self._words)

    def add(self, text: str) -> None:
        """Remember a sentence; one with the words of an earlier one changes nothing."""
        words = split_content_words(text)
        if tuple(words) in self._by_words:
            return
        number = len(self._words)
        self._words.append(words)
        self._sets.append(frozenset(words))
        self._by_words[tuple(words)] = number
        for word in _prefix(self._sets[number]):
            self._by_prefix_word[word].append(number)
        for run in set(_runs(words)):
            self._by_run[run].append(number)

    def has_near_copy(self, text: str) -> bool:
        """Return whether a sentence seen so far is equal to the text or nearly so."""
        words = split_content_words(text)
        return tuple(words) in self._by_words or self._has_similar_set(words) or self._has_shared_run(words)

    def _has_similar_set(self, words: list[str]) -> bool:
        word_set = frozenset(words)
        seen: set[int] = set()
        for word in _prefix(word_set):
            for number in self._by_prefix_word.get(word, ()):
                if number in seen:
                    continue
                seen.add(number)
                other = self._sets[number]
                if min(len(word_set), len(other)) <= MAX_JACCARD * max(len(word_set), len(other)):
                    continue
                shared = len(word_set & other)
                if shared > MAX_JACCARD * (len(word_set) + len(other) - shared):
                    return True
        return False

    def _has_shared_run(self, words: list[str]) -> bool:
        covered: dict[int, set[int]] = defaultdict(set)
        for start, run in enumerate(_runs(words)):
            for number in self._by_run.get(run, ()):
                covered[number].update(range(start, start + RUN_WORDS))
        return any(
            len(positions) > MAX_RUN_SHARE * min(len(words), len(self._words[number]))
            for number, positions in covered.items()
        )


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + RUN_WORDS]) for start in range(len(words) - RUN_WORDS + 1)]


def _prefix(words: frozenset[str]) -> list[str]:
    """Return the words by which a similar set is found: long ones first, since they are rare, masks last."""
    ordered = sorted(words, key=lambda word: (word.startswith("$"), -len(word), word))
    return ordered[: len(words) - math.ceil(MAX_JACCARD * len(words)) + 1]
