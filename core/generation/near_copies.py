"""Exact search for near copies of a sentence among many, without comparing it with each of them."""

import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import combinations

RUN_WORDS = 8
MAX_JACCARD = 0.8
MAX_RUN_SHARE = 0.6

_WORD = re.compile(r"\$\w+\$|\w+")
# Words are first put in order of rarity when so many sentences are known, and then at every doubling.
_FIRST_ORDER = 16


def split_content_words(text: str) -> list[str]:
    """Return the words of a sentence, a mask counting as one; case, spacing and punctuation are dropped."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


class _Postings:
    """Key → numbers of the sentences that have it; a key of one sentence, as most are, costs no list."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}
        self._others: dict[int, list[int]] = {}

    def add(self, key: int, number: int) -> None:
        if self._first.setdefault(key, number) != number:
            self._others.setdefault(key, []).append(number)

    def find(self, keys: Iterable[int]) -> set[int]:
        """Return the numbers of all sentences that have one of the keys."""
        found: set[int] = set()
        for key in keys:
            if key in self._first:
                found.add(self._first[key])
                found.update(self._others.get(key, ()))
        return found


class NearCopyIndex:
    """Sentences seen so far, by what a near copy of them must share.

    A sentence is a near copy of another if their words are equal in order, if the Jaccard similarity of
    their word sets exceeds 0.8, or if runs of eight words that both hold cover more than 60 % of the
    shorter one.

    No near copy is missed, and nothing else is found. A set with Jaccard similarity above t to a set of n
    words shares at least m = floor(t n) + 1 of them, so at most n - m of its own are not shared: under any
    one order of words, the first two shared words lie among the first n - m + 2 of either set. Each pair of
    these is a key, and what has a key in common is compared word by word. Rare words come first, so that
    few sentences have a key in common. Keys are hashes, which can only add comparisons.

    Measured with 100,000 PubMed sentences on one core that had other work (`python -m tests.benchmarks.near_copies`):
    0.2 to 0.4 ms to add one, 0.4 to 0.9 ms to look one up, 365 MB, 1,193 of 1,193 planted near copies found.
    MinHash candidates from a library (`--index datasketch`) found 0.978 of them in 660 MB, and were no faster.

    Args:
        texts: Sentences to begin with.

    Source:
        Prefix filter: Chaudhuri, Ganti & Kaushik 2006, "A primitive operator for similarity joins".
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._words: list[tuple[str, ...]] = []
        self._set_sizes: list[int] = []
        self._seen: set[tuple[str, ...]] = set()
        self._by_pair = _Postings()
        self._by_run = _Postings()
        self._counts: Counter[str] = Counter()
        self._next_order = _FIRST_ORDER
        for text in texts:
            self.add(text)

    def __len__(self) -> int:
        return len(self._words)

    def add(self, text: str) -> None:
        """Remember a sentence; one with the words of an earlier one changes nothing."""
        words = tuple(map(sys.intern, split_content_words(text)))
        if words in self._seen:
            return
        number, word_set = len(self._words), set(words)
        self._seen.add(words)
        self._words.append(words)
        self._set_sizes.append(len(word_set))
        for run in set(_runs(words)):
            self._by_run.add(hash(run), number)
        for key in self._pair_keys(word_set):
            self._by_pair.add(key, number)
        if len(self._words) == self._next_order:
            self._order_words()

    def has_near_copy(self, text: str) -> bool:
        """Return whether a sentence seen so far is equal to the text or nearly so."""
        words = tuple(split_content_words(text))
        return words in self._seen or self._has_similar_set(set(words)) or self._has_shared_run(words)

    def _order_words(self) -> None:
        """Count every word anew and file all sentences under the new order; amortised over a doubling."""
        self._next_order *= 2
        self._counts = Counter(word for words in self._words for word in set(words))
        self._by_pair = _Postings()
        for number, words in enumerate(self._words):
            for key in self._pair_keys(set(words)):
                self._by_pair.add(key, number)

    def _pair_keys(self, words: set[str]) -> list[int]:
        """Return a key for each pair of the rarest words, two of which a similar set shares."""
        num_shared = math.floor(MAX_JACCARD * len(words)) + 1
        by_rarity = sorted(words, key=lambda word: (self._counts.get(word, 0), word))
        rarest = by_rarity[: len(words) - num_shared + 2]
        return [hash(pair) for pair in combinations(rarest, min(2, len(words)))]

    def _has_similar_set(self, words: set[str]) -> bool:
        for number in self._by_pair.find(self._pair_keys(words)):
            size = self._set_sizes[number]
            if min(len(words), size) <= MAX_JACCARD * max(len(words), size):
                continue
            num_shared = len(words.intersection(self._words[number]))
            if num_shared > MAX_JACCARD * (len(words) + size - num_shared):
                return True
        return False

    def _has_shared_run(self, words: tuple[str, ...]) -> bool:
        runs = _runs(words)
        return any(
            _count_covered(runs, self._words[number]) > MAX_RUN_SHARE * min(len(words), len(self._words[number]))
            for number in self._by_run.find(map(hash, runs))
        )


def _runs(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [words[start : start + RUN_WORDS] for start in range(len(words) - RUN_WORDS + 1)]


def _count_covered(runs: list[tuple[str, ...]], other: tuple[str, ...]) -> int:
    """Return how many words lie in a run that the other sentence holds too."""
    others = set(_runs(other))
    covered: set[int] = set()
    for start, run in enumerate(runs):
        if run in others:
            covered.update(range(start, start + RUN_WORDS))
    return len(covered)
