"""Scores of the starters' parts as their cards print them: each on the dev split of the corpora it was made for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.domain import Document, Schema, SentencePrediction
from core.ensemble.extraction import Extractor
from core.evaluation.protocols import score_predictions
from core.models.joint import JointModel
from core.training.trainer import pick_device
from core.workflows.pipelines import ignore_progress
from core.workflows.prediction.evaluate import predict_sentences, score_documents, score_found

# A part with relations is scored on the corpus that has them; one without, on every corpus with one of its types.
CORPUS_OF_PART: Mapping[str, str] = {"chemical_disease": "bc5cdr", "chemical_protein": "chemprot"}
_CLASSIFICATION: Mapping[str, str] = {"bc5cdr": "classification", "chemprot": "chemprot"}

PartScores = dict[str, dict[str, Any]]
"""Protocol → scores as JSON, by corpus."""


def score_part(path: Path, dev: Mapping[str, tuple[Schema, Sequence[Document]]], *, device: str = "auto") -> PartScores:
    """Score the written weights of a part.

    Args:
        path: Its folder.
        dev: What a corpus annotates and its dev documents, by name.
        device: "auto", "cpu" or "cuda".
    """
    model = JointModel.load(path)
    model.to(pick_device(device))
    name = CORPUS_OF_PART.get(path.name)
    if name is None:
        return {key: _score_mentions(model, schema, documents) for key, (schema, documents) in dev.items()}
    if name not in dev:
        return {}
    _, documents = dev[name]
    extractor = Extractor(model.config.to_schema(), model, None)
    found = score_found(extractor, documents, report=ignore_progress)
    scores = {protocol: one.to_json() for protocol, one in found.items()}
    protocol = _CLASSIFICATION[name]
    scores["classification"] = score_documents(
        extractor, documents, protocol=protocol, report=ignore_progress
    ).to_json()
    return {name: scores}


def _score_mentions(model: JointModel, schema: Schema, documents: Sequence[Document]) -> dict[str, Any]:
    """Score the types that a corpus annotates; of others it does not say what is right."""
    types = [name for name in model.config.entity_types if name in schema.type_names]
    extractor = Extractor(model.config.to_schema(), model, None)
    found = (_keep_types(one, types) for one in predict_sentences(extractor, documents, ignore_progress))
    predictions = [[next(found) for _ in document.sentences] for document in documents]
    return {"mentions": score_predictions(documents, predictions, types=types, labels=())["mentions"].to_json()}


def _keep_types(prediction: SentencePrediction, types: Sequence[str]) -> SentencePrediction:
    mentions = tuple(one for one in prediction.mentions if one.entity_type in types)
    return replace(prediction, mentions=mentions, relations=())
