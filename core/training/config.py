"""Hyper-parameters of the one training loop."""

from dataclasses import dataclass
from typing import Literal, get_args

from core.errors import ModelError

Precision = Literal["auto", "fp32", "bf16"]
OptimizerName = Literal["adamw", "sgd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How to train; defaults are DARE's for a relation classifier (Papanikolaou & Pierleoni 2020, sec. 4.1).

    Args:
        num_epochs: Passes over the items, >= 1.
        learning_rate: Peak rate after warm-up.
        batch_size: Items of one forward pass in one process.
        gradient_accumulation: Forward passes per optimiser step.
        optimizer: "adamw" (Loshchilov & Hutter 2019), or "sgd" without momentum.
        weight_decay: The optimiser's decay, >= 0; biases and norms are not decayed.
        warmup_fraction: Share of the steps over which the rate rises, in [0, 1); it then falls to 0.
        max_gradient_norm: Gradients are clipped to this norm.
        seed: Seed of shuffling, dropout and new weights.
        precision: "auto" measures; see `core.training.precision`.
        has_gradient_checkpointing: Whether the encoder keeps the input of each layer only and computes the rest
            again for the gradients: about a third more time for a fraction of the memory.
        is_encoder_frozen: Whether the encoder stays as it is and serves as a source of features; the rows of
            new masks in its vocabulary then stay random too.

    Raises:
        ModelError: A value is out of its range.
    """

    num_epochs: int = 5
    learning_rate: float = 2e-5
    batch_size: int = 32
    gradient_accumulation: int = 1
    optimizer: OptimizerName = "adamw"
    weight_decay: float = 0.01
    warmup_fraction: float = 0.1
    max_gradient_norm: float = 1.0
    seed: int = 0
    precision: Precision = "auto"
    has_gradient_checkpointing: bool = False
    is_encoder_frozen: bool = False

    def __post_init__(self) -> None:
        """Refuse values that no training can use."""
        for name in ("num_epochs", "batch_size", "gradient_accumulation"):
            _require(name, getattr(self, name), is_right=getattr(self, name) >= 1, limit="at least 1")
        for name in ("learning_rate", "max_gradient_norm"):
            _require(name, getattr(self, name), is_right=getattr(self, name) > 0, limit="more than 0")
        _require("weight_decay", self.weight_decay, is_right=self.weight_decay >= 0, limit="at least 0")
        is_share = 0 <= self.warmup_fraction < 1
        _require("warmup_fraction", self.warmup_fraction, is_right=is_share, limit="at least 0 and below 1")
        for name, choices in (("optimizer", get_args(OptimizerName)), ("precision", get_args(Precision))):
            value = getattr(self, name)
            _require(name, value, is_right=value in choices, limit=f"one of {', '.join(choices)}")


def _require(name: str, value: object, *, is_right: bool, limit: str) -> None:
    if not is_right:
        raise ModelError(f"The training's {name} is {value!r}; it must be {limit}. Change it and start again.")
