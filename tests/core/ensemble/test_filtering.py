"""The negative-instance filter: which pairs are unrelated by rule."""

from itertools import combinations

import pytest

from core.domain import NO_RELATION, Instance, Mention, Origin, Span
from core.ensemble.filtering import filter_negatives


def make_pairs(marked: str) -> list[Instance]:
    """Return all pairs of a sentence whose mentions stand between asterisks."""
    parts = marked.split("*")
    text = "".join(parts)
    mentions, position = [], 0
    for index, part in enumerate(parts):
        if index % 2:
            mentions.append(Mention(Span(position, position + len(part)), "Drug"))
        position += len(part)
    return [
        Instance(f"{number}", text, head, tail, NO_RELATION)
        for number, (head, tail) in enumerate(combinations(mentions, 2))
    ]


def dropped_names(marked: str) -> set[tuple[str, str]]:
    """Return the dropped pairs of a sentence as surface names."""
    return {
        (instance.head.span.text(instance.text), instance.tail.span.text(instance.text))
        for instance in filter_negatives(make_pairs(marked)).dropped
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "*Aspirin* slows the clearance of *aspirin* itself.",
        "*acetylsalicylic acid* (*ASA*) was given.",
        "*ASA* [*acetylsalicylic acid*] was given.",
    ],
)
def test_two_names_of_one_thing_are_dropped(sentence: str) -> None:
    assert len(dropped_names(sentence)) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "*Aspirin* slows the clearance of *codeine*.",
        "*Aspirin* and *codeine* interact.",
        "*opioids* (*codeine*) were given.",
        "*acetylsalicylic acid* (with *ASA*) was given.",
        "*aspirin* *codeine* tablets",
    ],
)
def test_two_different_things_are_kept(sentence: str) -> None:
    assert dropped_names(sentence) == set()


@pytest.mark.parametrize(
    "sentence",
    [
        "*A1*, *B2*, and *C3* were given.",
        "*A1*; *B2* or *C3* were given.",
        "*A1*/*B2*/*C3* were given.",
        "*A1*, *B2* and/or *C3* were given.",
    ],
)
def test_a_list_of_three_has_no_relations_inside(sentence: str) -> None:
    assert dropped_names(sentence) == {("A1", "B2"), ("A1", "C3"), ("B2", "C3")}


def test_what_stands_outside_the_list_may_be_related_to_its_members() -> None:
    assert dropped_names("*A1*, *B2*, and *C3* raise *D4*.") == {("A1", "B2"), ("A1", "C3"), ("B2", "C3")}


def test_a_conjunction_ends_a_list() -> None:
    assert dropped_names("use of *A1* and *B2*, *C3* or *D4*") == {("B2", "C3"), ("B2", "D4"), ("C3", "D4")}


def test_a_list_in_brackets_holds_the_group_it_names() -> None:
    assert len(dropped_names("*opioids* (*A1*, *B2*, and *C3*)")) == 6


def test_a_name_in_brackets_is_no_item_of_its_own() -> None:
    assert dropped_names("use of *A1* (*B2*) and *C3*") == set()


def test_words_between_mentions_break_a_list() -> None:
    assert dropped_names("*A1*, the analgesic *B2*, and *C3*") == set()


def test_the_list_is_seen_though_no_instance_joins_all_its_members() -> None:
    first, _, last = make_pairs("*A1*, *B2*, and *C3* were given.")
    assert filter_negatives([first, last]).dropped == (first, last)


def test_kept_and_dropped_together_are_the_input_in_its_order() -> None:
    pairs = make_pairs("*A1*, *B2*, and *C3* raise *D4*.")
    result = filter_negatives(pairs)
    assert [pair.id for pair in result.kept] == ["2", "4", "5"]
    assert [pair.id for pair in result.dropped] == ["0", "1", "3"]


def test_synthetic_instances_are_never_dropped() -> None:
    (gold,) = make_pairs("*aspirin* and *aspirin*")
    synthetic = Instance("synthetic:0", gold.text, gold.head, gold.tail, "INT", origin=Origin.SYNTHETIC)
    assert filter_negatives([synthetic, gold]).kept == (synthetic,)
