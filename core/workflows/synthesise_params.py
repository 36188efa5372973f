"""What a generation is asked to do; needs no torch, so that the Synthetic page can offer and check it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.errors import ModelError
from core.generation.config import SCRATCH, SCRATCH_NOTICE, SamplingConfig, ScratchConfig

__all__ = ["MAX_COUNT", "MIN_GOLD", "SCRATCH", "SCRATCH_NOTICE", "USUAL_GOLD", "GenerateParams"]

MAX_COUNT = 100_000
MIN_GOLD = 5
_SAMPLING, _SCRATCH = SamplingConfig(), ScratchConfig()
USUAL_GOLD = 10  # below it a label's sentences are few enough to be worth a warning


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateParams:
    """What a generation job is asked to do; defaults of sampling are DARE's.

    Args:
        labels: Labels to write for, NO_RELATION too; empty takes every label with enough gold sentences.
        count: Sentences for each label, after the filters.
        base: "scratch", a folder, or a hub name of a causal language model.
        seed: Seed of training and drawing.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
        num_epochs: Passes over a label's gold sentences; a base from nothing may make fewer of a large label.
        learning_rate: Peak rate of the stage per label; None takes 3e-5, or 5e-4 for a base from nothing.
        temperature, top_k, top_p, max_new_pieces, attempts_by_sentence: See `SamplingConfig`.
        num_layers, width: Size of a base from nothing.
    """

    labels: tuple[str, ...] = ()
    count: int = 50
    base: str = SCRATCH
    seed: int = 0
    may_download: bool = False
    device: str = "auto"
    num_epochs: int = 5
    learning_rate: float | None = None
    temperature: float = _SAMPLING.temperature
    top_k: int = _SAMPLING.top_k
    top_p: float = _SAMPLING.top_p
    max_new_pieces: int = _SAMPLING.max_new_pieces
    attempts_by_sentence: int = _SAMPLING.attempts_by_sentence
    num_layers: int = _SCRATCH.num_layers
    width: int = _SCRATCH.width

    @classmethod
    def from_json(cls, params: Mapping[str, Any]) -> "GenerateParams":
        """Check and read a job's parameters.

        Raises:
            ModelError: A parameter is unknown or out of range.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(params) - set(known))
        if unknown:
            raise ModelError(f"Unknown generation parameters {unknown}; known: {', '.join(known)}.")
        read = cls(**{**params, "labels": tuple(params.get("labels", ()))})
        read._check()
        return read

    def _check(self) -> None:
        limits = {
            "count": 1 <= self.count <= MAX_COUNT,
            "num_epochs": self.num_epochs >= 1,
            "temperature": self.temperature > 0,
            "top_k": self.top_k >= 1,
            "top_p": 0 < self.top_p <= 1,
            "max_new_pieces": self.max_new_pieces >= 1,
            "attempts_by_sentence": self.attempts_by_sentence >= 1,
            "num_layers": self.num_layers >= 1,
            "width": self.width >= 1 and self.width % _SCRATCH.num_heads == 0,
            "learning_rate": self.learning_rate is None or self.learning_rate > 0,
        }
        wrong = [name for name, is_met in limits.items() if not is_met]
        if wrong:
            values = ", ".join(f"{name} = {getattr(self, name)}" for name in wrong)
            raise ModelError(
                f"Out of range: {values}. Needs count of 1 to {MAX_COUNT}, top_p in (0, 1], a width divisible by "
                f"{_SCRATCH.num_heads}, and the others above 0."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the parameters as JSON."""
        return asdict(self) | {"labels": list(self.labels)}

    @property
    def is_scratch(self) -> bool:
        """Whether the base is made from nothing."""
        return self.base == SCRATCH
