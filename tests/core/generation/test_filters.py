"""Each filter removes what it should, and names itself."""

import pytest

from core.domain import Span
from core.generation.filters import KeptSentence, MaskPair, Removal, SentenceFilter

CHEMICAL_DISEASE = MaskPair("$CHEMICAL$", "$DISEASE$", "Chemical", "Disease")
MASKS = ("$CHEMICAL$", "$DISEASE$", "$GENE$")
GOLD = "Severe $DISEASE$ was seen in two patients who took $CHEMICAL$ for a week."
HELD_OUT = "Nobody had expected that $CHEMICAL$ would bring on $DISEASE$ in healthy adults."
OLDER = "The risk of $DISEASE$ rose with each additional dose of $CHEMICAL$ in mice."
GOOD = "A single dose of $CHEMICAL$ was followed by $DISEASE$ in one child."


@pytest.fixture
def sentence_filter() -> SentenceFilter:
    return SentenceFilter([CHEMICAL_DISEASE], masks=MASKS, gold=[GOLD], heldout=[HELD_OUT], synthetic=[OLDER])


def test_good_sentence_is_kept_with_its_mentions(sentence_filter: SentenceFilter) -> None:
    kept = sentence_filter.judge(GOOD)
    assert isinstance(kept, KeptSentence)
    assert kept.head.span == Span(17, 27)
    assert kept.head.span.text(kept.text) == "$CHEMICAL$"
    assert kept.tail.span.text(kept.text) == "$DISEASE$"
    assert (kept.head.entity_type, kept.tail.entity_type) == ("Chemical", "Disease")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A single dose of $CHEMICAL$ was followed by nausea in one child.", Removal.MASKS),
        ("A single dose of $CHEMICAL$ and $CHEMICAL$ was followed by $DISEASE$ in one child.", Removal.MASKS),
        ("A single dose of $CHEMICAL$ was followed by $DISEASE$ through $GENE$ in one child.", Removal.MASKS),
        ("", Removal.MASKS),
        ("A single dose of $CHEMICAL$ and chemical was followed by $DISEASE$ in one child.", Removal.BARE_TYPE),
        ("$CHEMICAL$ caused $DISEASE$ in one old man.", Removal.TOO_SHORT),
        ("A single dose of $CHEMICAL$ was followed by $DISEASE$ in one", Removal.UNFINISHED),
        ("A single dose of $CHEMICAL$ was followed by $DISEASE$ in one,", Removal.UNFINISHED),
        (HELD_OUT, Removal.MEMORISED),
        (HELD_OUT.replace("healthy", "elderly"), Removal.MEMORISED),
        (GOLD, Removal.COPY_OF_GOLD),
        (GOLD.replace("two", "three"), Removal.COPY_OF_GOLD),
        (
            OLDER.lower().replace("$chemical$", "$CHEMICAL$").replace("$disease$", "$DISEASE$"),
            Removal.COPY_OF_SYNTHETIC,
        ),
    ],
)
def test_bad_sentence_is_removed_for_its_reason(sentence_filter: SentenceFilter, text: str, reason: Removal) -> None:
    assert sentence_filter.judge(text) is reason


@pytest.mark.parametrize("end", [".", "!", "?", '."', ".)", "?”"])
def test_sentence_may_end_with_a_quote_or_bracket_after_its_stop(sentence_filter: SentenceFilter, end: str) -> None:
    assert isinstance(sentence_filter.judge(GOOD.removesuffix(".") + end), KeptSentence)


def test_eight_words_with_the_masks_are_enough(sentence_filter: SentenceFilter) -> None:
    assert isinstance(sentence_filter.judge("$CHEMICAL$ often caused $DISEASE$ in one old man."), KeptSentence)


def test_kept_sentence_counts_as_seen(sentence_filter: SentenceFilter) -> None:
    assert isinstance(sentence_filter.judge(GOOD), KeptSentence)
    assert sentence_filter.judge(GOOD) is Removal.COPY_OF_SYNTHETIC


def test_masks_of_one_type_tell_head_from_tail_in_any_order() -> None:
    pair = MaskPair("$DRUG_A$", "$DRUG_B$", "Drug", "Drug")
    sentence_filter = SentenceFilter([pair], masks=("$DRUG_A$", "$DRUG_B$"))
    kept = sentence_filter.judge("The effect of $DRUG_B$ is stronger if $DRUG_A$ is given as well.")
    assert isinstance(kept, KeptSentence)
    assert kept.tail.span.start < kept.head.span.start


def test_a_pair_without_direction_keeps_the_order_that_gold_has() -> None:
    pair = MaskPair("$DRUG_A$", "$DRUG_B$", "Drug", "Drug", is_ordered=True)
    sentence_filter = SentenceFilter([pair], masks=("$DRUG_A$", "$DRUG_B$"))
    backwards = "The effect of $DRUG_B$ is stronger if $DRUG_A$ is given as well."
    assert sentence_filter.judge(backwards) is Removal.MASKS
    forwards = backwards.replace("_B$", "_C$").replace("_A$", "_B$").replace("_C$", "_A$")
    assert isinstance(sentence_filter.judge(forwards), KeptSentence)


def test_second_pair_of_a_label_is_found() -> None:
    pairs = [CHEMICAL_DISEASE, MaskPair("$GENE$", "$DISEASE$", "Gene", "Disease")]
    kept = SentenceFilter(pairs, masks=MASKS).judge("Loss of $GENE$ was seen in many families with $DISEASE$.")
    assert isinstance(kept, KeptSentence)
    assert kept.head.entity_type == "Gene"


def test_a_type_that_gold_sentences_name_too_is_an_ordinary_word() -> None:
    gold = [GOLD, "In this disease $CHEMICAL$ had made $DISEASE$ worse."]
    text = "In this disease a single dose of $CHEMICAL$ was followed by $DISEASE$."
    assert isinstance(SentenceFilter([CHEMICAL_DISEASE], masks=MASKS, gold=gold).judge(text), KeptSentence)
    assert SentenceFilter([CHEMICAL_DISEASE], masks=MASKS, gold=[GOLD]).judge(text) is Removal.BARE_TYPE
    assert isinstance(SentenceFilter([CHEMICAL_DISEASE], masks=MASKS).judge(text), KeptSentence)


def test_every_reason_has_words_for_curators() -> None:
    assert all(reason.description for reason in Removal)
