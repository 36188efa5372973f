"""Members' logits → vote, threshold and scores; no weights are read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.domain import Split
from core.ensemble.calibration import calibrate, choose_threshold, scaled_probabilities, threshold_curve
from core.ensemble.dataset import Dataset
from core.ensemble.legality import keep_legal, legal_classes
from core.ensemble.logits import ScoredPool, stack_logits
from core.ensemble.voting import Bools, vote
from core.evaluation.distances import score_by_distance
from core.evaluation.labels import LabelSets, confusion
from core.evaluation.protocols import score_classification
from core.evaluation.scores import Scores
from core.evaluation.significance import bootstrap_f1
from core.evaluation.situations import score_by_situation


def evaluate_ensemble(dataset: Dataset, member_paths: Sequence[Path]) -> dict[str, Any]:
    """Calibrate on dev, then score the vote on test (on dev if the project has no test split).

    Returns:
        Temperatures, threshold, named scores with and without the threshold, interval, confusion,
        threshold curve and the labels given to every item: plain values, for JSON. Without the threshold a
        member votes for its best class; where a pair may carry several labels, for each that reaches 0.5, as
        in REDN's paper.

    Raises:
        ModelError: The members did not score the same items.
    """
    dev = _read_logits(dataset, Split.DEV, member_paths)
    is_multilabel = dev.is_multilabel
    dev_gold = dataset.gold_matrix(Split.DEV, dev.instance_ids)
    temperatures = calibrate(dev.logits, dev_gold, is_multilabel=is_multilabel)
    dev_probabilities = scaled_probabilities(dev.logits, temperatures, is_multilabel=is_multilabel)
    num_missed = _count_missed(dataset, dev.instance_ids)
    choice = choose_threshold(dev_probabilities, dev_gold, is_multilabel=is_multilabel, num_missed=num_missed)
    split = Split.TEST if dataset.test else Split.DEV
    scored = dev if split is Split.DEV else _read_logits(dataset, split, member_paths)
    probabilities = scaled_probabilities(scored.logits, temperatures, is_multilabel=is_multilabel)

    def label(members: slice, threshold: float | None) -> LabelSets:
        found = vote(probabilities[members], threshold=threshold, is_multilabel=is_multilabel)
        return _label_sets(scored.instance_ids, found.given, dataset.schema.label_names)

    gold, labels = dataset.gold_labels(split), dataset.schema.label_names
    members = [label(slice(index, index + 1), choice.threshold) for index in range(len(member_paths))]
    return {
        "split": split.value,
        "is_validation_score": split is Split.DEV,
        **_score(dataset, split, label(slice(None), choice.threshold)),
        "scores_without_threshold": score_classification(gold, label(slice(None), None), labels).to_json(),
        "member_f1": [score_classification(gold, member, labels).micro.f1 for member in members],
        "temperatures": temperatures.tolist(),
        "threshold": asdict(choice),
        "threshold_curve": threshold_curve(
            dev_probabilities, dev_gold, is_multilabel=is_multilabel, num_missed=num_missed
        ),
        "num_unseen": len(gold) - len(scored.instance_ids),
    }


def _read_logits(dataset: Dataset, split: Split, member_paths: Sequence[Path]) -> ScoredPool:
    """Read what the members scored, as `Ensemble` lets them vote: for the classes that a pair may have."""
    pool = stack_logits(member_paths, split.value)
    by_id = {one.id: one for one in dataset.instances(split)}
    legal = legal_classes(dataset.schema, [by_id[one] for one in pool.instance_ids])
    return replace(pool, logits=keep_legal(pool.logits, legal))


def _score(dataset: Dataset, split: Split, predicted: LabelSets) -> dict[str, Any]:
    """Score labels given to a split, whole and in parts, and keep both sides for comparisons."""
    gold, instances, labels = dataset.gold_labels(split), dataset.instances(split), dataset.schema.label_names
    return {
        "scores": score_classification(gold, predicted, labels).to_json(),
        "interval": asdict(bootstrap_f1(gold, predicted)),
        "confusion": confusion(gold, predicted),
        "by_situation": _to_json(score_by_situation(instances, gold, predicted, labels)),
        "by_distance": _to_json(score_by_distance(instances, gold, predicted, labels)),
        "num_items": len(gold),
        "labels": {item: sorted(found) for item, found in predicted.items()},
        "gold_labels": {item: sorted(found) for item, found in gold.items()},
    }


def _count_missed(dataset: Dataset, instance_ids: Sequence[str]) -> int:
    """Count the gold labels of dev relations that no member saw."""
    seen = set(instance_ids)
    return sum(len(labels) for item, labels in dataset.gold_labels(Split.DEV).items() if item not in seen)


def _to_json(parts: Mapping[str, Scores]) -> dict[str, Any]:
    return {name: scores.to_json() for name, scores in parts.items()}


def _label_sets(instance_ids: Sequence[str], given: Bools, labels: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the positive labels of each instance; `given` is (instances, classes)."""
    return {
        one: frozenset(name for name, is_given in zip(labels, row, strict=True) if is_given)
        for one, row in zip(instance_ids, given[:, 1:].tolist(), strict=True)
    }
