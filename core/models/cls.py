"""One instance at a time: BERT's [CLS] state of the masked sentence, through a softmax over the labels.

Papanikolaou & Pierleoni 2020 (DARE), arXiv:2004.13845, sec. 3.2, eq. 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.domain import NO_RELATION, Instance, Schema
from core.errors import AlignmentError
from core.models.encoder import ENCODER_FOLDER, Encoder, add_mask_tokens, build_encoder, pad_pieces
from core.nlp.masking import mask_instance, mask_tokens
from core.training.batching import budgeted_batches
from core.training.checkpoints import load_config, load_weights, save_config, save_weights

ARCHITECTURE = "cls"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClsConfig:
    """Shape of a classifier.

    Args:
        schema: Labels and masks follow from it; class 0 is NO_RELATION.
        max_pieces: Longest input in pieces, special pieces included (the paper's 128).
        dropout: Probability in [0, 1), before the output layer.
    """

    schema: Schema
    max_pieces: int = 128
    dropout: float = 0.1

    @property
    def classes(self) -> tuple[str, ...]:
        """Output classes, NO_RELATION first."""
        return (NO_RELATION, *self.schema.label_names)


@dataclass(frozen=True, slots=True)
class ClsItem:
    """One encoded instance; `class_id` is -1 where the label is unknown."""

    instance_id: str
    piece_ids: tuple[int, ...]
    class_id: int


@dataclass(frozen=True, slots=True)
class ClsBatch:
    """Padded instances.

    Shape:
        piece_ids, attention_mask: (batch, pieces), int64.
        class_ids: (batch,), int64.
    """

    piece_ids: Tensor
    attention_mask: Tensor
    class_ids: Tensor

    def to(self, device: torch.device) -> "ClsBatch":
        """Return the batch on `device`."""
        return replace(
            self,
            piece_ids=self.piece_ids.to(device),
            attention_mask=self.attention_mask.to(device),
            class_ids=self.class_ids.to(device),
        )


class ClsModel(nn.Module):
    """Encoder and one linear layer over its first state.

    Args:
        encoder: Any BERT-like encoder; the masks must already be in its vocabulary (see `create`).
        config: Shape.
        class_weights: Weight of each class in the loss, by name; 1 where it is absent (eq. 4).
    """

    def __init__(
        self, encoder: Encoder, config: ClsConfig, *, class_weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = encoder.tokenizer
        self.encoder = encoder.model
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(encoder.width, len(config.classes))
        weights = [(class_weights or {}).get(name, 1.0) for name in config.classes]
        self.register_buffer("class_weights", torch.tensor(weights), persistent=False)  # (classes,)
        self.class_weights: Tensor
        self._mask_ids = {self.tokenizer.convert_tokens_to_ids(mask) for mask in mask_tokens(config.schema)}
        self._piece_limit = min(config.max_pieces, encoder.max_pieces)

    @classmethod
    def create(
        cls, encoder: Encoder, config: ClsConfig, *, seed: int, class_weights: Mapping[str, float] | None = None
    ) -> Self:
        """Build a new classifier on an encoder: add the schema's masks, draw the new weights from `seed`."""
        add_mask_tokens(encoder, mask_tokens(config.schema), seed=seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return cls(encoder, config, class_weights=class_weights)

    def forward(self, batch: ClsBatch) -> Tensor:
        """Score every class of every instance.

        Shape:
            returns: (batch, classes) logits; class 0 is NO_RELATION.
        """
        states = self.encoder(batch.piece_ids, attention_mask=batch.attention_mask).last_hidden_state
        first = self.dropout(states[:, 0])  # (batch, width)
        logits: Tensor = self.output(first)
        return logits

    def loss(self, batch: ClsBatch, epochs_done: float) -> Tensor:
        """Cross-entropy, weighted by class."""
        del epochs_done
        return functional.cross_entropy(self(batch).float(), batch.class_ids, weight=self.class_weights)

    def encode(self, instances: Sequence[Instance]) -> list[ClsItem]:
        """Mask instances and cut them into pieces, once.

        Instances that no input can hold (overlapping mentions, masks farther apart than the longest
        input) are left out; a scorer counts their relations as misses.
        """
        readable: list[tuple[Instance, str]] = []
        for instance in instances:
            try:
                readable.append((instance, mask_instance(instance, self.config.schema)))
            except AlignmentError:
                continue
        if not readable:
            return []
        output = self.tokenizer([text for _, text in readable])
        items = []
        for (instance, _), piece_ids in zip(readable, output["input_ids"], strict=True):
            fitted = self._fit(piece_ids)
            if fitted is not None:
                class_id = self.config.classes.index(instance.label) if instance.label is not None else -1
                items.append(ClsItem(instance.id, tuple(fitted), class_id))
        return items

    def _fit(self, piece_ids: list[int]) -> list[int] | None:
        """Cut a long input to a window around its two masks; None if they are too far apart."""
        excess = len(piece_ids) - self._piece_limit
        if excess <= 0:
            return piece_ids
        positions = [index for index, piece_id in enumerate(piece_ids) if piece_id in self._mask_ids]
        room = self._piece_limit - 2  # without [CLS] and [SEP]
        first, last = positions[0], positions[-1]
        if last - first + 1 > room:
            return None
        start = max(1, min(first - (room - (last - first + 1)) // 2, len(piece_ids) - 1 - room))
        return [piece_ids[0], *piece_ids[start : start + room], piece_ids[-1]]

    def collate(self, items: Sequence[ClsItem]) -> ClsBatch:
        """Pad items to one batch."""
        piece_ids, attention_mask = pad_pieces([item.piece_ids for item in items], pad_id=self.tokenizer.pad_token_id)
        return ClsBatch(piece_ids, attention_mask, torch.tensor([item.class_id for item in items]))

    @torch.inference_mode()
    def score(self, items: Sequence[ClsItem], *, max_batch_pieces: int = 8192) -> Tensor:
        """Score encoded instances.

        Shape:
            returns: (items, classes) logits on the CPU, in the order of `items`.
        """
        self.eval()
        logits = torch.zeros(len(items), len(self.config.classes))  # (items, classes)
        for indices in budgeted_batches([len(item.piece_ids) for item in items], max_pieces=max_batch_pieces):
            batch = self.collate([items[index] for index in indices]).to(self.class_weights.device)
            logits[indices] = self(batch).float().cpu()
        return logits

    def save(self, path: Path) -> None:
        """Write weights, config and tokenizer into a folder."""
        save_weights(path, self.state_dict())
        config = {
            "schema": self.config.schema.to_json(),
            "max_pieces": self.config.max_pieces,
            "dropout": self.config.dropout,
        }
        save_config(path, {"architecture": ARCHITECTURE, "config": config})
        self.encoder.config.save_pretrained(path / ENCODER_FOLDER)
        self.tokenizer.save_pretrained(path / ENCODER_FOLDER)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a classifier written by `save`.

        Raises:
            ModelError: The folder is incomplete.
        """
        options = load_config(path)["config"]
        config = ClsConfig(**{**options, "schema": Schema.from_json(options["schema"])})
        encoder = build_encoder(path / ENCODER_FOLDER)
        model = cls(encoder, config)
        model.load_state_dict(load_weights(path))
        model.eval()
        return model
