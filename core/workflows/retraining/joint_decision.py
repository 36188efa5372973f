"""Temperature and threshold of a joint model: chosen on dev, as those of an ensemble are (DARE sec. 4.1)."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from core.domain import NO_RELATION, Document, Schema, SentencePrediction
from core.ensemble.calibration import THRESHOLD_GRID, draw_curve, fit_temperature, pick_threshold
from core.ensemble.extraction import Extractor
from core.ensemble.voting import Integers
from core.evaluation.protocols import PROTOCOLS, score_predictions
from core.models.joint import JointModel
from core.workflows.documents.instances import build_instances
from core.workflows.pipelines import ignore_progress
from core.workflows.prediction.evaluate import predict_sentences

_PROTOCOL = "strict"


def choose_decision(model: JointModel, schema: Schema, documents: Sequence[Document]) -> dict[str, Any]:
    """Fit the temperature of a trained model, choose its threshold, and let it predict by them.

    The temperature is fitted with gold mentions given, the threshold chosen by what the model finds in bare sentences:
    a wrong mention brings wrong pairs with it, so that more certainty is worth asking for. Without a gold relation
    both stay as they are.

    Args:
        model: Knows types and labels of the schema; its config gets temperature and threshold.
        schema: What the model was taught.
        documents: Gold dev documents, split into sentences.

    Returns:
        Temperature, threshold with the protocol it was chosen under, and its curve; empty if there was nothing to
        choose by.
    """
    temperature = _find_temperature(model, schema, documents)
    if temperature is None:
        return {}
    model.decide(temperature=temperature, threshold=0.0)
    counts = _count_by_threshold(model, schema, documents)
    choice = pick_threshold(counts)
    model.decide(temperature=temperature, threshold=choice.threshold)
    return {
        "temperature": temperature,
        "threshold": {**asdict(choice), "protocol": PROTOCOLS[_PROTOCOL]},
        "threshold_curve": draw_curve(counts),
    }


def _find_temperature(model: JointModel, schema: Schema, documents: Sequence[Document]) -> float | None:
    """Fit the temperature on the pairs of gold mentions; None if none of them is related."""
    classes = (NO_RELATION, *schema.label_names)
    found = build_instances(documents, schema).instances
    logits = model.score_candidates(found)
    read = [one for one in found if one.id in logits]
    # (pairs, classes)
    gold = np.array([[name in (one.positive_labels or {NO_RELATION}) for name in classes] for one in read], dtype=bool)
    if not read or not gold[:, 1:].any():
        return None
    return fit_temperature(np.array([logits[one.id] for one in read]), gold)


def _count_by_threshold(model: JointModel, schema: Schema, documents: Sequence[Document]) -> dict[float, Integers]:
    """Return what a model that predicts every pair finds right and wrong and misses, (documents, 3), by threshold."""
    predicted = predict_sentences(Extractor(schema, model, None), documents, ignore_progress)
    by_document = [[next(predicted) for _ in document.sentences] for document in documents]
    counts = {}
    for threshold in THRESHOLD_GRID:
        rows = []
        for document, predictions in zip(documents, by_document, strict=True):
            kept = [_keep_certain(one, threshold) for one in predictions]
            scores = score_predictions([document], [kept], types=schema.type_names, labels=schema.label_names)
            micro = scores[_PROTOCOL].micro
            rows.append((micro.tp, micro.fp, micro.fn))
        counts[threshold] = np.array(rows, dtype=np.int64)  # (documents, 3)
    return counts


def _keep_certain(prediction: SentencePrediction, threshold: float) -> SentencePrediction:
    return replace(prediction, relations=tuple(one for one in prediction.relations if (one.score or 0) >= threshold))
