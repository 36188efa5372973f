"""Parses are checked, and mentions become single nodes of the graph."""

import pytest

from core.domain import Span
from core.errors import AlignmentError
from core.nlp.alignment import split_words
from core.nlp.dependency import Parse, contract_mentions, hide_masks

TEXT = "acute renal failure followed high dose aspirin"
TOKENS = tuple(split_words(TEXT))
#        acute→failure, renal→failure, failure→followed, root, high→dose, dose→aspirin, aspirin→followed
HEADS = (2, 2, 3, 3, 5, 6, 3)


def test_a_parse_needs_one_head_for_each_token() -> None:
    with pytest.raises(AlignmentError, match="7 tokens have 2 heads"):
        Parse(TOKENS, (0, 0))


def test_a_head_must_be_a_token() -> None:
    with pytest.raises(AlignmentError, match="Token 1 has head 2; there are 2 tokens"):
        Parse(TOKENS[:2], (0, 2))


def test_a_parse_has_exactly_one_root() -> None:
    with pytest.raises(AlignmentError, match="exactly one root, this one has 2"):
        Parse(TOKENS[:2], (0, 1))


def test_tokens_must_not_overlap() -> None:
    with pytest.raises(AlignmentError, match="before its neighbour"):
        Parse((Span(0, 5), Span(4, 8)), (0, 0))


def test_an_empty_sentence_has_an_empty_parse() -> None:
    assert contract_mentions(Parse((), ()), ()).nodes == ()


def test_a_mention_of_several_tokens_is_one_node_with_the_edges_of_all() -> None:
    failure, aspirin = Span(0, 19), Span(39, 46)
    graph = contract_mentions(Parse(TOKENS, HEADS), (aspirin, failure))
    assert [node.text(TEXT) for node in graph.nodes] == ["acute renal failure", "followed", "high", "dose", "aspirin"]
    assert graph.edges == ((0, 1), (1, 4), (2, 3), (3, 4))
    assert graph.mention_nodes == (4, 0)


def test_edges_from_every_token_of_a_mention_are_kept_once() -> None:
    graph = contract_mentions(Parse(TOKENS[:4], (3, 0, 3, 3)), (Span(0, 11), Span(20, 28)))
    assert graph.edges == ((0, 2), (1, 2))


def test_a_token_is_taken_into_a_mention_that_covers_only_part_of_it() -> None:
    text = "aspirin-induced rash"
    graph = contract_mentions(Parse((Span(0, 15), Span(16, 20)), (1, 1)), (Span(0, 7), Span(16, 20)))
    assert [node.text(text) for node in graph.nodes] == ["aspirin", "rash"]
    assert graph.edges == ((0, 1),)


def test_a_token_that_touches_both_mentions_joins_them() -> None:
    graph = contract_mentions(Parse((Span(0, 15), Span(16, 20)), (1, 1)), (Span(0, 7), Span(8, 15)))
    assert graph.edges == ((0, 1), (0, 2), (1, 2))


def test_hidden_masks_keep_every_offset() -> None:
    text = "($CHEMICAL$)-induced $DISEASE_A$ for $5"
    hidden = hide_masks(text)
    assert hidden == "( CHEMICAL )-induced  DISEASE_A  for $5"
    assert len(hidden) == len(text)
