"""The nearest gold sentence is the one that comparing with every gold sentence finds."""

import random

import pytest

from core.generation import nearest as module
from core.generation.near_copies import split_content_words
from core.generation.nearest import Nearest, find_nearest


def compare_with_every(text: str, gold: list[str]) -> Nearest:
    words = set(split_content_words(text))
    best = Nearest("", -1.0)
    for one in gold:
        other = set(split_content_words(one))
        similarity = len(words & other) / max(len(words | other), 1)
        if similarity > best.similarity:
            best = Nearest(one, similarity)
    return best


def draw_texts(rng: random.Random, count: int) -> list[str]:
    words = [f"w{number}" for number in range(25)]
    return [" ".join(rng.choices(words, k=rng.randint(1, 12))) for _ in range(count)]


@pytest.mark.parametrize("chunk_pairs", [1, 130, 4_000_000])
def test_result_equals_comparing_with_every_gold_sentence(chunk_pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK_PAIRS", chunk_pairs)
    rng = random.Random(0)
    texts, gold = draw_texts(rng, 50), draw_texts(rng, 40)
    assert find_nearest(texts, gold) == [compare_with_every(text, gold) for text in texts]


def test_case_and_punctuation_do_not_count_and_a_mask_is_one_word() -> None:
    (found,) = find_nearest(["$DRUG_A$ raised: the level of $DRUG_B$!"], ["The level of $DRUG_B$ $DRUG_A$ raised."])
    assert found.similarity == 1.0
    assert found.novelty == 0.0


def test_of_equally_near_gold_sentences_the_first_is_named() -> None:
    (found,) = find_nearest(["a b c d"], ["x y", "a b", "c d", "a b"])
    assert found == Nearest("a b", 0.5)


def test_a_sentence_without_a_shared_word_is_wholly_new() -> None:
    found, wordless = find_nearest(["q r s", "…"], ["a b", "—"])
    assert found.novelty == 1.0
    assert wordless == Nearest("a b", 0.0)


def test_without_gold_every_sentence_is_new_and_has_no_neighbour() -> None:
    assert find_nearest(["a b", "c"], []) == [Nearest("", 0.0)] * 2


def test_without_sentences_there_is_nothing_to_find() -> None:
    assert find_nearest([], ["a b"]) == []
