"""Files of gold documents, predicted and scored, with a model that is told what to find."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from core.domain import Document, Relation, Sentence, SentencePrediction, Span, State
from core.ensemble.extraction import Extractor
from core.errors import ModelError
from core.workflows.evaluate import predict_documents, score_documents
from tests.builders import find_mention, ignore_progress, make_schema

TEXT = "It rained. Aspirin caused nausea."


class Told:
    """Finds aspirin and nausea wherever they stand, as a joint model would."""

    def predict(self, texts: Sequence[str]) -> list[SentencePrediction]:
        return [self._predict(text) for text in texts]

    def _predict(self, text: str) -> SentencePrediction:
        if "Aspirin" not in text:
            return SentencePrediction((), ())
        head, tail = find_mention(text, "Aspirin", "Chemical"), find_mention(text, "nausea", "Disease")
        pending = [replace(mention, state=State.PENDING) for mention in (head, tail)]
        return SentencePrediction(tuple(pending), (Relation(pending[0], pending[1], "CID", state=State.PENDING),))


@pytest.fixture
def extractor() -> Extractor:
    return Extractor(make_schema(), cast(Any, Told()), None)


@pytest.fixture
def gold() -> Document:
    head, tail = find_mention(TEXT, "Aspirin", "Chemical"), find_mention(TEXT, "nausea", "Disease")
    sentences = (Sentence(Span(0, 10), State.ACCEPTED), Sentence(Span(11, len(TEXT)), State.ACCEPTED))
    return Document("d", TEXT, sentences, (head, tail), (Relation(head, tail, "CID"),))


def test_predictions_are_moved_to_document_offsets(extractor: Extractor, gold: Document) -> None:
    bare = replace(gold, mentions=(), relations=())
    (found,) = predict_documents(extractor, [bare], ignore_progress)
    assert set(found.mentions) == set(gold.mentions)
    assert set(found.relations) == set(gold.relations)
    assert all(mention.state is State.PENDING for mention in found.mentions)


@pytest.mark.parametrize("protocol", ["mentions", "strict", "boundaries", "end-token"])
def test_a_perfect_model_scores_one(extractor: Extractor, gold: Document, protocol: str) -> None:
    assert score_documents(extractor, [gold], protocol=protocol, report=ignore_progress).micro.f1 == 1.0


def test_progress_reaches_the_end(extractor: Extractor, gold: Document) -> None:
    told: list[float] = []
    score_documents(extractor, [gold], protocol="strict", report=lambda fraction, *_, **__: told.append(fraction))
    assert told == [1.0]


def test_an_unknown_protocol_is_refused_with_the_known_ones(extractor: Extractor) -> None:
    with pytest.raises(ModelError, match="Unknown protocol 'magic'; known: classification, mentions, strict"):
        score_documents(extractor, [], protocol="magic", report=ignore_progress)
