"""Repetition lowers distinct n-grams and raises self-BLEU; figures worked out by hand."""

import math

import pytest

from core.evaluation.diversity import distinct_share, self_bleu


def test_distinct_share_counts_different_ngrams_over_all() -> None:
    sentences = [["a", "b", "a"], ["a", "b"]]
    assert distinct_share(sentences, order=1) == 2 / 5
    assert distinct_share(sentences, order=2) == 2 / 3  # a b, b a, a b
    assert distinct_share(sentences, order=4) == 0.0


def test_equal_sentences_have_self_bleu_one() -> None:
    assert self_bleu([["a", "b", "c", "d"]] * 3) == pytest.approx(1.0)


def test_a_sentence_is_no_reference_of_its_own() -> None:
    unlike = [list("abcdefgh"), list("ijklmnop")]
    expected = math.prod(0.1 / count for count in (8, 7, 6, 5)) ** 0.25
    assert self_bleu(unlike) == pytest.approx(expected)


def test_repeated_words_match_only_as_often_as_another_sentence_has_them() -> None:
    first, second = ["a", "a", "a", "a", "b"], ["a", "a", "b", "c", "c"]
    # 1-grams: a twice, b; 2-grams: a a, a b; 3-grams: a a b; 4-grams: none.
    of_first = (3 / 5 * 2 / 4 * 1 / 3 * 0.1 / 2) ** 0.25
    of_second = (3 / 5 * 2 / 4 * 1 / 3 * 0.1 / 2) ** 0.25
    assert self_bleu([first, second]) == pytest.approx((of_first + of_second) / 2)


def test_a_short_sentence_pays_for_its_brevity() -> None:
    short, long = list("abcd"), list("abcdefgh")
    of_short = math.exp(1 - 8 / 4)
    of_long = (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25
    assert self_bleu([short, long]) == pytest.approx((of_short + of_long) / 2)


def test_one_sentence_is_like_no_other() -> None:
    assert self_bleu([["a"]]) == 0.0
