"""Hyper-parameters of the one training loop."""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How to train; defaults are DARE's for a relation classifier (Papanikolaou & Pierleoni 2020, sec. 4.1).

    Args:
        num_epochs: Passes over the items, >= 1.
        learning_rate: Peak rate after warm-up.
        batch_size: Items of one forward pass.
        gradient_accumulation: Forward passes per optimiser step.
        weight_decay: AdamW's decay; biases and norms are not decayed.
        warmup_fraction: Share of the steps over which the rate rises, in [0, 1); it then falls to 0.
        max_gradient_norm: Gradients are clipped to this norm.
        seed: Seed of shuffling, dropout and new weights.
        precision: "auto" measures; see `core.training.precision`.
    """

    num_epochs: int = 5
    learning_rate: float = 2e-5
    batch_size: int = 32
    gradient_accumulation: int = 1
    weight_decay: float = 0.01
    warmup_fraction: float = 0.1
    max_gradient_norm: float = 1.0
    seed: int = 0
    precision: Precision = "auto"
