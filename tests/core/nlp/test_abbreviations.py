"""Abbreviations in brackets behind a name."""

import pytest

from core.domain import Span
from core.nlp.abbreviations import abbreviates, find_abbreviation
from tests.builders import find_mention


def locate(text: str, name: str) -> Span:
    return find_mention(text, name, "Chemical").span


@pytest.mark.parametrize(
    ("text", "name", "short"),
    [
        ("the dopamine transporter (DAT) was", "dopamine transporter", "DAT"),
        ("human dopamine transporter (DAT)", "human dopamine transporter", "DAT"),
        ("acetylsalicylic acid [ ASA ]", "acetylsalicylic acid", "ASA"),
        ("heart failure (HF; class II)", "heart failure", "HF"),
        ("interleukin 6 (IL-6)", "interleukin 6", "IL-6"),
        ("5-fluorouracil (5-FU)", "5-fluorouracil", "5-FU"),
    ],
)
def test_it_is_found_where_its_letters_are_those_of_the_name(text: str, name: str, short: str) -> None:
    found = find_abbreviation(text, locate(text, name))
    assert found == locate(text, short)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("aspirin (an old drug)", "aspirin"),
        ("aspirin (n = 12)", "aspirin"),
        ("aspirin (12)", "aspirin"),
        ("aspirin (A)", "aspirin"),
        ("dopamine transporter and receptor (DAT)", "dopamine transporter"),
        ("dopamine transporter (SERT)", "dopamine transporter"),
        ("dopamine transporter (DAT", "dopamine transporter"),
        ("dopamine transporter", "dopamine transporter"),
    ],
)
def test_what_is_no_abbreviation_of_the_name_is_not(text: str, name: str) -> None:
    assert find_abbreviation(text, locate(text, name)) is None


def test_a_name_does_not_abbreviate_itself() -> None:
    assert abbreviates("dat", "dopamine transporter")
    assert not abbreviates("dat", "dat")
