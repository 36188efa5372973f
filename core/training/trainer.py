"""The one training loop, for GPT-2 and for every relation model; it knows nothing of relations."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, Protocol, Self, TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from core.errors import NotEnoughDataError, TrainingDivergedError
from core.training.batching import shuffled_batches
from core.training.config import TrainingConfig
from core.training.precision import resolve_precision

_REPORT_EVERY_BATCHES = 5


class Report(Protocol):
    """Takes fine progress; never raises."""

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:
        """Record that `fraction` in [0, 1] of the work is done."""


class Movable(Protocol):
    """A batch of tensors that can move to a device."""

    def to(self, device: torch.device) -> Self:
        """Return the batch on `device`."""


Item = TypeVar("Item")
Batch = TypeVar("Batch", bound=Movable)


@dataclass(frozen=True, slots=True)
class EpochResult:
    """Mean training loss of one epoch and the validation loss after it (None without validation)."""

    epoch: int
    training_loss: float
    validation_loss: float | None


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training did; the model holds the weights of `best_epoch`.

    Args:
        epochs: One result an epoch.
        best_epoch: Index of the epoch with the lowest validation loss; the last one without validation.
        precision: Number format used.
        num_steps: Optimiser steps taken.
    """

    epochs: tuple[EpochResult, ...]
    best_epoch: int
    precision: str
    num_steps: int


def pick_device(name: str = "auto") -> torch.device:
    """Return the device of that name; "auto" is CUDA where it is present."""
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(
    model: nn.Module,
    items: Sequence[Item],
    *,
    lengths: Sequence[int],
    collate: Callable[[Sequence[Item]], Batch],
    loss: Callable[[nn.Module, Batch, float], Tensor],
    config: TrainingConfig,
    validate: Callable[[nn.Module], float] | None = None,
    report: Report | None = None,
    device: torch.device | None = None,
) -> TrainingResult:
    """Train a model in place and leave it with the weights of its best epoch.

    Args:
        model: Float32 master weights; moved to `device`.
        items: What to learn from.
        lengths: Pieces of each item, for batches of similar length.
        collate: Items → one batch of CPU tensors.
        loss: (model, batch, finished epochs as a real number) → scalar.
        config: Hyper-parameters.
        validate: Model → loss, lower is better; called after each epoch in evaluation mode.
        report: Progress sink.
        device: Where to train; picked automatically if None.

    Raises:
        NotEnoughDataError: There are no items.
        TrainingDivergedError: A loss is NaN or infinite; the message names epoch and items.
    """
    if not items:
        raise NotEnoughDataError("There is nothing to train on: 0 items.")
    loop = _Loop(model, items, lengths, collate, loss, config, report, device or pick_device())
    epochs: list[EpochResult] = []
    best: dict[str, Tensor] | None = None
    best_epoch = config.num_epochs - 1
    for epoch in range(config.num_epochs):
        training_loss = loop.run_epoch(epoch)
        validation_loss = validate(model.eval()) if validate else None
        if validation_loss is not None:
            loop.tell(f"epoch {epoch + 1} of {config.num_epochs}, validated", validation_loss=validation_loss)
            earlier = [result.validation_loss for result in epochs if result.validation_loss is not None]
            if not earlier or validation_loss < min(earlier):
                best, best_epoch = _copy_state(model), epoch
        epochs.append(EpochResult(epoch, training_loss, validation_loss))
    if best is not None:
        model.load_state_dict(best)
    model.eval()
    return TrainingResult(tuple(epochs), best_epoch, loop.precision, loop.step)


class _Loop(Generic[Item, Batch]):
    """The state of one training: plan of batches, optimiser, step count."""

    def __init__(
        self,
        model: nn.Module,
        items: Sequence[Item],
        lengths: Sequence[int],
        collate: Callable[[Sequence[Item]], Batch],
        loss: Callable[[nn.Module, Batch, float], Tensor],
        config: TrainingConfig,
        report: Report | None,
        device: torch.device,
    ) -> None:
        set_seed(config.seed)
        self.items, self.collate, self.loss = items, collate, loss
        self.config, self.report = config, report
        self.precision = resolve_precision(config.precision, device)
        self.accelerator = Accelerator(
            mixed_precision="bf16" if self.precision == "bf16" else "no", cpu=device.type == "cpu"
        )
        rng = Random(config.seed)
        self.plan = [shuffled_batches(lengths, batch_size=config.batch_size, rng=rng) for _ in range(config.num_epochs)]
        steps_by_epoch = [math.ceil(len(batches) / config.gradient_accumulation) for batches in self.plan]
        self.num_steps = sum(steps_by_epoch)
        self.num_batches = sum(len(batches) for batches in self.plan)
        self.step = self.batches_done = 0
        self.model, self.optimizer = self.accelerator.prepare(model, _make_optimizer(model, config))

    def run_epoch(self, epoch: int) -> float:
        """Train one epoch; return its mean loss."""
        self.model.train()
        batches = self.plan[epoch]
        accumulation = self.config.gradient_accumulation
        losses: list[float] = []
        for position, indices in enumerate(batches):
            # The last group of an epoch may be smaller; its gradients are averaged over what it has.
            group_start = position - position % accumulation
            group_size = min(accumulation, len(batches) - group_start)
            value = self._forward(indices, epoch + position / len(batches))
            self.accelerator.backward(value / group_size)
            losses.append(value.item())
            if position + 1 == group_start + group_size:
                self._update()
            self.batches_done += 1
            if position % _REPORT_EVERY_BATCHES == 0 or position + 1 == len(batches):
                self.tell(
                    f"epoch {epoch + 1} of {self.config.num_epochs}",
                    epoch=epoch + (position + 1) / len(batches),
                    loss=sum(losses) / len(losses),
                )
        return sum(losses) / len(losses)

    def _forward(self, indices: list[int], epochs_done: float) -> Tensor:
        batch = self.collate([self.items[index] for index in indices]).to(self.accelerator.device)
        with self.accelerator.autocast():
            value = self.loss(self.model, batch, epochs_done)
        if not torch.isfinite(value):
            raise TrainingDivergedError(
                f"The loss became {value.item()} after {epochs_done:.2f} epochs, at items {indices[:8]}; "
                f"lower the learning rate (now {self.config.learning_rate:g})."
            )
        return value

    def _update(self) -> None:
        rate = self.config.learning_rate * _rate_factor(self.step, self.num_steps, self.config.warmup_fraction)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.config.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1

    def tell(self, message: str, **values: float) -> None:
        """Report progress, if anybody listens."""
        if self.report:
            self.report(self.batches_done / self.num_batches, message, **values)


def _make_optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    """AdamW; vectors (biases and norms) are not decayed."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def _rate_factor(step: int, num_steps: int, warmup_fraction: float) -> float:
    """Rise linearly to 1 over the warm-up, then fall linearly towards 0."""
    warmup = max(1, round(num_steps * warmup_fraction)) if warmup_fraction > 0 else 0
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (num_steps - step) / max(1, num_steps - warmup))


def _copy_state(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
