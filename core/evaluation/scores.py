"""Precision, recall and F1 from counts: micro, macro and per label. A score always carries its protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Average = Literal["micro", "macro"]


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """Share of predicted items that are gold, in [0, 1]; 0 if nothing was predicted."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of gold items that were predicted, in [0, 1]; 0 if there is no gold."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, in [0, 1]."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0

    def to_json(self) -> dict[str, float]:
        """Return counts and rates as plain numbers."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
        }


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one system on one set of items.

    Args:
        protocol: Name of the protocol; see `core.evaluation.protocols`.
        by_label: Counts of each positive label.
        average: Which average is the protocol's own score.
        by_situation: Scores of the sentences of each situation; see `core.evaluation.situations`.
    """

    protocol: str
    by_label: Mapping[str, Counts]
    average: Average = "micro"
    by_situation: Mapping[str, "Scores"] = field(default_factory=dict)

    @property
    def micro(self) -> Counts:
        """Counts summed over the positive labels."""
        return sum(self.by_label.values(), Counts())

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the positive labels, in [0, 1]; 0 if there are none."""
        return sum(counts.f1 for counts in self.by_label.values()) / len(self.by_label) if self.by_label else 0.0

    @property
    def f1(self) -> float:
        """The protocol's own score: micro-F1 or macro-F1, in [0, 1]."""
        return self.micro.f1 if self.average == "micro" else self.macro_f1

    def to_json(self) -> dict[str, Any]:
        """Return protocol, its own F1, micro, macro and per-label scores, and situations if any, as plain values."""
        plain: dict[str, Any] = {
            "protocol": self.protocol,
            "average": self.average,
            "f1": self.f1,
            "micro": self.micro.to_json(),
            "macro_f1": self.macro_f1,
            "by_label": {label: counts.to_json() for label, counts in self.by_label.items()},
        }
        if self.by_situation:
            plain["by_situation"] = {name: scores.to_json() for name, scores in self.by_situation.items()}
        return plain
