"""The parts of a discontinuous mention: compared with its surface, moved to where they read it, or refused."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import Corpus, Document, Mention, Span
from core.errors import FormatError
from core.formats import read_corpus, write_corpus
from core.formats.fragments import Fragments, join_fragments, keep_fragments, locate_fragments

TEXT = "She had skin and liver rash."
STANDING = ((8, 12), (23, 27))


@pytest.mark.parametrize("surface", [None, "skin rash", "skinrash", "skin\nrash", "rash skin", "skin and liver rash"])
def test_parts_that_read_their_surface_in_any_usual_way_are_kept(surface: str | None) -> None:
    assert locate_fragments(TEXT, STANDING, surface=surface) == (STANDING, "")


@pytest.mark.parametrize("surface", ["skin rash", "skin and liver rash"])
@pytest.mark.parametrize("shift", [-5, 1, 8])
def test_parts_are_moved_together_to_where_they_read_the_surface(surface: str, shift: int) -> None:
    stated = tuple((start + shift, end + shift) for start, end in STANDING)
    moved, repair = locate_fragments(TEXT, stated, surface=surface)
    assert moved == STANDING
    assert repair.endswith("to 8:12;23:27.")


def test_parts_too_far_away_are_refused() -> None:
    text = " " * 30 + TEXT
    with pytest.raises(FormatError, match=r"not 'skin rash'; these stand nowhere within 20 characters\. Correct the"):
        locate_fragments(text, STANDING, surface="skin rash")


@st.composite
def stated_parts(draw: st.DrawFn) -> tuple[str, Fragments, int]:
    """Draw a text, parts of it in order, and by how many characters a file states them wrongly."""
    text = draw(st.text("ab \n", min_size=4, max_size=40).filter(lambda one: bool(one.strip())))
    places = sorted(draw(st.sets(st.integers(0, len(text)), min_size=4, max_size=4)))
    return text, tuple(pairwise(places))[::2], draw(st.integers(-25, 25))


@settings(max_examples=300, deadline=None)
@given(stated=stated_parts())
def test_parts_that_are_moved_read_their_surface(stated: tuple[str, Fragments, int]) -> None:
    text, standing, shift = stated
    surface = join_fragments(text, standing)
    wrong = tuple((max(0, start + shift), max(1, end + shift)) for start, end in standing)
    try:
        found, repair = locate_fragments(text, wrong, surface=surface)
    except FormatError:
        return
    if repair:
        assert join_fragments(text, found).split() == surface.split()
    assert locate_fragments(text, standing, surface=surface) == (standing, "")


@pytest.mark.parametrize("format_name", ["brat", "bioc-xml", "pubannotation", "jsonl"])
@settings(max_examples=40, deadline=None)
@given(stated=stated_parts())
def test_parts_come_back_from_every_format_that_states_them(
    format_name: str, stated: tuple[str, Fragments, int]
) -> None:
    text, parts, _ = stated
    mention = Mention(Span(parts[0][0], parts[-1][1]), "Disease")
    document = Document("d", text, mentions=(mention,), metadata=(keep_fragments(mention, parts),))
    result = read_corpus(write_corpus(Corpus((document,)), format_name=format_name).data, source="f")
    assert [issue for issue in result.report.issues if issue.severity != "noted"] == []
    (found,) = result.corpus.documents
    assert found.mentions == document.mentions
    assert set(document.metadata) <= set(found.metadata)
