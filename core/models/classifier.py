"""What every pair classifier offers, whether it reads one instance at a time or all pairs of a sentence."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from core.domain import Instance, Schema
from core.models.encoder import save_encoder
from core.models.passes import default_batch_pieces
from core.models.targets import SoftLabels
from core.training.batching import budgeted_batches
from core.training.checkpoints import save_config, save_weights


class ClassifierConfig(Protocol):
    """Shape of a classifier."""

    @property
    def schema(self) -> Schema:
        """Labels and masks follow from it."""

    @property
    def max_pieces(self) -> int:
        """Longest input in pieces, special pieces included."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Output classes, NO_RELATION first."""


class Item(Protocol):
    """One encoded input: an instance, or a sentence with several.

    Shape:
        targets: (instances, classes), float32.
    """

    @property
    def instance_ids(self) -> tuple[str, ...]:
        """Instances that the input answers for."""

    @property
    def piece_ids(self) -> tuple[int, ...]:
        """Pieces of the input."""

    @property
    def targets(self) -> Tensor:
        """One row an instance."""


class Batch(Protocol):
    """Padded items."""

    def to(self, device: torch.device) -> Self:
        """Return the batch on `device`."""


class Classifier(nn.Module, ABC):
    """Base of the classifiers: what they must have; scoring and saving, which are the same for all.

    Attributes:
        architecture: Name under which `core.models.architectures` lists it.
        is_multilabel: Whether a pair may get several labels; then logits are independent of each other
            and column 0 holds no information.
    """

    architecture: ClassVar[str]
    is_multilabel: ClassVar[bool] = False
    config: Any
    tokenizer: Any
    encoder: PreTrainedModel

    @abstractmethod
    def encode(self, instances: Sequence[Instance], targets: SoftLabels | None = None) -> list[Any]:
        """Cut instances into pieces, once; those that no input can hold are left out."""

    @abstractmethod
    def collate(self, items: Sequence[Any]) -> Any:  # noqa: ANN401
        """Pad items to one batch."""

    @abstractmethod
    def loss(self, batch: Any, epochs_done: float) -> Tensor:  # noqa: ANN401
        """Return the loss of a batch, a scalar."""

    def save(self, path: Path) -> None:
        """Write weights, config and tokenizer into a folder."""
        save_weights(path, self.state_dict())
        save_config(path, {"architecture": self.architecture, "config": asdict(self.config)})
        save_encoder(path, self.encoder, self.tokenizer)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def default_batch_pieces(self) -> int:
        """Padded pieces of one forward pass of `score`."""
        return default_batch_pieces(self.device)

    @torch.inference_mode()
    def score(self, items: Sequence[Item], *, max_batch_pieces: int | None = None) -> Tensor:
        """Score encoded items.

        Args:
            items: What `encode` returned.
            max_batch_pieces: Padded pieces of one forward pass; None takes what suits the device.

        Shape:
            returns: (instances, classes) logits on the CPU, in the order of the items' instances.
        """
        self.eval()
        starts = [0]
        for item in items:
            starts.append(starts[-1] + len(item.instance_ids))
        logits = torch.zeros(starts[-1], len(self.config.classes))  # (instances, classes)
        max_pieces = max_batch_pieces or self.default_batch_pieces
        for indices in budgeted_batches([len(item.piece_ids) for item in items], max_pieces=max_pieces):
            rows = [row for index in indices for row in range(starts[index], starts[index + 1])]
            logits[rows] = self(self.collate([items[index] for index in indices]).to(self.device)).float().cpu()
        return logits


def join_ids(items: Sequence[Item]) -> tuple[str, ...]:
    """Return the ids of the instances that items answer for, in the order of `Classifier.score`."""
    return tuple(instance_id for item in items for instance_id in item.instance_ids)


def join_targets(items: Sequence[Item], *, num_classes: int) -> Tensor:
    """Stack the target rows of items.

    Shape:
        returns: (instances, classes).
    """
    return torch.cat([item.targets for item in items]) if items else torch.zeros(0, num_classes)
