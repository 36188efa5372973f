"""Masks in the place of mentions."""

import pytest

from core.domain import Instance, Mention, Span
from core.errors import AlignmentError, SchemaError
from core.nlp.masking import locate_masks, mask_instance, mask_tokens, masks_for_pair
from tests.builders import make_drug_schema, make_instance, make_schema


def test_types_alone_tell_head_from_tail_where_only_one_order_is_legal() -> None:
    assert masks_for_pair(make_schema(), "Chemical", "Disease") == ("$CHEMICAL$", "$DISEASE$")


def test_masks_carry_a_and_b_where_both_orders_are_legal() -> None:
    assert masks_for_pair(make_drug_schema(), "Drug", "Drug") == ("$DRUG_A$", "$DRUG_B$")
    assert mask_tokens(make_drug_schema()) == ("$DRUG_A$", "$DRUG_B$")


def test_both_mentions_are_replaced_wherever_they_stand() -> None:
    instance = make_instance("Nausea followed aspirin.", "aspirin", "Nausea", "CID")
    assert mask_instance(instance, make_schema()) == "$DISEASE$ followed $CHEMICAL$."


def test_masking_a_masked_sentence_changes_nothing() -> None:
    instance = make_instance("$CHEMICAL$ caused $DISEASE$.", "$CHEMICAL$", "$DISEASE$", "CID")
    assert mask_instance(instance, make_schema()) == instance.text


def test_overlapping_mentions_are_refused() -> None:
    text = "aspirin asthma"
    instance = Instance("x", text, Mention(Span(0, 14), "Chemical"), Mention(Span(8, 14), "Disease"))
    with pytest.raises(AlignmentError, match="overlap"):
        mask_instance(instance, make_schema())


def test_an_illegal_pair_has_no_masks() -> None:
    with pytest.raises(SchemaError, match="Disease → Chemical"):
        masks_for_pair(make_schema(), "Disease", "Chemical")


def test_masks_are_located_exactly_once_each() -> None:
    text = "$CHEMICAL$ caused $DISEASE$."
    assert locate_masks(text, "$CHEMICAL$", "$DISEASE$") == (Span(0, 10), Span(18, 27))
    with pytest.raises(AlignmentError, match="found 2 and 1"):
        locate_masks(text + " $CHEMICAL$", "$CHEMICAL$", "$DISEASE$")
