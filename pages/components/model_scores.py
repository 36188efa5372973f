"""A model's scores in words; a score never appears without its protocol and split."""

from collections.abc import Mapping
from typing import Any

from core.domain import Split
from pages.components.wording import SPLIT_NAMES, count, rate

# What the situations of `core.evaluation.situations` are called here; sentences without relations have no F1.
SITUATION_NAMES = {
    "Normal": "apart",
    "EPO": "same pair",
    "SEO": "shared mention",
    "Single": "one",
    "Double": "two",
    "Multiple": "three or more",
}


def describe_scores(metrics: Mapping[str, Any]) -> list[str]:
    """Return lines such as "F1 0.617 (0.580 to 0.652)" and what was scored; one line where nothing was."""
    scores = metrics.get("scores")
    if not scores:
        return ["Not scored."]
    micro, interval = scores["micro"], metrics.get("interval")
    span = f", 95 % interval {rate(interval['low'])} to {rate(interval['high'])}" if interval else ""
    return [
        f"F1 {rate(micro['f1'])}{span} · precision {rate(micro['precision'])} · recall {rate(micro['recall'])}",
        describe_protocol(metrics),
        *describe_situations(metrics),
    ]


def describe_situations(metrics: Mapping[str, Any]) -> list[str]:
    """Return one line with the F1 in each situation of a sentence; none where all sentences are alike."""
    by_situation: Mapping[str, Any] = metrics.get("by_situation") or {}
    shares = [
        f"{words} {rate(by_situation[name]['micro']['f1'])}"
        for name, words in SITUATION_NAMES.items()
        if name in by_situation
    ]
    # One kind of overlap and one count of relations: the same sentences as the score above.
    return [f"F1 by the relations of a sentence: {' · '.join(shares)}"] if len(shares) > 2 else []


def describe_protocol(metrics: Mapping[str, Any]) -> str:
    """Return how and on what a model was scored."""
    protocol = str(metrics["scores"].get("protocol", "unknown protocol"))
    split = SPLIT_NAMES[Split(metrics["split"])]
    caveat = " It also chose epochs and threshold, so expect less on new text." if is_optimistic(metrics) else ""
    # A joint model is scored on what it finds by itself, so its items are the gold relations.
    items = count(metrics.get("num_items", 0), "gold relation" if "protocols" in metrics else "pair")
    return f"Protocol: {protocol}; micro average over {items} of the {split} split.{caveat}"


def is_optimistic(metrics: Mapping[str, Any]) -> bool:
    """Return whether the scores are of the data that chose epochs and threshold."""
    return bool(metrics.get("is_validation_score"))
