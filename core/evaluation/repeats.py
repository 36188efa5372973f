"""One number from several runs: seeds of one system, or the folds of a cross-validation."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean, stdev
from typing import Any

from core.errors import NotEnoughDataError
from core.evaluation.scores import Scores


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean and spread of several values.

    Args:
        mean: Their mean.
        sd: Sample standard deviation (divides by n - 1); 0 for a single value, which has no spread.
        n: How many there are.
    """

    mean: float
    sd: float
    n: int


def summarise_seeds(values: Sequence[float]) -> Summary:
    """Summarise the scores of one system over several seeds.

    Raises:
        NotEnoughDataError: There is no value.
    """
    if not values:
        raise NotEnoughDataError("No scores to summarise; at least 1 run is needed.")
    return Summary(mean(values), stdev(values) if len(values) > 1 else 0.0, len(values))


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Scores of a cross-validation; each fold counts the same, whatever its size.

    Args:
        protocol: Number of folds and the protocol of each.
        macro_f1: Macro-F1 of the folds; the protocol's own score.
        micro_f1: Micro-F1 of the folds.
        precision: Micro-averaged precision of the folds.
        recall: Micro-averaged recall of the folds.
    """

    protocol: str
    macro_f1: Summary
    micro_f1: Summary
    precision: Summary
    recall: Summary

    @property
    def f1(self) -> float:
        """The protocol's own score: the mean of the folds' macro-F1, in [0, 1]."""
        return self.macro_f1.mean

    def to_json(self) -> dict[str, Any]:
        """Return protocol, F1 and every summary as plain values."""
        return {"f1": self.f1, **asdict(self)}


def score_cross_validation(folds: Sequence[Scores]) -> CrossValidation:
    """Average the scores of the folds of a cross-validation, as on ADE: macro-F1, averaged over the folds.

    Args:
        folds: Scores of each fold's test part, all under one protocol.

    Raises:
        NotEnoughDataError: There is no fold.
        ValueError: The folds were scored under different protocols.

    Source:
        Giorgi et al. 2019, sec. 3.1.3 (ten folds).
    """
    protocols = sorted({fold.protocol for fold in folds})
    if len(protocols) > 1:
        raise ValueError(f"Folds must share one protocol, got {', '.join(protocols)}.")
    summary = summarise_seeds([fold.macro_f1 for fold in folds])
    return CrossValidation(
        protocol=f"cross-validation, macro F1 averaged over {len(folds)} folds: {protocols[0]}",
        macro_f1=summary,
        micro_f1=summarise_seeds([fold.micro.f1 for fold in folds]),
        precision=summarise_seeds([fold.micro.precision for fold in folds]),
        recall=summarise_seeds([fold.micro.recall for fold in folds]),
    )
