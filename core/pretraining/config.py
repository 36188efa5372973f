"""Settings of training a language model on a stream of plain text. Needs no torch."""

from dataclasses import dataclass, field

from core.errors import ModelError
from core.training.config import TrainingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingConfig:
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

    training: TrainingConfig = field(default_factory=lambda: TrainingConfig(learning_rate=1e-3, batch_size=8))
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
