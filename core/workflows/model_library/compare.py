"""Compare two trained models on the items that both were scored on; needs no torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.artifacts import ArtifactStore
from core.domain import NO_RELATION
from core.errors import NotFoundError
from core.settings import Settings
from db.queries.models import ModelView


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same items; `current` is the one in use, `candidate` the other.

    Args:
        num_items: Items that both were scored on, those without a relation too.
        current_f1: Micro-F1 of the one in use, in [0, 1].
        candidate_f1: Micro-F1 of the candidate, in [0, 1].
        only_current: Items that only the one in use got right.
        only_candidate: Items that only the candidate got right.
        p_value: McNemar's test of these two numbers, in [0, 1].
        is_exact: Whether the binomial was summed exactly.
        difference_low: Lower end of the 95 % interval of the candidate's F1 minus the other's, in [-1, 1].
        difference_high: Its upper end.
    """

    num_items: int
    current_f1: float
    candidate_f1: float
    only_current: int
    only_candidate: int
    p_value: float
    is_exact: bool
    difference_low: float
    difference_high: float


@dataclass(frozen=True, slots=True)
class NotComparable:
    """Why two models cannot be compared item by item."""

    reason: str


def compare_models(settings: Settings, *, current: ModelView, candidate: ModelView) -> Comparison | NotComparable:
    """Compare two models by what they said of each item of the split that both were scored on."""
    first, second = _read_result(settings, current), _read_result(settings, candidate)
    if first is None or second is None:
        missing = current if first is None else candidate
        return NotComparable(f"{missing.name} has no stored labels of single items.")
    if _read_labels(first["gold_labels"]) != _read_labels(second["gold_labels"]):
        return NotComparable(
            "They were scored on different items, because data was reviewed or added in between. "
            "Train again to compare."
        )
    return _compare(first, second)


def compare_with_shipped(settings: Settings, candidate: ModelView) -> tuple[str, Comparison] | None:
    """Compare a model with the shipped one, which is in use before any other, on the items that both labelled.

    Returns:
        The shipped model's name and the comparison; None where the training scored none.
    """
    result = _read_result(settings, candidate)
    if result is None or "shipped" not in result:
        return None
    return str(result["shipped"]["name"]), _compare(result["shipped"], result)


def _compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> Comparison:
    """Compare what two models said of the gold items of the second one's result."""
    # Loads scipy.stats, which takes over a second; pages that never compare do not pay for it.
    from core.evaluation.significance import bootstrap_difference, compare_items

    gold = _read_labels(second["gold_labels"])
    first_labels, second_labels = _read_labels(first["labels"]), _read_labels(second["labels"])
    found = compare_items(gold, first_labels, second_labels)
    difference = bootstrap_difference(gold, first_labels, second_labels)
    return Comparison(
        num_items=len(gold),
        current_f1=float(first["scores"]["micro"]["f1"]),
        candidate_f1=float(second["scores"]["micro"]["f1"]),
        only_current=found.only_first,
        only_candidate=found.only_second,
        p_value=found.p_value,
        is_exact=found.is_exact,
        difference_low=difference.low,
        difference_high=difference.high,
    )


def _read_labels(stored: Mapping[str, str | list[str]]) -> dict[str, frozenset[str]]:
    """Return item → positive labels; earlier versions stored the one label of each item, NO_RELATION too."""
    return {
        item: frozenset((labels,) if isinstance(labels, str) else labels) - {NO_RELATION}
        for item, labels in stored.items()
    }


def _read_result(settings: Settings, model: ModelView) -> dict[str, Any] | None:
    """Return what the evaluation of a model's run left, or None where nothing is stored."""
    store = ArtifactStore(settings.resolved_artifacts_url, cache_path=settings.home / "artifact-cache")
    try:
        path: Path = store.fetch(f"{model.artifact_key}/evaluate") / "result.json"
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (NotFoundError, OSError):
        return None
    return result
