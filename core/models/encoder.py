"""Encoders by name or path, their tokenizers, and their pieces aligned with words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle
from transformers import (
    MODEL_MAPPING,
    AddedToken,
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.initialization import no_init_weights

from core.domain import Span
from core.errors import AlignmentError, EncoderNotFoundError
from core.nlp.alignment import align_words, split_words
from core.starter import find_starter
from core.training.checkpoints import CONFIG_NAME, find_weights_folder, load_weights

ENCODER_FOLDER = "encoder"
_PREFIX = "encoder."
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class Encoder:
    """A BERT-like encoder with its tokenizer.

    Args:
        model: Returns hidden states of shape (batch, pieces, width).
        tokenizer: A fast tokenizer, because offsets are needed.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast

    @property
    def width(self) -> int:
        """Size of a hidden state."""
        return int(self.model.config.hidden_size)

    @property
    def vectors(self) -> torch.Tensor:
        """The vector of each piece, (pieces, width), without its gradient."""
        table = cast(nn.Embedding, self.model.get_input_embeddings())
        return table.weight.detach()

    @property
    def max_pieces(self) -> int:
        """Longest input in word pieces, special pieces included."""
        # RoBERTa's table has two rows more than it has positions; only its tokenizer knows the limit.
        return min(int(self.model.config.max_position_embeddings), int(self.tokenizer.model_max_length))


@dataclass(frozen=True, slots=True)
class EncodedText:
    """One sentence as pieces, with its words aligned.

    Args:
        piece_ids: Vocabulary ids, special pieces included.
        words: Word spans that have at least one piece, in sentence coordinates.
        first_pieces: Index of each word's first piece.
    """

    piece_ids: tuple[int, ...]
    words: tuple[Span, ...]
    first_pieces: tuple[int, ...]


def load_encoder(source: str, *, may_download: bool = False) -> Encoder:
    """Load an encoder with float32 weights.

    Args:
        source: Name of a starter model, folder of an encoder or of one of our models, or hub name.
        may_download: Whether a hub name may be fetched; nothing leaves the machine otherwise.

    Raises:
        EncoderNotFoundError: Nothing usable lies under that name.
    """
    path = locate_encoder(source)
    if (path / CONFIG_NAME).is_file():
        encoder = build_encoder(path / ENCODER_FOLDER)
        state = {
            name[len(_PREFIX) :]: tensor for name, tensor in load_weights(path).items() if name.startswith(_PREFIX)
        }
        encoder.model.resize_token_embeddings(state["embeddings.word_embeddings.weight"].shape[0])
        encoder.model.load_state_dict(state)
        return encoder
    name = str(path) if path.is_dir() else source
    options: dict[str, Any] = {"local_files_only": not may_download, "trust_remote_code": False}
    try:
        choices = _choose_options(AutoConfig.from_pretrained(name, **options))
        model = AutoModel.from_pretrained(name, dtype=torch.float32, use_safetensors=True, **choices, **options)
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True, **options)
    except (ImportError, KeyError, OSError, TypeError, ValueError) as error:
        is_on_hub = not may_download and not path.exists() and _HUB_NAME.fullmatch(source)
        raise EncoderNotFoundError(
            f"No encoder {source!r} on this machine. Name a folder that holds config.json and model.safetensors, "
            f"or a starter model{', or pull this hub name with `dare models pull`' if is_on_hub else ''}."
        ) from error
    return Encoder(model, _require_fast(tokenizer, source))


def locate_encoder(source: str) -> Path:
    """Return the folder that holds an encoder's weights; a folder that is none where a hub name was given.

    Args:
        source: Name of a starter model, folder of an encoder or of one of our models, or hub name.
    """
    path = find_starter(source) or Path(source)
    return find_weights_folder(path) if (path / CONFIG_NAME).is_file() else path


def _choose_options(config: PreTrainedConfig) -> dict[str, Any]:
    """Ask for no pooler where the encoder's class has one: nothing here reads it, and it would be trained in vain.

    Fused attention need not be asked for: transformers takes it wherever the class has it.
    """
    model_class: Any = MODEL_MAPPING[type(config)]
    return {"add_pooling_layer": False} if "add_pooling_layer" in signature(model_class).parameters else {}


def build_encoder(folder: Path) -> Encoder:
    """Build an encoder, its weights still to be loaded, from a folder that holds its config and tokenizer only."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    with no_init_weights():  # drawing weights takes longer than reading those that replace them
        model = AutoModel.from_config(config, dtype=torch.float32, **_choose_options(config))  # type: ignore[no-untyped-call]
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True, trust_remote_code=False)
    return Encoder(model, _require_fast(tokenizer, str(folder)))


def require_fast_tokenizer(folder: Path, source: str) -> None:
    """Refuse a folder whose tokenizer gives no offsets; of the model nothing but its config need be there.

    Args:
        folder: Config and tokenizer.
        source: The model's name for people.

    Raises:
        EncoderNotFoundError: The tokenizer cannot be loaded as a fast one.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True, trust_remote_code=False)
    except (ImportError, KeyError, OSError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderNotFoundError(
            f"{source} has no fast tokenizer, which offsets and masks need; loading one failed with: {reason}"
        ) from error
    _require_fast(tokenizer, source)


def save_encoder(path: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Write the config and the tokenizer, which `build_encoder` reads, under a model folder."""
    model.config.save_pretrained(path / ENCODER_FOLDER)
    tokenizer.save_pretrained(path / ENCODER_FOLDER)


def _require_fast(tokenizer: object, source: str) -> PreTrainedTokenizerFast:
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise EncoderNotFoundError(f"Encoder {source!r} has no fast tokenizer (tokenizer.json), which offsets need.")
    return tokenizer


def add_mask_tokens(encoder: Encoder, masks: Sequence[str], *, seed: int) -> None:
    """Add masks to the vocabulary, one piece each, and give the embedding table seeded new rows.

    Raises:
        AlignmentError: The tokenizer still splits a mask.
    """
    tokens = [AddedToken(mask, special=True, normalized=False, lstrip=False, rstrip=False) for mask in masks]
    encoder.tokenizer.add_tokens(tokens, special_tokens=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder.model.resize_token_embeddings(len(encoder.tokenizer), mean_resizing=False)
    for mask in masks:
        ids = encoder.tokenizer(f"a {mask} b", add_special_tokens=False)["input_ids"]
        if encoder.tokenizer.convert_tokens_to_ids(mask) not in ids:
            raise AlignmentError(f"The tokenizer splits the mask {mask} into {encoder.tokenizer.tokenize(mask)}.")


def keep_first_state(model: PreTrainedModel) -> RemovableHandle | None:
    """Let the last layer of an encoder compute its first state only, where its modules have BERT's names.

    A classifier that reads [CLS] alone needs the other positions of the last layer as keys and values only;
    leaving out the rest of that layer changes no result and saves an eighth of a six-layer encoder.

    Returns:
        What undoes it; None where the encoder is built otherwise and nothing was changed.
    """
    layers = getattr(getattr(model, "encoder", None), "layer", None)
    output = getattr(getattr(layers[-1], "attention", None), "output", None) if layers else None
    return output.register_forward_pre_hook(_cut_to_first) if output is not None else None


def _cut_to_first(_: nn.Module, states: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return tuple(state[:, :1] for state in states)  # (batch, 1, width) each


def encode_texts(encoder: Encoder, texts: Sequence[str], *, max_pieces: int) -> list[EncodedText]:
    """Cut sentences into pieces, once, and align each with its words; longer ones are cut at `max_pieces`."""
    if not texts:
        return []
    limit = min(max_pieces, encoder.max_pieces)
    output = encoder.tokenizer(list(texts), return_offsets_mapping=True, truncation=True, max_length=limit)
    encoded = []
    for text, piece_ids, offsets in zip(texts, output["input_ids"], output["offset_mapping"], strict=True):
        aligned = align_words(split_words(text), offsets)
        encoded.append(EncodedText(tuple(piece_ids), aligned.words, aligned.first_pieces))
    return encoded


def pad_pieces(sequences: Sequence[Sequence[int]], *, pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad piece ids on the right.

    Shape:
        returns: piece ids (batch, pieces), int64; attention mask (batch, pieces), int64 of 0 and 1.
    """
    longest = max(len(sequence) for sequence in sequences)
    piece_ids = torch.full((len(sequences), longest), pad_id, dtype=torch.long)  # (batch, pieces)
    attention_mask = torch.zeros_like(piece_ids)  # (batch, pieces)
    for row, sequence in enumerate(sequences):
        piece_ids[row, : len(sequence)] = torch.tensor(sequence)
        attention_mask[row, : len(sequence)] = 1
    return piece_ids, attention_mask
