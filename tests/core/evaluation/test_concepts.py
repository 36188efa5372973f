"""Concept pairs of documents against hand-counted facts."""

import pytest

from core.domain import DocumentFact, Mention, Relation, Span
from core.evaluation.concepts import score_concept_pairs, state_facts


def mention(start: int, entity_type: str, *concept_ids: str) -> Mention:
    return Mention(Span(start, start + 1), entity_type, concept_ids)


def test_a_composite_mention_states_a_fact_for_each_concept() -> None:
    relation = Relation(mention(0, "Chemical", "D1", "D3"), mention(5, "Disease", "S1", "-1"), "CID")
    assert state_facts([relation]) == {DocumentFact("CID", "D1", "S1"), DocumentFact("CID", "D3", "S1")}


def test_a_mention_without_a_concept_states_nothing() -> None:
    chemical = mention(0, "Chemical", "D1")
    unknown, bare = mention(5, "Disease", "-1"), mention(9, "Disease")
    assert state_facts([Relation(chemical, unknown, "CID"), Relation(chemical, bare, "CID")]) == frozenset()


def test_pairs_are_unique_per_document_and_facts_without_a_sentence_are_misses() -> None:
    chemical, again = mention(0, "Chemical", "D1"), mention(20, "Chemical", "D1")
    disease, other = mention(5, "Disease", "S1"), mention(9, "Disease", "S2")
    gold = [
        # The second fact joins concepts of different sentences, so no pair could state it.
        [DocumentFact("CID", "D1", "S1"), DocumentFact("CID", "D9", "S9")],
        [DocumentFact("CID", "D1", "S1")],
    ]
    predicted = [
        # Two mention pairs state the same fact: one true positive. The third pair is false.
        state_facts(
            [Relation(chemical, disease, "CID"), Relation(again, disease, "CID"), Relation(chemical, other, "CID")]
        ),
        state_facts([]),
    ]
    scores = score_concept_pairs(gold, predicted, ["CID"])
    # tp 1, fp 1, fn 1 + 1: P 1/2, R 1/3, F1 2/5. The same pair in two documents counts twice.
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 1, 2)
    assert scores.f1 == pytest.approx(2 / 5)
    assert "concept-pair" in scores.protocol


def test_only_a_symmetric_label_may_turn_its_concepts_round() -> None:
    gold, predicted = [[DocumentFact("BIND", "A", "B")]], [[DocumentFact("BIND", "B", "A")]]
    assert score_concept_pairs(gold, predicted, ["BIND"]).f1 == 0.0
    assert score_concept_pairs(gold, predicted, ["BIND"], symmetric=["BIND"]).f1 == 1.0
