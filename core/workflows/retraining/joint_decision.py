"""Temperature and threshold of a joint model: chosen on dev, as those of an ensemble's members (DARE sec. 4.1)."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from core.domain import NO_RELATION, Document
from core.ensemble.calibration import calibrate, choose_threshold, scaled_probabilities, threshold_curve
from core.evaluation.protocols import CLASSIFICATION
from core.models.joint import JointModel
from core.workflows.documents.instances import build_instances


def choose_decision(model: JointModel, documents: Sequence[Document]) -> dict[str, Any]:
    """Fit the temperature of a trained model, choose its threshold, and let it predict by them.

    Gold mentions are given, so that what the model misses or invents among mentions does not blur the choice. Without
    a gold relation both stay as they are.

    Args:
        model: Knows types and labels of the documents; its config gets temperature and threshold.
        documents: Gold dev documents, split into sentences.

    Returns:
        Temperature, threshold with the protocol it was chosen under, and its curve; empty if there was nothing to
        choose by.
    """
    classes = (NO_RELATION, *model.config.labels)
    found = build_instances(documents, model.config.to_schema())
    logits_of = model.score_candidates(found.instances)
    read = [one for one in found.instances if one.id in logits_of]
    # (pairs, classes)
    gold = np.array([[name in (one.positive_labels or {NO_RELATION}) for name in classes] for one in read], dtype=bool)
    if not read or not gold[:, 1:].any():
        return {}
    logits = np.array([[logits_of[one.id] for one in read]])  # (members, pairs, classes)
    temperatures = calibrate(logits, gold)
    probabilities = scaled_probabilities(logits, temperatures)  # (members, pairs, classes)
    num_missed = len(found.unreachable)
    num_missed += sum(len(one.positive_labels) for one in found.instances if one.id not in logits_of)
    choice = choose_threshold(probabilities, gold, num_missed=num_missed)
    model.decide(temperature=float(temperatures[0]), threshold=choice.threshold)
    return {
        "temperature": float(temperatures[0]),
        "threshold": {**asdict(choice), "protocol": CLASSIFICATION},
        "threshold_curve": threshold_curve(probabilities, gold, num_missed=num_missed),
    }
