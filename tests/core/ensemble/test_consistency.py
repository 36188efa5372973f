"""Names that a document marks in one place and not in another."""

from collections.abc import Sequence

import pytest

from core.domain import Mention, Source, State
from core.ensemble.consistency import agree_on_names
from tests.builders import find_mention

DRUG = "Chemical"


def spread(texts: Sequence[str], *names: Sequence[str]) -> list[list[str]]:
    """Return the names that are added to each sentence, where those given are marked in their first place."""
    mentions = [
        [find_mention(text, name, DRUG) for name in several] for text, several in zip(texts, names, strict=True)
    ]
    agreed = agree_on_names(texts, mentions)
    return [
        [one.span.text(text) for one in after if one not in before]
        for text, before, after in zip(texts, mentions, agreed, strict=True)
    ]


def test_a_name_that_is_marked_in_most_of_its_places_is_marked_in_all() -> None:
    texts = ["aspirin helps", "aspirin", "no aspirin here"]
    assert spread(texts, ["aspirin"], ["aspirin"], []) == [[], [], ["aspirin"]]
    assert spread(texts, ["aspirin"], [], []) == [[], [], []]


def test_a_name_that_is_marked_in_few_of_its_places_is_marked_in_none_unless_a_person_did() -> None:
    texts = ["salt", "salt", "salt", "salt or aspirin"]
    for score, names in ((0.9, ["aspirin"]), (None, ["salt", "aspirin"])):
        mentions = [[], [], [], [scored(texts[3], "salt", score), scored(texts[3], "aspirin", 0.9)]]
        agreed = agree_on_names(texts, mentions)
        assert [[one.span.text(texts[3]) for one in several] for several in agreed] == [[], [], [], names]


def test_a_part_of_a_word_is_no_place_of_a_name() -> None:
    texts = ["lead poisoning", "lead", "a leading cause, mislead, lead-free", "LEAD"]
    assert spread(texts, ["lead"], ["lead"], [], []) == [[], [], ["lead"], []]


def test_one_letter_is_no_name() -> None:
    assert spread(["vitamin D", "D", "group D"], ["D"], ["D"], []) == [[], [], []]


def test_an_abbreviation_is_marked_wherever_it_stands_though_nothing_found_it() -> None:
    texts = ["acetylsalicylic acid (ASA) helps", "ASA and ASA", "ASA-induced"]
    assert spread(texts, ["acetylsalicylic acid"], [], []) == [["ASA"], ["ASA", "ASA"], ["ASA"]]


def test_nothing_is_added_over_a_mention_of_its_type_and_the_longer_name_goes_first() -> None:
    texts = ["sodium chloride", "sodium chloride", "sodium chloride", *["sodium"] * 5]
    names = [["sodium chloride"], ["sodium chloride"], [], *[["sodium"]] * 5]
    assert spread(texts, *names) == [[], [], ["sodium chloride"], *[[]] * 5]


def test_a_mention_of_another_type_may_lie_there() -> None:
    texts = ["dopamine rose", "dopamine", "the dopamine transporter"]
    dopamine = [[find_mention(text, "dopamine", DRUG)] for text in texts[:2]]
    transporter = find_mention(texts[2], "dopamine transporter", "Gene")
    *_, (kept, added) = agree_on_names(texts, [*dopamine, [transporter]])
    assert kept == transporter
    assert (added.entity_type, added.span.text(texts[2])) == (DRUG, "dopamine")


def scored(text: str, name: str, score: float | None) -> Mention:
    found = find_mention(text, name, DRUG)
    return Mention(found.span, DRUG, score=score, state=State.PENDING, source=Source.MODEL)


def test_what_is_added_is_open_and_as_certain_as_its_name_is_consistent() -> None:
    texts = ["aspirin", "aspirin", "aspirin"]
    (_, _, (added,)) = agree_on_names(
        texts, [[scored(texts[0], "aspirin", 0.9)], [scored(texts[1], "aspirin", 0.6)], []]
    )
    assert added.score == pytest.approx(0.75 * 2 / 3)
    assert (added.state, added.source) == (State.PENDING, Source.MODEL)


def test_an_abbreviation_is_as_certain_as_its_long_form_and_a_curators_mark_is_certain() -> None:
    texts = ["acetylsalicylic acid (ASA)"]
    for score, expected in ((0.7, 0.7), (None, 1.0)):
        ((_, added),) = agree_on_names(texts, [[scored(texts[0], "acetylsalicylic acid", score)]])
        assert added.score == expected


def test_where_a_person_has_decided_a_name_those_places_alone_count() -> None:
    opened = ["aspirin", "aspirin", "salt", "salt"]
    found = [[], [], [scored("salt", "salt", 0.9)], [scored("salt", "salt", 0.9)]]
    reviewed = [("aspirin with salt", [find_mention("aspirin with salt", "aspirin", DRUG)])]
    agreed = agree_on_names(opened, found, reviewed)
    assert [[one.span.text(text) for one in several] for text, several in zip(opened, agreed, strict=True)] == [
        ["aspirin"], ["aspirin"], [], [],
    ]  # fmt: skip
    assert agreed[0][0].score == 1.0 and agreed[0][0].state is State.PENDING


def test_a_reviewed_sentence_decides_no_name_inside_a_longer_mention() -> None:
    text = "sodium chloride"
    found = [[scored("sodium", "sodium", 0.9)]]
    assert agree_on_names(["sodium"], found, [(text, [find_mention(text, text, DRUG)])]) == [tuple(found[0])]


def test_a_reviewed_sentence_defines_abbreviations_for_the_others() -> None:
    text = "acetylsalicylic acid (ASA) helps"
    ((asa,),) = agree_on_names(["later ASA"], [[]], [(text, [find_mention(text, "acetylsalicylic acid", DRUG)])])
    assert asa.span.text("later ASA") == "ASA"
