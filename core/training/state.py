"""A training between two epochs, in memory and on disk: a killed one goes on as if it had never stopped. No pickle."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.errors import ModelError
from core.training.checkpoints import WEIGHTS_NAME
from core.training.config import TrainingConfig
from core.training.optimizers import moments_to_tensors, restore_moments
from core.training.processes import Processes
from core.training.work_folder import find_checkpoint, remove_leftovers, write_checkpoint

log = logging.getLogger(__name__)

_STATE_NAME, _MOMENTS_NAME, _RANDOM_NAME = "state.json", "optimizer.safetensors", "random.safetensors"
_BEST_NAME = "best.safetensors"
# A training of seconds is not worth a checkpoint; those of a longer one take at most a tenth of its time.
_REST_SECONDS = 30.0
_REST_RATIO = 9


@dataclass(frozen=True, slots=True)
class EpochResult:
    """What came of one epoch.

    Args:
        epoch: Counted from 0.
        training_loss: Mean over its batches.
        validation_loss: Loss after it; None without validation.
        scores: What else validation found, by name.
    """

    epoch: int
    training_loss: float
    validation_loss: float | None
    scores: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return losses and scores side by side."""
        values = asdict(self)
        scores: dict[str, float] = values.pop("scores")
        return values | scores


@dataclass(slots=True)
class TrainingState:
    """How far a training is, beside its weights and moments.

    Args:
        device: Type of the device, "cpu" or "cuda".
        precision: Number format, "fp32" or "bf16".
        epochs: One result for each finished epoch.
        steps: Optimiser steps taken.
        batches: Batches read.
        best: Weights of the best epoch on the CPU; None without validation.
    """

    device: str
    precision: str
    epochs: list[EpochResult] = field(default_factory=list)
    steps: int = 0
    batches: int = 0
    best: dict[str, Tensor] | None = None

    @property
    def best_epoch(self) -> int:
        """The first epoch with the lowest validation loss; the last one without validation."""
        losses = [result.validation_loss for result in self.epochs]
        known = [loss for loss in losses if loss is not None]
        return losses.index(min(known)) if known else len(losses) - 1


class TrainingFolder:
    """Where a training keeps its checkpoints; every process of it calls the same methods in the same order.

    Args:
        path: Folder of this training alone.
        model: With the weights that the training starts from.
        config: Hyper-parameters.
        lengths: Pieces of each item.
        processes: Those that train together; the main one writes, all read.
        clock: Seconds.
    """

    def __init__(
        self,
        path: Path,
        model: nn.Module,
        config: TrainingConfig,
        lengths: Sequence[int],
        processes: Processes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._model, self._processes, self._clock = path, model, processes, clock
        self._fingerprint = make_fingerprint(model, config, lengths, processes.count)
        self._cost, self._saved = 0.0, clock()

    def restore(self, optimizer: torch.optim.Optimizer) -> TrainingState | None:
        """Go back to the newest checkpoint of this very training: weights, moments, random state; None to begin.

        A checkpoint that is damaged, or of other data or settings, is passed over with a warning: a background
        job has nobody to ask. Who can ask compares recipes before (see `core.workflows.unfinished`).

        Raises:
            ModelError: Another process than the main one cannot read the checkpoint.
        """
        found = self._find() if self._processes.index == 0 else None
        steps = int(self._processes.agree(found.state.steps if found else 0))
        if not steps:
            return None
        checkpoint = found or _load(find_checkpoint(self._path) or self._path)
        if checkpoint.state.steps != steps:
            raise ModelError(f"Processes of one training found different checkpoints in {self._path}; start it again.")
        self._model.load_state_dict(checkpoint.weights)
        restore_moments(optimizer, checkpoint.moments)
        _set_random_state(checkpoint.random, self._processes)
        return checkpoint.state

    def save(self, optimizer: torch.optim.Optimizer, state: TrainingState) -> None:
        """Write a checkpoint in place of the older one, unless that one, or the training, is too young.

        Raises:
            ModelError: It cannot be written, for instance for lack of space; the older one is intact.
        """
        started = self._clock()
        is_due = started - self._saved >= max(_REST_SECONDS, _REST_RATIO * self._cost)
        if not self._processes.agree(is_due):
            return
        random = _gather_random_state(self._processes)
        if self._processes.index == 0:
            write_checkpoint(self._path, lambda path: self._fill(path, optimizer, state, random), steps=state.steps)
        self._saved = self._clock()
        self._cost = self._saved - started

    def _find(self) -> "_Checkpoint | None":
        remove_leftovers(self._path)
        path = find_checkpoint(self._path)
        if path is None:
            return None
        try:
            checkpoint = _load(path)
        except ModelError as error:
            log.warning("%s; the training begins anew.", error)
            return None
        different = sorted(
            key for key in self._fingerprint if checkpoint.fingerprint.get(key) != self._fingerprint[key]
        )
        if different:
            log.warning("The checkpoint %s is of other %s; the training begins anew.", path, ", ".join(different))
            return None
        return checkpoint

    def _fill(
        self, path: Path, optimizer: torch.optim.Optimizer, state: TrainingState, random: dict[str, Tensor]
    ) -> None:
        save_file(copy_state(self._model), path / WEIGHTS_NAME)
        save_file(moments_to_tensors(optimizer), path / _MOMENTS_NAME)
        save_file(random, path / _RANDOM_NAME)
        if state.best is not None and state.best_epoch != state.epochs[-1].epoch:
            save_file(state.best, path / _BEST_NAME)
        values = {
            "fingerprint": self._fingerprint,
            "device": state.device,
            "precision": state.precision,
            "epochs": [asdict(result) for result in state.epochs],
            "steps": state.steps,
            "batches": state.batches,
        }
        (path / _STATE_NAME).write_text(json.dumps(values), encoding="utf-8")


def make_fingerprint(
    model: nn.Module, config: TrainingConfig, lengths: Sequence[int], num_processes: int
) -> dict[str, Any]:
    """Return what decides a training, as JSON; what the items hold beyond their lengths is the caller's to guard."""
    weights = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        weights.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        weights.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return {
        "settings": asdict(config),
        "items": {"count": len(lengths), "lengths": hashlib.sha256(repr(list(lengths)).encode()).hexdigest()},
        "initial weights": weights.hexdigest(),
        "number of processes": num_processes,
        "versions": {name: version(name) for name in ("torch", "transformers")},
    }


def copy_state(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the weights on the CPU, to go back to."""
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """All that lies in a folder."""

    fingerprint: Mapping[str, Any]
    state: TrainingState
    weights: dict[str, Tensor]
    moments: dict[str, Tensor]
    random: dict[str, Tensor]


def _load(path: Path) -> _Checkpoint:
    """Read a checkpoint.

    Raises:
        ModelError: It is damaged.
    """
    try:
        values = json.loads((path / _STATE_NAME).read_text(encoding="utf-8"))
        epochs = [EpochResult(**result) for result in values["epochs"]]
        state = TrainingState(values["device"], values["precision"], epochs, values["steps"], values["batches"])
        weights, moments, random = (load_file(path / name) for name in (WEIGHTS_NAME, _MOMENTS_NAME, _RANDOM_NAME))
        if epochs[-1].validation_loss is not None:
            state.best = weights if state.best_epoch == epochs[-1].epoch else load_file(path / _BEST_NAME)
        return _Checkpoint(values["fingerprint"], state, weights, moments, random)
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as error:
        raise ModelError(f"The checkpoint {path} is damaged ({error})") from error


def _gather_random_state(processes: Processes) -> dict[str, Tensor]:
    """Return the state of torch's generators in every process; nothing else is drawn from while training."""
    states = {"cpu": torch.get_rng_state()}
    if processes.device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(processes.device)
    return {name: processes.gather(state) for name, state in states.items()}  # (processes, bytes), uint8


def _set_random_state(states: Mapping[str, Tensor], processes: Processes) -> None:
    # Copied, since torch crashes on a row of a larger tensor.
    own = {name: state[processes.index].clone() for name, state in states.items()}  # (bytes,), uint8
    torch.set_rng_state(own["cpu"])
    # A training that moved to another device goes on with the seed's own numbers there.
    if processes.device.type == "cuda" and "cuda" in own:
        torch.cuda.set_rng_state(own["cuda"], processes.device)
