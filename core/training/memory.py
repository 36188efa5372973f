"""How much memory a training will need, told before it starts; no torch here, so that pages can show it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from core.errors import EncoderNotFoundError
from core.training.config import TrainingConfig

_FULL = 4  # bytes of a float32
_HALF = 2  # bytes of a bfloat16
# glibc takes blocks under 32 MiB from its heap, where blocks of different lives leave gaps behind. The tensors alone
# are as estimated within 3 % (measured on 22M parameters); the process holds about half a forward pass more than
# them (fitted to 22M and 110M), gradient checkpointing or not.
_HEAP_GAPS = 0.5
_CONFIG_PATHS = ("config.json", "encoder/config.json")
# DistilBERT has names of its own for the same numbers.
_NAMES = {
    "hidden": ("hidden_size", "dim"),
    "num_layers": ("num_hidden_layers", "n_layers"),
    "num_heads": ("num_attention_heads", "n_heads"),
    "intermediate": ("intermediate_size", "hidden_dim"),
    "vocabulary": ("vocab_size",),
    "max_pieces": ("max_position_embeddings",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderShape:
    """The numbers of a BERT-like encoder that decide how much memory it takes.

    Args:
        hidden: Width of a state.
        num_layers: Transformer layers.
        num_heads: Attention heads of a layer.
        intermediate: Width inside a layer's feed-forward part.
        vocabulary: Rows of the table of pieces.
        max_pieces: Rows of the table of positions.
    """

    hidden: int
    num_layers: int
    num_heads: int
    intermediate: int
    vocabulary: int
    max_pieces: int = 512

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read the shape from the values of a config.json.

        Raises:
            EncoderNotFoundError: A number is missing, so that this is no BERT-like encoder.
        """
        found = {field: config[name] for field, names in _NAMES.items() for name in names if name in config}
        missing = sorted(set(_NAMES) - set(found))
        if missing:
            raise EncoderNotFoundError(
                f"The encoder's config.json says nothing of {', '.join(missing)}; name a BERT-like encoder."
            )
        return cls(**{field: int(value) for field, value in found.items()})

    @property
    def num_parameters(self) -> int:
        """Weights of tables and layers; no pooler and no head."""
        tables = (self.vocabulary + self.max_pieces + 2) * self.hidden + 2 * self.hidden
        attention = 4 * self.hidden * (self.hidden + 1)
        feed_forward = 2 * self.hidden * self.intermediate + self.intermediate + self.hidden
        return tables + self.num_layers * (attention + feed_forward + 4 * self.hidden)


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes that a training takes beside the program itself.

    Args:
        parameters: The weights, their copies in half precision, and the best epoch's where it lies on the device.
        gradients: One number a trained weight.
        optimizer: The optimiser's running means; 0 for "sgd".
        activations: What one forward pass keeps for the backward pass, and the widest step of that pass.
        gaps: What the CPU's heap holds beside its tensors; 0 on CUDA.
        total: The peak. Activations go while gradients come, so the larger of the two counts, and both where
            gradients are accumulated.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    gaps: int
    total: int


def read_encoder_shape(folder: Path) -> EncoderShape:
    """Read the shape of an encoder, or of the encoder of one of our models, from its folder.

    Raises:
        EncoderNotFoundError: The folder has no config.json of an encoder.
    """
    for name in _CONFIG_PATHS:
        if (folder / name).is_file():
            try:
                config = json.loads((folder / name).read_text(encoding="utf-8"))
            except ValueError as error:
                raise EncoderNotFoundError(f"{folder / name} is not JSON ({error}); copy the encoder again.") from error
            return EncoderShape.from_config(config)
    raise EncoderNotFoundError(f"No encoder in {folder}: it has no config.json. Name a folder that holds one.")


def estimate_training_memory(
    shape: EncoderShape,
    config: TrainingConfig,
    *,
    num_pieces: int,
    device: Literal["cpu", "cuda"] = "cpu",
    has_validation: bool = True,
    reads_first_state: bool = False,
) -> MemoryEstimate:
    """Estimate the peak memory of training an encoder with a small head.

    Args:
        shape: The encoder.
        config: Batch size, precision, optimiser and the like; precision "auto" counts as fp32.
        num_pieces: Pieces of the longest input.
        device: Where the training runs: kernels keep different things on each.
        has_validation: Whether the weights of the best epoch are kept.
        reads_first_state: Whether the last layer computes its first state only, as `cls` lets it.
    """
    is_half = config.precision == "bf16"
    sizes = _KeptSizes(
        low=_HALF if is_half else _FULL,
        dropout=1 if device == "cuda" else (_HALF if is_half else _FULL),
        has_scores=device == "cpu",
    )
    weights = shape.num_parameters * _FULL
    parameters = weights * (2 if has_validation and device == "cpu" else 1)
    parameters += shape.num_parameters * _HALF if is_half else 0
    gradients = 0 if config.is_encoder_frozen else weights
    optimizer = 2 * gradients if config.optimizer == "adamw" else 0
    tokens = config.batch_size * num_pieces
    saved = sizes.rest(shape) if reads_first_state else 0
    whole = shape.num_layers * sizes.layer(shape, num_pieces) - saved
    activations = tokens * (_kept_by_token(shape, config, sizes, num_pieces, whole) + sizes.widest_step(shape))
    gaps = round(_HEAP_GAPS * tokens * whole) if device == "cpu" and not config.is_encoder_frozen else 0
    changing = activations + gradients if config.gradient_accumulation > 1 else max(activations, gradients)
    return MemoryEstimate(parameters, gradients, optimizer, activations, gaps, parameters + optimizer + changing + gaps)


@dataclass(frozen=True, slots=True)
class _KeptSizes:
    """How a device keeps what the backward pass needs.

    Args:
        low: Bytes of a number that a matrix product reads or writes.
        dropout: Bytes of a number of a dropout mask; the CPU keeps it in the number format of its input.
        has_scores: Whether attention keeps its scores; fused attention computes them again, but the CPU's cannot
            drop any out.
    """

    low: int
    dropout: int
    has_scores: bool

    def layer(self, shape: EncoderShape, num_pieces: int) -> int:
        """Bytes a token of one layer."""
        return self.attention_input(shape) + self.scores(shape, num_pieces) + self.rest(shape)

    def attention_input(self, shape: EncoderShape) -> int:
        """Bytes a token: the layer's input, its queries, keys and values."""
        return 4 * shape.hidden * self.low

    def scores(self, shape: EncoderShape, num_pieces: int) -> int:
        """Bytes a token: probabilities of each head before and after dropout, and the dropout's mask."""
        return num_pieces * shape.num_heads * (2 * self.low + self.dropout) if self.has_scores else 0

    def rest(self, shape: EncoderShape) -> int:
        """Bytes a token: what follows the attention.

        Attention's result and the first norm's, two dropout masks, the inputs of two norms, and the feed-forward
        part's middle before and after its GELU.
        """
        states = 2 * self.low + 2 * self.dropout + 2 * _FULL
        return shape.hidden * states + 2 * shape.intermediate * self.low

    def tables(self, shape: EncoderShape) -> int:
        """Bytes a token: the input of the tables' norm, and a dropout mask."""
        return shape.hidden * (_FULL + self.dropout)

    def widest_step(self, shape: EncoderShape) -> int:
        """Bytes a token: gradients before and after the GELU."""
        return 2 * shape.intermediate * self.low


def _kept_by_token(shape: EncoderShape, config: TrainingConfig, sizes: _KeptSizes, num_pieces: int, whole: int) -> int:
    """Return the bytes a token that a forward pass keeps, where a pass that keeps all of every layer has `whole`."""
    if config.is_encoder_frozen:
        return sizes.attention_input(shape)
    if config.has_gradient_checkpointing:
        whole = shape.num_layers * shape.hidden * _FULL + sizes.layer(shape, num_pieces)
    return sizes.tables(shape) + whole
