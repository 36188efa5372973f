"""The domain stage of a generator: causal language modelling on plain text (DARE sec. 4.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from core.errors import ModelError
from core.generation.domain_config import ModelSize
from core.generation.generator import Generator, PieceBatch, next_piece_losses, save_generator
from core.generation.gpt2 import make_gpt2
from core.generation.pieces import train_tokenizer
from core.pretraining.config import PretrainingConfig
from core.pretraining.text_stream import sample_for_tokenizer


@dataclass(frozen=True, slots=True)
class CausalLearner:
    """A generator that learns to foretell each next piece (DARE eq. 1).

    Args:
        generator: Trained in place.
    """

    generator: Generator

    is_foretelling_all = True

    @property
    def model(self) -> PreTrainedModel:
        """The generator's weights."""
        return self.generator.model

    @property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The generator's tokenizer."""
        return self.generator.tokenizer

    @property
    def max_pieces(self) -> int:
        """Longest sequence the model has positions for."""
        return self.generator.max_pieces

    def losses(self, rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return -log P of every piece after the first of its block.

        Shape:
            rows: (blocks, pieces), int64.
            returns: (blocks * (pieces - 1),), float32.
        """
        del rng
        return next_piece_losses(self.generator.model, PieceBatch(rows, torch.ones_like(rows)))

    def save(self, path: Path) -> None:
        """Write what `load_generator` reads."""
        save_generator(self.generator, path)


def make_base(paths: Sequence[Path], size: ModelSize, config: PretrainingConfig) -> Generator:
    """Return a GPT-2 of random weights with a byte-level BPE learnt from a bounded sample of the text.

    Raises:
        NotEnoughDataError: There is no document to train on.
        FormatError: A file cannot be read.
    """
    sample = sample_for_tokenizer(paths, one_in=config.held_out_one_in, max_characters=config.max_tokenizer_characters)
    tokenizer = train_tokenizer(sample, vocabulary_size=size.vocabulary_size)
    model = make_gpt2(
        tokenizer,
        num_layers=size.num_layers,
        width=size.width,
        num_heads=size.num_heads,
        context=config.context,
        seed=config.training.seed,
    )
    return Generator(model, tokenizer, ())


def make_base_of_pieces(
    tokenizer: PreTrainedTokenizerFast, vectors: Tensor, size: ModelSize, config: PretrainingConfig
) -> Generator:
    """Return a GPT-2 of random weights but for its pieces and their vectors, which are those of an encoder.

    Args:
        tokenizer: The encoder's.
        vectors: One row a piece.
        size: Layers, heads and width, which must be the encoder's; its vocabulary size is not used.
        config: Context and seed.

    Shape:
        vectors: (pieces, width).

    Raises:
        ModelError: The widths differ.
    """
    if vectors.shape[1] != size.width:
        raise ModelError(
            f"The encoder's vectors have {vectors.shape[1]} numbers, a model of this size {size.width}; name another "
            "encoder or size."
        )
    model = make_gpt2(
        tokenizer,
        num_layers=size.num_layers,
        width=size.width,
        num_heads=size.num_heads,
        context=config.context,
        seed=config.training.seed,
    )
    with torch.no_grad():
        model.transformer.wte.weight.copy_(vectors[: len(tokenizer)])
    return Generator(model, tokenizer, ())
