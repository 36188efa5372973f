"""Settings of the domain stage: training of a causal language model on plain text. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import ModelError
from core.training.config import TrainingConfig

# A model's weights from nothing are far from settled; those of a pretrained one would be spoilt by such a rate.
SCRATCH_RATE = 1e-3
CONTINUED_RATE = 5e-5


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Size of a GPT-2 made from nothing.

    Args:
        num_layers: Transformer blocks.
        width: Size of a hidden state; a multiple of `num_heads`.
        num_heads: Attention heads.
        vocabulary_size: Most pieces of the byte-level BPE that is learnt for it.
    """

    num_layers: int
    width: int
    num_heads: int
    vocabulary_size: int


# About 5 and 17 million weights. For comparison, GPT-2 has 12 layers of 768 and 50,257 pieces: 124 million.
SIZES: Mapping[str, ModelSize] = {
    "tiny": ModelSize(num_layers=4, width=256, num_heads=4, vocabulary_size=8192),
    "small": ModelSize(num_layers=6, width=384, num_heads=6, vocabulary_size=16384),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainConfig:
    """How a language model learns from a stream of text.

    Args:
        training: Rate, batch, decay, clipping, seed and precision; its epochs are not used. A step reads
            batch_size x gradient_accumulation blocks.
        context: Pieces of a block, cut down to what the model has positions for; >= 8.
        minutes: Budget of training time, checkpoints and validation included; None for no such limit.
        pieces: Budget of pieces read; None for no such limit. One of the two is needed; the first to end counts.
        held_out_one_in: About one document in so many is never trained on; some of those give the validation loss.
        max_validation_documents: Held-out documents that are read, spread over the files.
        max_validation_pieces: Validation reads at most so many pieces.
        max_tokenizer_characters: Characters from which a vocabulary is learnt, spread over the files.
        buffer_blocks: Blocks kept in memory, from which the next one is drawn at random.
        checkpoint_seconds: Longest time between two checkpoints, each with a validation.

    Raises:
        ModelError: A value is out of its range.
    """

    training: TrainingConfig = field(default_factory=lambda: TrainingConfig(learning_rate=SCRATCH_RATE, batch_size=8))
    context: int = 256
    minutes: float | None = None
    pieces: int | None = None
    held_out_one_in: int = 100
    max_validation_documents: int = 200
    max_validation_pieces: int = 20_000
    max_tokenizer_characters: int = 10_000_000
    buffer_blocks: int = 2048
    checkpoint_seconds: float = 300.0

    def __post_init__(self) -> None:
        """Refuse values that no training can use."""
        limits = {
            "context": (self.context >= 8, "at least 8"),
            "minutes": (self.minutes is None or self.minutes > 0, "more than 0"),
            "pieces": (self.pieces is None or self.pieces >= 1, "at least 1"),
            "held_out_one_in": (self.held_out_one_in >= 2, "at least 2"),
            "checkpoint_seconds": (self.checkpoint_seconds > 0, "more than 0"),
        }
        for name, (is_met, limit) in limits.items():
            if not is_met:
                raise ModelError(f"{name} is {getattr(self, name)}; it must be {limit}.")
        if self.minutes is None and self.pieces is None:
            raise ModelError("Neither minutes nor pieces limit the training, so it would never end; give one.")

    def fraction(self, *, seconds: float, pieces: int) -> float:
        """Return the share of the budget that is spent, in [0, 1]."""
        by_time = seconds / (60 * self.minutes) if self.minutes is not None else 0.0
        by_pieces = pieces / self.pieces if self.pieces is not None else 0.0
        return min(1.0, max(by_time, by_pieces))
