"""What a pretraining trains: a model and what it foretells."""

from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast


class Learner(Protocol):
    """A language model that learns from blocks of pieces.

    `CausalLearner` foretells each next piece, `MaskedLearner` those that were hidden from it.
    """

    @property
    def model(self) -> PreTrainedModel:
        """Float32 master weights."""

    @property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """Cuts text into pieces."""

    @property
    def max_pieces(self) -> int:
        """Longest sequence the model has positions for."""

    @property
    def is_foretelling_all(self) -> bool:
        """Whether every piece but the first is foretold, so that the losses are a code length of the text."""

    def losses(self, rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return -log P of each foretold piece; what is random is drawn from `rng`, a generator of the CPU.

        Shape:
            rows: (blocks, pieces), int64, on the model's device.
            returns: (foretold pieces,), float32.
        """

    def save(self, path: Path) -> None:
        """Write weights (safetensors), config and tokenizer."""
