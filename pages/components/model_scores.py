"""A model's scores in words; a score never appears without its protocol and split."""

from collections.abc import Mapping
from typing import Any

from core.domain import Split
from pages.components.wording import SPLIT_NAMES, count, rate


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
    ]


def describe_protocol(metrics: Mapping[str, Any]) -> str:
    """Return how and on what a model was scored."""
    protocol = str(metrics["scores"].get("protocol", "unknown protocol"))
    split = SPLIT_NAMES[Split(metrics["split"])]
    caveat = " It also chose epochs and threshold, so expect less on new text." if is_optimistic(metrics) else ""
    items = count(metrics.get("num_items", 0), "pair")
    return f"Protocol: {protocol}; micro average over {items} of the {split} split.{caveat}"


def is_optimistic(metrics: Mapping[str, Any]) -> bool:
    """Return whether the scores are of the data that chose epochs and threshold."""
    return bool(metrics.get("is_validation_score"))
