"""Masks become names: offsets, types, never the same name twice."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import Span
from core.generation.realise import Lexicon, realise

MASKED = "In men $DISEASE$ followed $CHEMICAL$."
TAIL, HEAD = Span(7, 16), Span(26, 36)


@pytest.mark.parametrize(
    ("head_name", "tail_name"),
    [("5-fluorouracil", "rash"), ("β-blocker", "Ménière’s disease"), ("𝛼-tocopherol 👩‍🔬", "é"), ("مورفين", "痛み")],
)
def test_names_stand_exactly_where_the_offsets_say(head_name: str, tail_name: str) -> None:
    found = realise(MASKED, head=HEAD, tail=TAIL, head_name=head_name, tail_name=tail_name)
    assert found.text == f"In men {tail_name} followed {head_name}."
    assert (found.head.text(found.text), found.tail.text(found.text)) == (head_name, tail_name)


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_offsets_fit_any_names(head_name: str, tail_name: str) -> None:
    found = realise(MASKED, head=HEAD, tail=TAIL, head_name=head_name, tail_name=tail_name)
    assert (found.head.text(found.text), found.tail.text(found.text)) == (head_name, tail_name)


def test_a_mask_without_a_name_stays() -> None:
    found = realise(MASKED, head=HEAD, tail=TAIL, head_name="", tail_name="rash")
    assert found.text == "In men rash followed $CHEMICAL$."
    assert found.head.text(found.text) == "$CHEMICAL$"


def test_pairs_take_names_of_their_types_and_never_one_name_twice() -> None:
    lexicon = Lexicon.from_names([("Drug", "aspirin"), ("Drug", "Aspirin"), ("Drug", "codeine"), ("Disease", "rash")])
    rng = Random(0)
    pairs = {lexicon.draw_pair("Drug", "Drug", rng=rng) for _ in range(200)}
    assert {head.casefold() for head, _ in pairs} == {"aspirin", "codeine"}
    assert all(head.casefold() != tail.casefold() for head, tail in pairs)
    assert {lexicon.draw_pair("Drug", "Disease", rng=rng)[1] for _ in range(50)} == {"rash"}


def test_a_lexicon_that_cannot_name_a_pair_gives_no_names() -> None:
    assert Lexicon().draw_pair("Drug", "Drug", rng=Random(0)) == ("", "")
    assert Lexicon.from_names([("Drug", "aspirin")]).draw_pair("Drug", "Drug", rng=Random(0)) == ("", "")


def test_names_on_two_lines_or_without_letters_are_left_out() -> None:
    assert Lexicon.from_names([("Drug", "folic\nacid"), ("Drug", "5-1")]).names_by_type == {}
