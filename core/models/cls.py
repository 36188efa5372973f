"""One instance at a time: BERT's [CLS] state of the marked sentence, through a softmax over the labels.

Papanikolaou & Pierleoni 2020 (DARE), arXiv:2004.13845, sec. 3.2, eq. 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

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
    save_encoder,
)
from core.models.inputs import choose_window, find_pieces
from core.models.losses import LossName, Objective, to_binary
from core.models.targets import SoftLabels, make_targets
from core.nlp.masking import MarkedText, Marking, mark_instance, mask_tokens
from core.training.checkpoints import load_config, load_weights, save_config, save_weights

ARCHITECTURE = "cls"


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

    def __init__(
        self, encoder: Encoder, config: ClsConfig, *, class_weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = encoder.tokenizer
        self.encoder: PreTrainedModel = encoder.model
        keep_first_state(encoder.model)
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
        loss = self._objective(self.output(first), batch.targets, self.class_weights)
        if self.auxiliary is None:
            return loss
        ones = torch.ones(2, device=loss.device)  # (2,)
        return loss + self._objective(self.auxiliary(first), to_binary(batch.targets), ones)

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
            piece_ids = self._fit(marked, output["input_ids"][index], output["offset_mapping"][index])
            if piece_ids is not None:
                items.append(ClsItem((instance.id,), tuple(piece_ids), rows[index : index + 1]))
        return items

    def _fit(self, marked: MarkedText, piece_ids: list[int], offsets: list[tuple[int, int]]) -> list[int] | None:
        """Cut a long input to a window around its two marks; None if they are too far apart."""
        if len(piece_ids) <= self._piece_limit:
            return piece_ids
        ranges = [find_pieces(span, offsets) for span in (marked.head, marked.tail)]
        ends = [end for found in ranges if found for end in found]
        window = choose_window(min(ends), max(ends) - 1, num_pieces=len(piece_ids), limit=self._piece_limit)
        return [piece_ids[0], *piece_ids[window[0] : window[1]], piece_ids[-1]] if window else None

    def collate(self, items: Sequence[ClsItem]) -> ClsBatch:
        """Pad items to one batch."""
        piece_ids, attention_mask = pad_pieces([item.piece_ids for item in items], pad_id=self.tokenizer.pad_token_id)
        return ClsBatch(piece_ids, attention_mask, torch.cat([item.targets for item in items]))

    def save(self, path: Path) -> None:
        """Write weights, config and tokenizer into a folder."""
        save_weights(path, self.state_dict())
        save_config(path, {"architecture": ARCHITECTURE, "config": asdict(self.config)})
        save_encoder(path, self.encoder, self.tokenizer)

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
