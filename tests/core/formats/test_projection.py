"""Projection of facts onto mention pairs of one sentence."""

from dataclasses import replace

from core.domain import (
    Document,
    DocumentFact,
    EntityType,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    Source,
    Span,
    State,
)
from core.formats.projection import make_fact_only, project_facts

SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Disease")),
    (
        RelationLabel("CID", (("Chemical", "Disease"),)),
        RelationLabel("SAME", (("Chemical", "Chemical"),), is_symmetric=True),
    ),
)
# Two sentences, 0-10 and 11-20.
CAUSE = Mention(Span(0, 2), "Chemical", ("D1",))
EFFECT = Mention(Span(3, 5), "Disease", ("D2", "D3"))
OTHER_CAUSE = Mention(Span(6, 8), "Chemical", ("D4", "-1"))
FAR_EFFECT = Mention(Span(11, 13), "Disease", ("D2",))
FACT = DocumentFact("CID", "D1", "D2")
DOCUMENT = Document(
    id="1",
    text="x" * 20,
    sentences=(Sentence(Span(0, 10)), Sentence(Span(11, 20))),
    mentions=(CAUSE, EFFECT, OTHER_CAUSE, FAR_EFFECT),
    facts=(FACT,),
)


def test_a_fact_joins_its_concepts_within_a_sentence_only() -> None:
    (relation,) = project_facts(DOCUMENT, SCHEMA)
    assert relation == Relation(CAUSE, EFFECT, "CID")
    assert relation.source is Source.PROJECTED
    assert relation.state is State.ACCEPTED


def test_two_facts_on_one_composite_mention_give_one_relation() -> None:
    document = replace(DOCUMENT, facts=(FACT, DocumentFact("CID", "D1", "D3")))
    assert project_facts(document, SCHEMA) == (Relation(CAUSE, EFFECT, "CID"),)


def test_illegal_types_unknown_labels_and_absent_concepts_project_nothing() -> None:
    facts = (
        DocumentFact("CID", "D2", "D1"),
        DocumentFact("OTHER", "D1", "D2"),
        DocumentFact("CID", "-1", "D2"),
    )
    assert project_facts(replace(DOCUMENT, facts=facts), SCHEMA) == ()


def test_without_a_schema_every_pair_of_types_is_legal() -> None:
    document = replace(DOCUMENT, facts=(DocumentFact("ANY", "D2", "D1"),))
    assert project_facts(document, None) == (Relation(EFFECT, CAUSE, "ANY"),)


def test_a_symmetric_fact_gives_one_relation_in_text_order() -> None:
    document = replace(DOCUMENT, facts=(DocumentFact("SAME", "D4", "D1"), DocumentFact("SAME", "D1", "D4")))
    assert project_facts(document, SCHEMA) == (Relation(CAUSE, OTHER_CAUSE, "SAME"),)


def test_stated_relations_rejected_mentions_and_fact_only_facts_are_left_out() -> None:
    stated = replace(DOCUMENT, relations=(Relation(CAUSE, EFFECT, "CID"),))
    rejected = replace(DOCUMENT, mentions=(replace(CAUSE, state=State.REJECTED), EFFECT))
    fact_only = replace(DOCUMENT, metadata=(make_fact_only([FACT]),))
    for document in (stated, rejected, fact_only):
        assert project_facts(document, SCHEMA) == ()


def test_a_mention_is_not_joined_with_itself() -> None:
    document = replace(DOCUMENT, facts=(DocumentFact("ANY", "D2", "D3"),))
    assert project_facts(document, None) == ()


def test_without_sentences_nothing_is_projected() -> None:
    assert project_facts(replace(DOCUMENT, sentences=()), SCHEMA) == ()
