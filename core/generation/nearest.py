"""The gold sentence most like each synthetic one: how new a sentence is, and what to show beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.generation.near_copies import split_content_words

# Pairs compared at a time: bounds memory to some hundred MB, whatever the number of sentences.
_CHUNK_PAIRS = 4_000_000


@dataclass(frozen=True, slots=True)
class Nearest:
    """The gold sentence most like a sentence.

    Args:
        text: The gold sentence; empty where there is no gold.
        similarity: Jaccard similarity of the two sets of words, in [0, 1].
    """

    text: str
    similarity: float

    @property
    def novelty(self) -> float:
        """1 - similarity, in [0, 1]."""
        return 1 - self.similarity


def find_nearest(texts: Sequence[str], gold: Sequence[str]) -> list[Nearest]:
    """Find the gold sentence most like each text, the first one where several are.

    Every text is compared with every gold sentence, so nothing is missed.

    Args:
        texts: Masked synthetic sentences.
        gold: Masked gold sentences.

    Returns:
        One result a text, in their order.
    """
    if not gold:
        return [Nearest("", 0.0)] * len(texts)
    columns: dict[str, int] = {}
    gold_words = _word_matrix(gold, columns)  # (gold, words)
    text_words = _word_matrix(texts, columns)  # (texts, words), with words that no gold sentence has at its end
    gold_words.resize(len(gold), len(columns))
    text_words.resize(len(texts), len(columns))
    by_word = gold_words.T.tocsr()  # (words, gold)
    gold_sizes = np.diff(gold_words.indptr)  # (gold,)
    rows = max(1, _CHUNK_PAIRS // len(gold))
    nearest: list[Nearest] = []
    for start in range(0, len(texts), rows):
        chunk = text_words[start : start + rows]
        similarities = _jaccard(chunk, by_word, gold_sizes)  # (chunk, gold)
        best = similarities.argmax(axis=1)  # (chunk,)
        highest = similarities[np.arange(len(best)), best]  # (chunk,)
        nearest += [Nearest(gold[column], float(value)) for column, value in zip(best, highest, strict=True)]
    return nearest


def _word_matrix(texts: Sequence[str], columns: dict[str, int]) -> csr_array:
    """Return which words each text has, 1 or absent, and give new words the next columns."""
    indices: list[int] = []
    starts = [0]
    for text in texts:
        indices += [columns.setdefault(word, len(columns)) for word in sorted(set(split_content_words(text)))]
        starts.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float64)
    return csr_array((ones, indices, starts), shape=(len(texts), len(columns)))


def _jaccard(chunk: csr_array, by_word: csr_array, gold_sizes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return shared words over all words, 0 where neither sentence has any.

    Shape:
        chunk: (chunk, words); by_word: (words, gold); gold_sizes: (gold,).
        returns: (chunk, gold), float64.
    """
    shared: NDArray[np.float64] = (chunk @ by_word).toarray()  # (chunk, gold)
    sizes = np.diff(chunk.indptr)  # (chunk,)
    union = np.maximum(sizes[:, None] + gold_sizes[None, :] - shared, 1)  # (chunk, gold)
    similarities: NDArray[np.float64] = shared / union
    return similarities
