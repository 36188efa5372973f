"""What the models of a project say together, and what the sentences of a document tell each other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from core.domain import Mention, Relation, SentencePrediction, State
from core.ensemble.extraction import Extractor
from tests.builders import find_mention, make_schema

FIRST, SECOND = "Aspirin may cause nausea .", "Severe nausea was due to Aspirin ."


class Finder:
    """Finds Aspirin in the first sentence alone, and nausea in both; relates every pair it is given."""

    def __init__(self) -> None:
        self.read_again: list[str] = []

    def predict(self, texts: Sequence[str], **_: object) -> list[SentencePrediction]:
        found = []
        for text in texts:
            nausea, aspirin = find_mention(text, "nausea", "Disease"), find_mention(text, "Aspirin", "Chemical")
            is_first = text == FIRST
            relations = (Relation(aspirin, nausea, "CID", 0.9, State.PENDING),) if is_first else ()
            found.append(SentencePrediction((aspirin, nausea) if is_first else (nausea,), relations, 0.1))
        return found

    def relate(
        self, texts: Sequence[str], mentions: Sequence[Sequence[Mention]], **_: object
    ) -> list[tuple[Relation, ...]]:
        self.read_again += texts
        heads = [next(one for one in several if one.entity_type == "Chemical") for several in mentions]
        tails = [next(one for one in several if one.entity_type == "Disease") for several in mentions]
        return [(Relation(head, tail, "CID"),) for head, tail in zip(heads, tails, strict=True)]


def make_extractor(finder: Finder) -> Extractor:
    return Extractor(make_schema(), cast(Any, finder), None)


def test_a_name_found_in_one_sentence_of_a_document_is_one_in_the_other_and_may_be_related_there() -> None:
    finder = Finder()
    first, _, second = make_extractor(finder).predict([FIRST, FIRST, SECOND], documents=[7, 7, 7])
    aspirin = find_mention(SECOND, "Aspirin", "Chemical")
    assert set(second.mentions) == {find_mention(SECOND, "nausea", "Disease"), aspirin}
    assert [relation.head for relation in second.relations] == [aspirin]
    assert second.uncertainty == pytest.approx(1 - 2 / 3)
    assert finder.read_again == [SECOND]
    assert (len(first.relations), first.uncertainty) == (1, 0.1)


def test_the_two_directions_of_a_symmetric_relation_are_one_with_the_higher_score() -> None:
    (label,) = make_schema().relation_labels
    schema = replace(make_schema(), relation_labels=(replace(label, is_symmetric=True),))
    aspirin, nausea = find_mention(FIRST, "Aspirin", "Chemical"), find_mention(FIRST, "nausea", "Disease")
    both = (Relation(aspirin, nausea, "CID", 0.6), Relation(nausea, aspirin, "CID", 0.8))
    finder = Finder()
    finder.predict = lambda *_, **__: [SentencePrediction((aspirin, nausea), both)]  # type: ignore[method-assign]
    (found,) = Extractor(schema, cast(Any, finder), None).predict([FIRST])
    assert found.relations == (Relation(aspirin, nausea, "CID", 0.8),)


def test_sentences_of_different_documents_tell_each_other_nothing() -> None:
    finder = Finder()
    for documents in (None, [1, 1, 2]):
        *_, second = make_extractor(finder).predict([FIRST, FIRST, SECOND], documents=documents)
        assert len(second.mentions) == 1 and not second.relations
    assert finder.read_again == []


def test_a_mention_that_a_curator_made_is_related_though_the_finder_missed_it() -> None:
    finder = Finder()
    aspirin = find_mention(SECOND, "Aspirin", "Chemical")
    (found,) = make_extractor(finder).predict([SECOND], [(aspirin,)])
    assert [(one.head, one.label) for one in found.relations] == [(aspirin, "CID")]


def test_a_new_mention_that_no_label_may_join_is_not_read_again() -> None:
    finder = Finder()
    other = "Aspirin and nausea ."
    schema = make_schema()
    lone = Extractor(type(schema)(schema.entity_types, ()), cast(Any, finder), None)
    *_, second = lone.predict([FIRST, FIRST, other], documents=[1, 1, 1])
    assert len(second.mentions) == 2 and finder.read_again == []


def test_a_mention_that_the_document_speaks_against_goes_with_its_relations() -> None:
    class Whim(Finder):
        def predict(self, texts: Sequence[str], **_: object) -> list[SentencePrediction]:
            found = super().predict(texts)
            scored = [replace(one, score=0.8) for one in found[0].mentions]
            relation = Relation(scored[0], scored[1], "CID")
            rest = [replace(one, mentions=(one.mentions[-1],), relations=()) for one in found[1:]]
            return [SentencePrediction(tuple(scored), (relation,), 0.1), *rest]

    first, *rest = make_extractor(Whim()).predict([FIRST, *[SECOND] * 3], documents=[1] * 4)
    assert [one.entity_type for one in first.mentions] == ["Disease"]
    assert first.relations == () and first.uncertainty == 0.5
    assert all(len(one.mentions) == 1 for one in rest)
