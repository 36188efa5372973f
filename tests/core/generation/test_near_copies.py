"""Near copies are found without missing one, and unlike sentences are let through."""

import random

import pytest

from core.generation.near_copies import MAX_JACCARD, NearCopyIndex, split_content_words
from tests.planted_copies import CHANGES, is_near_copy

SEEN = "Two patients developed $DISEASE$ three weeks after they had started $CHEMICAL$ by mouth."


def test_words_drop_case_spacing_and_punctuation_and_keep_masks_whole() -> None:
    assert split_content_words("The  $DRUG_A$-induced Rash (5 mg).") == [
        "the",
        "$drug_a$",
        "induced",
        "rash",
        "5",
        "mg",
    ]


@pytest.mark.parametrize(
    "copy",
    [
        SEEN,
        "two patients developed $DISEASE$ , three weeks after they had started $CHEMICAL$ by mouth !",
        "Two patients developed $DISEASE$ three weeks after they had started $CHEMICAL$ by injection.",
        "Three weeks after they had started $CHEMICAL$ by mouth two patients developed $DISEASE$.",
        "Two patients developed $DISEASE$ three weeks after they had started $CHEMICAL$ and one needed surgery for it.",
        "They had: two patients developed $DISEASE$ three weeks after they had.",
    ],
    ids=["equal", "spacing", "one word changed", "reordered", "new ending", "shortened"],
)
def test_near_copies_are_found(copy: str) -> None:
    assert NearCopyIndex([SEEN]).has_near_copy(copy)


@pytest.mark.parametrize(
    "text",
    [
        "Two patients who took $CHEMICAL$ by mouth recovered from $DISEASE$ within three weeks of surgery.",
        "A short course of $CHEMICAL$ never led to $DISEASE$ in rats.",
    ],
)
def test_other_sentences_with_the_same_words_pass(text: str) -> None:
    assert not NearCopyIndex([SEEN]).has_near_copy(text)


def test_word_sets_at_exactly_the_limit_are_no_near_copy() -> None:
    index = NearCopyIndex(["a b c d"])
    assert not index.has_near_copy("a b c d e")  # 4 shared of 5: 0.8 is not above 0.8


def test_a_shared_run_of_seven_words_is_no_copy() -> None:
    index = NearCopyIndex(["one two three four five six seven eight nine ten"])
    assert not index.has_near_copy("one two three four five six seven or eleven")


def test_a_sentence_is_stored_once() -> None:
    index = NearCopyIndex([SEEN, SEEN.upper()])
    assert len(index) == 1


def test_lookup_finds_exactly_what_comparing_with_every_sentence_finds() -> None:
    rng = random.Random(0)
    words = [f"w{number:03d}" + "x" * (number % 5) for number in range(60)]
    seen = [" ".join(rng.sample(words, rng.randint(3, 12))) for _ in range(300)]
    index = NearCopyIndex(seen)
    sets = [frozenset(text.split()) for text in seen]
    num_copies = 0
    for text in seen:
        changed = text.split()
        changed[rng.randrange(len(changed))] = rng.choice(words)
        changed.append(rng.choice(words))
        rng.shuffle(changed)  # no run of eight words survives
        query = frozenset(changed)
        expected = any(len(query & one) > MAX_JACCARD * len(query | one) for one in sets)
        num_copies += expected
        assert index.has_near_copy(" ".join(changed)) == expected
    assert num_copies > 20


def test_planted_copies_are_found_while_the_index_grows_and_orders_its_words_anew() -> None:
    rng = random.Random(1)
    words = [f"{chr(97 + number % 26)}{number}" for number in range(2000)]
    index = NearCopyIndex()
    planted = 0
    for _ in range(3000):
        text = " ".join(rng.choice(words) for _ in range(20)) + " $CHEMICAL$ $DISEASE$"
        index.add(text)
        planted += index.has_near_copy(f"{text} indeed")
    assert planted == 3000


def test_every_planted_near_copy_is_found_and_nothing_else_is() -> None:
    rng = random.Random(2)
    words = [f"{chr(97 + number % 26)}{number}" for number in range(150)]
    seen = [f"{' '.join(rng.choices(words, k=rng.randint(8, 24)))} $CHEMICAL$ $DISEASE$" for _ in range(150)]
    index = NearCopyIndex(seen)
    num_copies = 0
    for change in CHANGES:
        for text in rng.sample(seen, 25):
            changed = text
            for _ in range(rng.randint(1, 4)):
                changed = change(changed, rng)
            expected = any(is_near_copy(changed, one) for one in seen)
            num_copies += expected
            assert index.has_near_copy(changed) == expected, (change.__name__, changed)
    assert 50 < num_copies < 140  # many changes of one sentence leave no near copy, which is let through


def test_sentences_of_one_word_or_none_are_compared_too() -> None:
    index = NearCopyIndex(["alone", "…"])
    assert index.has_near_copy("Alone alone!")
    assert index.has_near_copy("—")
    assert not index.has_near_copy("other")
