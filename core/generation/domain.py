"""The domain stage of a generator: causal language modelling on plain text (DARE sec. 4.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import GPT2LMHeadModel, PreTrainedModel, PreTrainedTokenizerFast

from core.errors import ModelError
from core.generation.domain_config import ModelSize
from core.generation.generator import Generator, PieceBatch, next_piece_losses, save_generator
from core.generation.gpt2 import make_gpt2
from core.generation.pieces import train_tokenizer
from core.pretraining.config import PretrainingConfig
from core.pretraining.packing import boundary_ids
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
    model = _make_sized(tokenizer, size, config)
    return Generator(model, tokenizer, ())


def give_new_pieces(generator: Generator, paths: Sequence[Path], size: int, config: PretrainingConfig) -> Generator:
    """Return a generator with the same layers and a byte-level BPE of its own, learnt from the text.

    A decoder made of an encoder reads lower case and forgets where spaces were; with pieces of bytes it writes text
    as people do. Each new piece begins with the mean vector of the old pieces of its letters, so that the layers
    understand it from the start.

    Args:
        generator: Its model is changed in place; its tokenizer is not used again.
        paths: Text files from which the vocabulary is learnt.
        size: Most pieces of the new vocabulary.
        config: Bounds the sample that is read.

    Raises:
        NotEnoughDataError: There is no document to train on.
        FormatError: A file cannot be read.
    """
    sample = sample_for_tokenizer(paths, one_in=config.held_out_one_in, max_characters=config.max_tokenizer_characters)
    tokenizer = train_tokenizer(sample, vocabulary_size=size)
    model = generator.model
    old = cast(nn.Embedding, model.get_input_embeddings()).weight.detach().clone()  # (old pieces, width)
    vectors = torch.stack([old[ids].mean(0) for ids in _match_pieces(tokenizer, generator.tokenizer)])
    vectors[boundary_ids(tokenizer)[1]] = old[boundary_ids(generator.tokenizer)[1]]
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    with torch.no_grad():
        cast(nn.Embedding, model.get_input_embeddings()).weight.copy_(vectors)
        bias = getattr(_output_layer(model), "bias", None)
        if bias is not None:
            bias.zero_()
    begin, end = boundary_ids(tokenizer)
    model.config.bos_token_id, model.config.eos_token_id, model.config.pad_token_id = begin, end, None
    return Generator(model, tokenizer, ())


def _output_layer(model: Any) -> nn.Module:  # noqa: ANN401 - the library's method has no type
    layer: nn.Module = model.get_output_embeddings()
    return layer


def _match_pieces(new: PreTrainedTokenizerFast, old: PreTrainedTokenizerFast) -> list[list[int]]:
    """Return for each new piece the old pieces of its letters, or all of them where none is known."""
    vocabulary = old.get_vocab()
    texts = [str(new.decode([index])) for index in range(len(new))]  # one that begins a word has a space before it
    encoded = old([text.strip().lower() for text in texts], add_special_tokens=False)["input_ids"]
    matched = []
    for text, ids in zip(texts, encoded, strict=True):
        inside = None if text.startswith(" ") else vocabulary.get(f"##{text.strip().lower()}")
        known = [inside] if inside is not None else [index for index in ids if index != old.unk_token_id]
        matched.append(known or list(vocabulary.values()))
    return matched


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
    model = _make_sized(tokenizer, size, config)
    with torch.no_grad():
        model.transformer.wte.weight.copy_(vectors[: len(tokenizer)])
    return Generator(model, tokenizer, ())


def _make_sized(tokenizer: PreTrainedTokenizerFast, size: ModelSize, config: PretrainingConfig) -> GPT2LMHeadModel:
    return make_gpt2(
        tokenizer,
        num_layers=size.num_layers,
        width=size.width,
        num_heads=size.num_heads,
        context=config.context,
        seed=config.training.seed,
    )
