"""A file's names become those of the project, before anything is checked against its schema."""

import pytest

from core.domain import (
    Document,
    DocumentFact,
    EntityType,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Span,
    SyntheticSentence,
)
from core.errors import SchemaError
from core.workflows.data_in.renames import accept_old_names, parse_renames, rename_document, rename_item

TEXT = "Aspirin caused rash in mice."
DRUG, EFFECT, ANIMAL = Mention(Span(0, 7), "Drug"), Mention(Span(15, 19), "ADE"), Mention(Span(23, 27), "Species")
CAUSES, SEEN_IN = Relation(DRUG, EFFECT, "causes"), Relation(EFFECT, ANIMAL, "seen in")
RENAMES = {"Drug": "Chemical", "ADE": "Disease", "Species": "", "causes": "CID", "seen in": ""}
SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", (("Chemical", "Disease"),)),)
)  # fmt: skip


def make_document() -> Document:
    facts = (DocumentFact("causes", "D1", "D2"), DocumentFact("seen in", "D2", "9606"))
    return Document("d", TEXT, mentions=(DRUG, EFFECT, ANIMAL), relations=(CAUSES, SEEN_IN), facts=facts)


def test_old_names_become_new_ones_and_what_is_left_out_takes_its_relations_along() -> None:
    renamed = rename_document(make_document(), RENAMES)
    assert [(one.entity_type, one.span) for one in renamed.mentions] == [
        ("Chemical", DRUG.span), ("Disease", EFFECT.span)
    ]  # fmt: skip
    (relation,) = renamed.relations
    assert (relation.label, relation.head, relation.tail) == ("CID", *renamed.mentions)
    assert renamed.facts == (DocumentFact("CID", "D1", "D2"),)
    assert renamed.text == TEXT


def test_two_types_that_become_one_leave_one_mention_and_no_relation_with_itself() -> None:
    twice = (DRUG, Mention(DRUG.span, "Compound"))
    document = Document("d", TEXT, mentions=twice, relations=(Relation(*twice, "is a"),))
    renamed = rename_document(document, {"Drug": "Chemical", "Compound": "Chemical"})
    assert renamed.mentions == (Mention(DRUG.span, "Chemical"),)
    assert renamed.relations == ()


def test_synthetic_sentences_are_renamed_and_left_out_too() -> None:
    masks = Mention(Span(0, 6), "Drug"), Mention(Span(14, 19), "ADE")
    sentences = tuple(SyntheticSentence("$DRUG$ caused $ADE$.", label, *masks) for label in ("causes", "seen in"))
    kept, dropped = (rename_item(sentence, RENAMES) for sentence in sentences)
    assert dropped is None
    assert isinstance(kept, SyntheticSentence)
    assert (kept.label, kept.head.entity_type, kept.tail.entity_type) == ("CID", "Chemical", "Disease")


def test_a_schema_accepts_old_names_where_it_allows_the_new() -> None:
    wide = accept_old_names(SCHEMA, RENAMES)
    wide.check_relation(CAUSES)
    wide.check_relation(SEEN_IN)
    wide.check_relation(Relation(Mention(DRUG.span, "Chemical"), EFFECT, "CID"))
    with pytest.raises(SchemaError, match="may not join ADE → Drug"):
        wide.check_relation(Relation(EFFECT, DRUG, "causes"))


def test_a_new_name_that_the_schema_lacks_is_refused() -> None:
    with pytest.raises(SchemaError, match="The schema knows no 'Sickness'; it knows "):
        accept_old_names(SCHEMA, {"ADE": "Sickness"})


def test_changes_are_read_from_lines() -> None:
    assert parse_renames(["Drug=Chemical", " ADE = Disease ", "Species="]) == {
        "Drug": "Chemical", "ADE": "Disease", "Species": ""
    }  # fmt: skip


@pytest.mark.parametrize("lines", [["Drug"], ["=Chemical"], ["Drug=Chemical", "Drug=Gene"]])
def test_a_line_that_names_no_change_is_refused(lines: list[str]) -> None:
    with pytest.raises(SchemaError):
        parse_renames(lines)
