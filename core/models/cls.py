"""One instance at a time: BERT's [CLS] state of the marked sentence, through a softmax over the labels.

Papanikolaou & Pierleoni 2020 (DARE), arXiv:2004.13845, sec. 3.2, eq. 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from core.domain import NO_RELATION, Instance, Schema
from core.errors import AlignmentError
from core.models.classifier import Classifier
from core.models.encoder import (
    ENCODER_FOLDER,
    Encoder,
    add_mask_tokens,
    build_encoder,
    keep_first_state,
    pad_pieces,
)
from core.models.inputs import cut_to_window, find_window
from core.models.losses import LossName, Objective, loss_of_heads
from core.models.targets import SoftLabels, make_targets
from core.nlp.masking import MarkedText, Marking, mark_instance, mask_tokens
from core.training.checkpoints import load_config, load_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class ClsConfig:
    """Shape of a classifier.

    Args:
        schema: Labels and masks follow from it; class 0 is NO_RELATION.
        max_pieces: Longest input in pieces, special pieces included (the paper's 128).
        dropout: Probability in [0, 1), before the output layer.
        marking: "masks" hides the names of head and tail (the paper), "markers" keeps them.
        loss: "cross_entropy" (the paper) or "focal".
        gamma: Focusing exponent of the focal loss.
        has_auxiliary: Whether a second head learns if the pair is related at all (Li & Ji 2019).
    """

    schema: Schema
    max_pieces: int = 128
    dropout: float = 0.1
    marking: Marking = "masks"
    loss: LossName = "cross_entropy"
    gamma: float = 1.0
    has_auxiliary: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """Output classes, NO_RELATION first."""
        return (NO_RELATION, *self.schema.label_names)


@dataclass(frozen=True, slots=True, eq=False)
class ClsItem:
    """One encoded instance.

    Shape:
        targets: (1, classes); all 0 where the label is unknown.
    """

    instance_ids: tuple[str]
    piece_ids: tuple[int, ...]
    targets: Tensor


@dataclass(frozen=True, slots=True)
class ClsBatch:
    """Padded instances.

    Shape:
        piece_ids, attention_mask: (batch, pieces), int64.
        targets: (batch, classes), float32.
    """

    piece_ids: Tensor
    attention_mask: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "ClsBatch":
        """Return the batch on `device`."""
        return replace(
            self,
            piece_ids=self.piece_ids.to(device),
            attention_mask=self.attention_mask.to(device),
            targets=self.targets.to(device),
        )


class ClsModel(Classifier):
    """Encoder and one linear layer over its first state.

    Args:
        encoder: Any BERT-like encoder; the masks must already be in its vocabulary (see `create`).
        config: Shape.
        class_weights: Weight of each class in the loss, by name; 1 where it is absent (eq. 4).
    """

    architecture: ClassVar[str] = "cls"

    def __init__(
        self, encoder: Encoder, config: ClsConfig, *, class_weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = encoder.tokenizer
        self.encoder: PreTrainedModel = encoder.model
        self.first_state_hook = keep_first_state(encoder.model)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(encoder.width, len(config.classes))
        self.auxiliary = nn.Linear(encoder.width, 2) if config.has_auxiliary else None
        weights = [(class_weights or {}).get(name, 1.0) for name in config.classes]
        self.register_buffer("class_weights", torch.tensor(weights), persistent=False)  # (classes,)
        self.class_weights: Tensor
        self._objective = Objective(loss=config.loss, gamma=config.gamma)
        self._piece_limit = min(config.max_pieces, encoder.max_pieces)

    @classmethod
    def create(
        cls, encoder: Encoder, config: ClsConfig, *, seed: int, class_weights: Mapping[str, float] | None = None
    ) -> Self:
        """Build a new classifier on an encoder: add the schema's masks, draw the new weights from `seed`."""
        # Synthetic sentences hold masks whatever the marking is.
        add_mask_tokens(encoder, mask_tokens(config.schema), seed=seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return cls(encoder, config, class_weights=class_weights)

    def forward(self, batch: ClsBatch) -> Tensor:
        """Score every class of every instance.

        Shape:
            returns: (batch, classes) logits; class 0 is NO_RELATION.
        """
        logits: Tensor = self.output(self._represent(batch))
        return logits

    def _represent(self, batch: ClsBatch) -> Tensor:
        """Return the [CLS] states, (batch, width)."""
        states = self.encoder(batch.piece_ids, attention_mask=batch.attention_mask).last_hidden_state
        first: Tensor = self.dropout(states[:, 0])  # (batch, width)
        return first

    def loss(self, batch: ClsBatch, epochs_done: float) -> Tensor:
        """The loss of the labels, and that of "related at all" if there is a head for it."""
        del epochs_done
        first = self._represent(batch)  # (batch, width)
        related = None if self.auxiliary is None else self.auxiliary(first)  # (batch, 2)
        return loss_of_heads(self._objective, self.output(first), related, batch.targets, self.class_weights)

    def encode(self, instances: Sequence[Instance], targets: SoftLabels | None = None) -> list[ClsItem]:
        """Mark instances and cut them into pieces, once.

        Instances that no input can hold (overlapping mentions, marks farther apart than the longest
        input) are left out; a scorer counts their relations as misses.
        """
        readable: list[tuple[Instance, MarkedText]] = []
        for instance in instances:
            try:
                readable.append((instance, mark_instance(instance, self.config.schema, marking=self.config.marking)))
            except AlignmentError:
                continue
        if not readable:
            return []
        output = self.tokenizer([marked.text for _, marked in readable], return_offsets_mapping=True)
        rows = make_targets([instance for instance, _ in readable], self.config.classes, targets)  # (items, classes)
        items = []
        for index, (instance, marked) in enumerate(readable):
            window = find_window(marked, output["offset_mapping"][index], limit=self._piece_limit)
            if window is not None:
                piece_ids = cut_to_window(output["input_ids"][index], window)
                items.append(ClsItem((instance.id,), piece_ids, rows[index : index + 1]))
        return items

    def collate(self, items: Sequence[ClsItem]) -> ClsBatch:
        """Pad items to one batch."""
        piece_ids, attention_mask = pad_pieces([item.piece_ids for item in items], pad_id=self.tokenizer.pad_token_id)
        return ClsBatch(piece_ids, attention_mask, torch.cat([item.targets for item in items]))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a classifier written by `save`.

        Raises:
            ModelError: The folder is incomplete.
        """
        options = load_config(path)["config"]
        config = ClsConfig(**{**options, "schema": Schema.from_json(options["schema"])})
        model = cls(build_encoder(path / ENCODER_FOLDER), config)
        model.load_state_dict(load_weights(path))
        model.eval()
        return model
