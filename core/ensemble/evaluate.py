"""Members' logits → vote, threshold and scores; no weights are read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import NO_RELATION, Split
from core.ensemble.calibration import calibrate, choose_threshold, scaled_probabilities, threshold_curve
from core.ensemble.dataset import Dataset
from core.ensemble.members import load_logits
from core.ensemble.voting import Floats, Integers, vote
from core.errors import ModelError
from core.evaluation.protocols import score_classification
from core.evaluation.significance import bootstrap_f1


def evaluate_ensemble(dataset: Dataset, member_paths: Sequence[Path]) -> dict[str, Any]:
    """Calibrate on dev, then score the vote on test (on dev if the project has no test split).

    Returns:
        Temperatures, threshold, named scores with and without the threshold, interval, confusion,
        threshold curve and the label given to every item: plain values, for JSON.

    Raises:
        ModelError: The members did not score the same items.
    """
    classes = (NO_RELATION, *dataset.schema.label_names)
    dev_ids, dev_logits = _stack(member_paths, Split.DEV)
    gold_by_id = dataset.gold_labels(Split.DEV)
    dev_gold = _class_ids(dev_ids, gold_by_id, classes)
    temperatures = calibrate(dev_logits, dev_gold)
    dev_probabilities = scaled_probabilities(dev_logits, temperatures)
    choice = choose_threshold(dev_probabilities, dev_gold)
    split = Split.TEST if dataset.test else Split.DEV
    ids, logits = (dev_ids, dev_logits) if split is Split.DEV else _stack(member_paths, split)
    probabilities = scaled_probabilities(logits, temperatures)
    verdict = vote(probabilities, threshold=choice.threshold)
    predicted = _labels(ids, verdict.classes, classes)
    unthresholded = _labels(ids, vote(probabilities, threshold=None).classes, classes)
    members = [_labels(ids, vote(one[None], threshold=choice.threshold).classes, classes) for one in probabilities]
    gold = dataset.gold_labels(split)
    labels = dataset.schema.label_names
    return {
        "split": split.value,
        "is_validation_score": split is Split.DEV,
        "scores": score_classification(gold, predicted, labels).to_json(),
        "scores_without_threshold": score_classification(gold, unthresholded, labels).to_json(),
        "member_f1": [score_classification(gold, member, labels).micro.f1 for member in members],
        "interval": asdict(bootstrap_f1(gold, predicted)),
        "temperatures": temperatures.tolist(),
        "threshold": asdict(choice),
        "threshold_curve": threshold_curve(dev_probabilities, dev_gold),
        "confusion": _confusion(gold, predicted),
        "num_items": len(gold),
        "num_unseen": len(gold) - len(ids),
        "labels": predicted,
        "gold_labels": gold,
    }


def _stack(member_paths: Sequence[Path], split: Split) -> tuple[tuple[str, ...], Floats]:
    """Return the items' ids and the members' logits, (members, items, classes)."""
    scored = [load_logits(path, split) for path in member_paths]
    if any(one.instance_ids != scored[0].instance_ids for one in scored):
        raise ModelError(f"The members scored different {split} items; train them again together.")
    return scored[0].instance_ids, np.stack([one.logits for one in scored])


def _class_ids(ids: Sequence[str], labels: dict[str, str], classes: Sequence[str]) -> Integers:
    return np.array([classes.index(labels[item]) for item in ids], dtype=np.int64)


def _labels(ids: Sequence[str], class_ids: Integers, classes: Sequence[str]) -> dict[str, str]:
    return {item: classes[index] for item, index in zip(ids, class_ids.tolist(), strict=True)}


def _confusion(gold: dict[str, str], predicted: dict[str, str]) -> list[dict[str, Any]]:
    """Count items by (gold label, predicted label); an item that was never seen is NO_RELATION."""
    counts = Counter((label, predicted.get(item, NO_RELATION)) for item, label in gold.items())
    return [{"gold": g, "predicted": p, "count": count} for (g, p), count in sorted(counts.items())]
