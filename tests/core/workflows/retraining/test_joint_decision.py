"""Temperature and threshold of a joint model: chosen on gold dev documents, by what the model finds in them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.special import expit, logit

from core.domain import Document, Instance, Mention, Relation, Sentence, SentencePrediction, Span, State
from core.models.encoder import load_encoder
from core.models.joint import JointModel
from core.models.joint_data import JointConfig
from core.workflows.retraining.joint_decision import choose_decision
from tests.builders import find_mention, make_schema, write_tiny_encoder

# Sentence → whether it states the relation, and the probability of it.
SENTENCES: Mapping[str, tuple[bool, float]] = {
    "aspirin caused nausea .": (True, 0.38),
    "codeine caused headache .": (True, 0.38),
    "aspirin induced rash .": (True, 0.9),
    "aspirin treated headache .": (False, 0.1),
    "codeine relieved rash .": (False, 0.2),
    "codeine treated nausea .": (False, 0.2),
}
# How many times too sure of itself the model is.
SHARPNESS = 3
DRUGS, DISEASES = ("aspirin", "codeine"), ("nausea", "headache", "rash")


class Scripted(JointModel):
    """It finds the mentions of each sentence, but for those in `unread`, and says of them what `SENTENCES` has."""

    unread: tuple[str, ...] = ()

    def predict(self, texts: Sequence[str], **_: object) -> list[SentencePrediction]:
        found = []
        for text in texts:
            score = expit(SHARPNESS * logit(SENTENCES[text][1]) / self.config.temperature)
            mentions = tuple(replace(one, score=0.9) for one in find_mentions(text) if text not in self.unread)
            relation = Relation(*mentions, "CID", float(score)) if mentions else None
            found.append(SentencePrediction(mentions, (relation,) if relation else ()))
        return found

    def score_candidates(self, instances: Sequence[Instance]) -> dict[str, list[float]]:
        scores = {one.id: SENTENCES[one.text][1] for one in instances}
        return {one: [0.0, SHARPNESS * logit(score)] for one, score in scores.items()}


def make_model(folder: Path) -> Scripted:
    return Scripted(load_encoder(str(write_tiny_encoder(folder))), JointConfig.from_schema(make_schema()))


def find_mentions(text: str) -> tuple[Mention, Mention]:
    drug = next(find_mention(text, word, "Chemical") for word in DRUGS if word in text)
    return drug, next(find_mention(text, word, "Disease") for word in DISEASES if word in text)


def make_document(text: str) -> Document:
    drug, disease = find_mentions(text)
    relations = (Relation(drug, disease, "CID"),) if SENTENCES[text][0] else ()
    return Document(text, text, (Sentence(Span(0, len(text)), State.ACCEPTED),), (drug, disease), relations)


DOCUMENTS = [make_document(text) for text in SENTENCES]


def test_the_threshold_parts_what_gold_states_from_what_it_does_not(tmp_path: Path) -> None:
    model = make_model(tmp_path / "encoder")
    found = choose_decision(model, make_schema(), DOCUMENTS)
    temperature = model.config.temperature
    assert 1.5 < temperature == found["temperature"]
    highest_false, least_true = (expit(SHARPNESS * logit(score) / temperature) for score in (0.2, 0.38))
    assert highest_false < model.config.threshold <= least_true
    assert found["threshold"]["threshold"] == model.config.threshold
    assert found["threshold"]["f1"] == 1
    assert {row["threshold"]: row["f1"] for row in found["threshold_curve"]}[0.5] == pytest.approx(0.5)


def test_gold_between_mentions_that_the_model_does_not_find_counts_as_missed(tmp_path: Path) -> None:
    model = make_model(tmp_path / "encoder")
    model.unread = ("aspirin induced rash .",)
    assert choose_decision(model, make_schema(), DOCUMENTS)["threshold"]["f1"] == pytest.approx(0.8)


def test_without_a_gold_relation_the_threshold_stays(tmp_path: Path) -> None:
    model = make_model(tmp_path / "encoder")
    model.decide(temperature=2.0, threshold=0.6)
    for documents in ([], [replace(one, relations=()) for one in DOCUMENTS]):
        assert choose_decision(model, make_schema(), documents) == {}
    assert (model.config.temperature, model.config.threshold) == (2.0, 0.6)
