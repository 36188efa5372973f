"""The one training loop, for GPT-2 and for every relation model; it knows nothing of relations."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Generic, Protocol, Self, TypeVar

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn

from core.errors import NotEnoughDataError, TrainingDivergedError
from core.training.batching import shuffled_batches
from core.training.config import TrainingConfig
from core.training.optimizers import make_optimizer, set_rate
from core.training.precision import resolve_precision
from core.training.preparation import prepared, set_training_mode
from core.training.processes import Processes
from core.training.state import EpochResult, TrainingFolder, TrainingState, copy_state

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
class Validation:
    """What a look at held-out items gave.

    Args:
        loss: Lower is better; chooses the epoch.
        scores: Numbers that the epoch's result keeps beside it, by name.
    """

    loss: float
    scores: Mapping[str, float] = field(default_factory=dict)


# A loss alone will do.
Validate = Callable[[nn.Module], float | Validation]


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
    validate: Validate | None = None,
    report: Report | None = None,
    device: torch.device | None = None,
    checkpoints: Path | None = None,
) -> TrainingResult:
    """Train a model in place and leave it with the weights of its best epoch.

    Where several processes were started for one training (see `core.training.processes`), each calls this with
    the same arguments, reads its share of every batch and ends with the same weights; a step then covers
    num_processes x batch_size x gradient_accumulation items.

    With `checkpoints`, a training that was killed goes on after its last epoch on disk; on the CPU it ends with the
    very weights of one that ran through. The folder is the caller's to delete, once the model is stored.

    Args:
        model: Float32 master weights; moved to `device`.
        items: What to learn from.
        lengths: Pieces of each item, for batches of similar length.
        collate: Items → one batch of CPU tensors.
        loss: (model, batch, finished epochs as a real number) → scalar, a mean over the items of the batch.
        config: Hyper-parameters.
        validate: Model → loss, or loss and scores; called after each epoch in evaluation mode.
        report: Progress sink; the main process alone reports.
        device: Where to train; picked automatically if None.
        checkpoints: Folder of this training alone, which all its processes see; None keeps nothing on disk.

    Raises:
        NotEnoughDataError: There are no items.
        TrainingDivergedError: A loss is NaN or infinite, also in validation; the message names epoch and items.
        ModelError: The model cannot be frozen or checkpointed as the config asks, or a checkpoint cannot be written.
    """
    if not items:
        raise NotEnoughDataError("There is nothing to train on: 0 items.")
    with prepared(model, config):
        loop = _Loop(model, items, lengths, collate, loss, config, report, device or pick_device())
        folder = TrainingFolder(checkpoints, model, config, lengths, loop.processes) if checkpoints else None
        if folder:
            loop.go_on(folder)
        for epoch in range(len(loop.state.epochs), config.num_epochs):
            loop.finish_epoch(loop.run_epoch(epoch), loop.validate(epoch, validate) if validate else None)
            if folder:
                folder.save(loop.optimizer, loop.state)
    state = loop.state
    if state.best is not None:
        model.load_state_dict(state.best)
    model.eval()
    return TrainingResult(tuple(state.epochs), state.best_epoch, state.precision, state.steps)


class _LossModule(nn.Module):
    """A model together with its loss: what several processes do together must be one module's forward pass."""

    def __init__(self, model: nn.Module, loss: Callable[[nn.Module, Any, float], Tensor]) -> None:
        super().__init__()
        self.model = model
        self._loss = loss

    def forward(self, batch: Movable, epochs_done: float) -> Tensor:
        """Return the loss of a batch, a scalar."""
        return self._loss(self.model, batch, epochs_done)


class _Loop(Generic[Item, Batch]):
    """One training: plan of batches, optimiser, state."""

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
        self.model, self.items, self.collate = model, items, collate
        self.config, self.report = config, report
        self.processes = Processes(device)
        is_bf16 = resolve_precision(config.precision, self.processes.device) == "bf16"
        precision = "bf16" if self.processes.agree(is_bf16) else "fp32"
        self.state = TrainingState(self.processes.device.type, precision)
        # Every process draws its own dropout; the order of the items is the same for all. The probe of the
        # precision draws numbers too, but only the first time.
        set_seed(config.seed + self.processes.index)
        rng = Random(config.seed)
        batch_size = config.batch_size * self.processes.count
        self.plan = [shuffled_batches(lengths, batch_size=batch_size, rng=rng) for _ in range(config.num_epochs)]
        steps_by_epoch = [math.ceil(len(batches) / config.gradient_accumulation) for batches in self.plan]
        self.num_steps = sum(steps_by_epoch)
        self.num_batches = sum(len(batches) for batches in self.plan)
        model.to(self.processes.device)
        self.optimizer = make_optimizer(model, config)
        self.loss_module = self.processes.join(_LossModule(model, loss))

    def go_on(self, folder: TrainingFolder) -> None:
        """Take up the training that lies in a folder, if there is one, and tell again how its epochs went."""
        state = folder.restore(self.optimizer)
        if state is None:
            return
        if state.device != self.state.device:
            state.device, state.precision = self.state.device, self.state.precision
        self.state = state
        for result in state.epochs:
            self.tell(f"epoch {result.epoch + 1}", epoch=result.epoch + 1, loss=result.training_loss)
            if result.validation_loss is not None:
                self._tell_validation(result.epoch, result.validation_loss, result.scores)
        self.tell(f"going on after epoch {len(state.epochs)} of {self.config.num_epochs}")

    def run_epoch(self, epoch: int) -> float:
        """Train one epoch; return its mean loss."""
        set_training_mode(self.model, self.config)
        batches = self.plan[epoch]
        accumulation = self.config.gradient_accumulation
        losses: list[float] = []
        for position, indices in enumerate(batches):
            # The last group of an epoch may be smaller; its gradients are averaged over what it has.
            group_start = position - position % accumulation
            group_size = min(accumulation, len(batches) - group_start)
            is_group_end = position + 1 == group_start + group_size
            share, weight = self.processes.take_share(indices)
            with nullcontext() if is_group_end else self.processes.unsynchronised(self.loss_module):
                value = self._forward(share, epoch + position / len(batches)) * weight
                (value / group_size).backward()  # type: ignore[no-untyped-call]
            losses.append(value.item())
            if is_group_end:
                self._update()
            self.state.batches += 1
            if position % _REPORT_EVERY_BATCHES == 0 or position + 1 == len(batches):
                self.tell(
                    f"epoch {epoch + 1} of {self.config.num_epochs}",
                    epoch=epoch + (position + 1) / len(batches),
                    loss=sum(losses) / len(losses),
                )
        return self.processes.average(sum(losses) / len(losses))

    def validate(self, epoch: int, validate: Validate) -> Validation:
        """Return what validation gave after an epoch; its loss is the same number in every process."""
        with self._autocast():
            found = validate(self.model.eval())
        if not isinstance(found, Validation):
            found = Validation(found)
        loss = self.processes.agree(found.loss)
        if not math.isfinite(loss):
            raise TrainingDivergedError(
                f"The validation loss became {loss} after epoch {epoch + 1} of {self.config.num_epochs}; "
                f"lower the learning rate (now {self.config.learning_rate:g})."
            )
        self._tell_validation(epoch, loss, found.scores)
        return Validation(loss, found.scores)

    def _tell_validation(self, epoch: int, loss: float, scores: Mapping[str, float]) -> None:
        self.tell(f"epoch {epoch + 1} of {self.config.num_epochs}, validated", validation_loss=loss, **scores)

    def finish_epoch(self, training_loss: float, found: Validation | None) -> None:
        """Write down what came of an epoch, and keep the weights where a later one may be worse."""
        state, number = self.state, len(self.state.epochs)
        if found is None:
            state.epochs.append(EpochResult(number, training_loss, None))
            return
        state.epochs.append(EpochResult(number, training_loss, found.loss, found.scores))
        if state.best_epoch == number:
            state.best = copy_state(self.model)

    def _forward(self, indices: list[int], epochs_done: float) -> Tensor:
        items = [self.items[index] for index in indices]
        batch = self.collate(items).to(self.processes.device)
        with self._autocast():
            value: Tensor = self.loss_module(batch, epochs_done)
        if not torch.isfinite(value):
            names = [name for item in items for name in getattr(item, "instance_ids", ())]
            raise TrainingDivergedError(
                f"The loss became {value.item()} after {epochs_done:.2f} epochs, at items {(names or indices)[:8]}; "
                f"lower the learning rate (now {self.config.learning_rate:g})."
            )
        return value

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.processes.device.type, dtype=torch.bfloat16, enabled=self.state.precision == "bf16")

    def _update(self) -> None:
        set_rate(self.optimizer, self.config, step=self.state.steps, num_steps=self.num_steps)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.state.steps += 1

    def tell(self, message: str, **values: float) -> None:
        """Report progress, if anybody listens."""
        if self.report and self.processes.index == 0:
            self.report(self.state.batches / self.num_batches, message, **values)
