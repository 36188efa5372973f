"""A causal language model that writes masked sentences: load, fine-tune, save."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    MODEL_FOR_MASKED_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from core.errors import EncoderNotFoundError
from core.generation.pieces import add_masks, encode_sentences
from core.nlp.masking import mask_word
from core.pretraining.packing import boundary_ids
from core.training.config import TrainingConfig
from core.training.out_of_memory import is_out_of_memory, release_memory
from core.training.processes import Processes
from core.training.state import copy_state
from core.training.trainer import Report, TrainingResult, pick_device, train

log = logging.getLogger(__name__)

MAX_TRAINING_PIECES = 128

_IGNORED = -100
_VALIDATION_BATCHES = 8
_NOISE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Generator:
    """A causal language model with its tokenizer.

    Args:
        model: Float32 master weights.
        tokenizer: Holds every mask as one piece.
        masks: The masks, for decoding.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    masks: tuple[str, ...]

    @property
    def max_pieces(self) -> int:
        """Longest sequence the model has positions for."""
        return int(self.model.config.max_position_embeddings)


@dataclass(frozen=True, slots=True)
class PieceBatch:
    """Sequences of pieces, padded on the right.

    Shape:
        piece_ids, attention_mask: (batch, pieces), int64.
    """

    piece_ids: Tensor
    attention_mask: Tensor

    def to(self, device: torch.device) -> "PieceBatch":
        """Return the batch on `device`."""
        return PieceBatch(self.piece_ids.to(device), self.attention_mask.to(device))


def load_generator(source: str, *, masks: Sequence[str], seed: int, may_download: bool = False) -> Generator:
    """Load a causal language model and add masks to its vocabulary; an encoder becomes one, reading leftwards only.

    Args:
        source: Folder or hub name.
        masks: Tokens that stand for mentions.
        seed: Seed of the masks' new embeddings.
        may_download: Whether a hub name may be fetched; nothing is fetched otherwise.

    Raises:
        EncoderNotFoundError: Nothing usable lies under that name; only safetensors weights are read.
        AlignmentError: The tokenizer splits a mask.
    """
    options: dict[str, Any] = {"local_files_only": not may_download, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(source, **options)
        if type(config) in MODEL_FOR_MASKED_LM_MAPPING:
            config.is_decoder = True
        model = AutoModelForCausalLM.from_pretrained(
            source, config=config, dtype=torch.float32, use_safetensors=True, **options
        )
        tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True, **options)
    except (ImportError, OSError, ValueError) as error:
        raise EncoderNotFoundError(
            f"No generator {source!r} on this machine. Name a folder that holds config.json, tokenizer.json and "
            'model.safetensors of a causal language model, or start from nothing: "scratch" to generate, "tiny" or '
            '"small" to pretrain.'
        ) from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise EncoderNotFoundError(f"Generator {source!r} has no fast tokenizer (tokenizer.json), which masks need.")
    # Told by name: a table that was padded has rows for pieces which its tokenizer never had.
    known = tokenizer.get_vocab()
    add_masks(tokenizer, masks)
    if len(tokenizer) > int(model.config.vocab_size):
        with torch.random.fork_rng():
            model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    new = {cast(int, tokenizer.convert_tokens_to_ids(mask)): mask for mask in masks if mask not in known}
    _begin_as_words(model, tokenizer, new, seed=seed)
    return Generator(model, tokenizer, tuple(masks))


@torch.no_grad()
def _begin_as_words(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, masks: Mapping[int, str], *, seed: int
) -> None:
    """Let new masks begin as the words that they are made of, in the model's reading and in its writing.

    A vector near the mean of all others, which is usual, is as unlikely as the average piece: a few hundred
    sentences taught a generator everything but to write its masks. Noise tells masks of one type apart.

    Args:
        model: Its vocabulary has rows for the masks.
        tokenizer: Knows the masks.
        masks: The new masks by their row.
        seed: Seed of the noise.
    """
    layers: Any = (model.get_input_embeddings(), model.get_output_embeddings())  # type: ignore[no-untyped-call]
    tables = {id(layer.weight): layer.weight for layer in layers}.values()  # (pieces, width) each; often they are one
    bias = getattr(layers[1], "bias", None)
    rng = torch.Generator().manual_seed(seed)
    for row, mask in masks.items():
        ids = list(tokenizer(f" {mask_word(mask)}", add_special_tokens=False)["input_ids"])
        for table in tables:
            spread = table[: min(masks)].std(0)  # (width,), of the pieces that were there before
            noise = torch.randn(table.shape[1], generator=rng) * spread * _NOISE_SHARE  # (width,)
            table[row] = table[ids].mean(0) + noise
        if bias is not None:
            bias[row] = bias[ids].mean()


def save_generator(generator: Generator, path: Path) -> None:
    """Write weights (safetensors), config and tokenizer; `load_generator` reads them back."""
    generator.model.save_pretrained(path)
    generator.tokenizer.save_pretrained(path)


def fine_tune(
    generator: Generator,
    sentences: Sequence[str],
    *,
    config: TrainingConfig,
    validation: Sequence[str] = (),
    report: Report | None = None,
    device: torch.device | None = None,
) -> TrainingResult:
    """Train in place to write such sentences, ends included.

    Where the memory does not suffice, training starts again from the same weights with half the batch and twice
    the accumulation, so that a step still covers as many sentences.

    Args:
        generator: The model to train.
        sentences: Masked or plain sentences.
        config: The loop's settings.
        validation: Sentences whose loss chooses the epoch; the last epoch is kept if there are none.
        report: Progress sink.
        device: Where to train; picked automatically if None.

    Raises:
        NotEnoughDataError: There are no sentences.
        TrainingDivergedError: The loss became NaN or infinite.
        RuntimeError: The memory does not suffice for one sentence at a time.

    Source:
        DARE, arXiv:2004.13845, sec. 4.1: sequences of at most 128 pieces.
    """
    limit = min(MAX_TRAINING_PIECES, generator.max_pieces)
    items = encode_sentences(generator.tokenizer, sentences, max_pieces=limit)
    held_out = encode_sentences(generator.tokenizer, validation, max_pieces=limit)
    place = device or pick_device()
    start = copy_state(generator.model)
    while True:
        result = _train_if_it_fits(generator, items, held_out, config=config, report=report, device=place)
        if result is not None:
            return result
        config = _halve_batch(config)
        generator.model.zero_grad(set_to_none=True)
        generator.model.load_state_dict(start)
        release_memory(place)


def _train_if_it_fits(
    generator: Generator,
    items: Sequence[tuple[int, ...]],
    held_out: Sequence[tuple[int, ...]],
    *,
    config: TrainingConfig,
    report: Report | None,
    device: torch.device,
) -> TrainingResult | None:
    """Train, or return None where the memory does not suffice and a smaller batch can be tried.

    Several processes train in step, so none of them may start again alone.
    """
    # Validation keeps nothing for gradients, so it reads more at a time; it shrinks with the batch.
    validation_size = _VALIDATION_BATCHES * config.batch_size
    try:
        return train(
            generator.model,
            items,
            lengths=[len(item) for item in items],
            collate=lambda batch: pad_sequences(batch, pad_id=boundary_ids(generator.tokenizer)[1]),
            loss=lambda model, batch, _: next_piece_losses(model, batch).mean(),
            config=config,
            validate=(lambda _: mean_loss(generator, held_out, batch_size=validation_size)) if held_out else None,
            report=report,
            device=device,
        )
    except RuntimeError as error:
        if config.batch_size == 1 or Processes(device).count > 1 or not is_out_of_memory(error):
            raise
        log.warning("Out of memory with batches of %d; starting again with half: %s", config.batch_size, error)
        return None


def _halve_batch(config: TrainingConfig) -> TrainingConfig:
    """Return settings with half the batch and as many sentences a step, or a few more where they do not divide."""
    batch_size = config.batch_size // 2
    by_step = config.batch_size * config.gradient_accumulation
    return replace(config, batch_size=batch_size, gradient_accumulation=math.ceil(by_step / batch_size))


def pad_sequences(sequences: Sequence[Sequence[int]], *, pad_id: int) -> PieceBatch:
    """Pad on the right; what is padding is known by the attention mask alone, since ids may equal the end piece."""
    longest = max(len(sequence) for sequence in sequences)
    piece_ids = torch.full((len(sequences), longest), pad_id)  # (batch, pieces)
    attention_mask = torch.zeros_like(piece_ids)  # (batch, pieces)
    for row, sequence in enumerate(sequences):
        piece_ids[row, : len(sequence)] = torch.tensor(sequence)
        attention_mask[row, : len(sequence)] = 1
    return PieceBatch(piece_ids, attention_mask)


def next_piece_losses(model: nn.Module, batch: PieceBatch) -> Tensor:
    """Return -log P(u_i | u_<i) of every real piece after the first, the end included (DARE eq. 1).

    Shape:
        returns: (real pieces after the first,), float32.
    """
    logits = model(input_ids=batch.piece_ids, attention_mask=batch.attention_mask, use_cache=False).logits[:, :-1]
    targets = batch.piece_ids.masked_fill(batch.attention_mask == 0, _IGNORED)[:, 1:]  # (batch, pieces - 1)
    losses = functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none")
    return losses[targets.flatten() != _IGNORED]


@torch.inference_mode()
def mean_loss(generator: Generator, encoded: Sequence[Sequence[int]], *, batch_size: int = 64) -> float:
    """Return the mean loss per piece over sequences of pieces."""
    pad_id = boundary_ids(generator.tokenizer)[1]
    total, count = 0.0, 0
    for start in range(0, len(encoded), batch_size):
        batch = pad_sequences(encoded[start : start + batch_size], pad_id=pad_id).to(generator.model.device)
        losses = next_piece_losses(generator.model, batch)
        total, count = total + float(losses.sum()), count + len(losses)
    return total / max(count, 1)
