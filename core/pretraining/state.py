"""A pretraining on disk: numbered checkpoints and the best model, each whole or not there. No pickle."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.errors import ModelError
from core.pretraining.learner import Learner
from core.pretraining.packing import StreamPlace
from core.training.optimizers import moments_to_tensors
from core.training.work_folder import write_checkpoint, write_or_explain

BEST_NAME = "best"
_STATE_NAME, _OPTIMIZER_NAME, _BLOCKS_NAME = "state.json", "optimizer.safetensors", "blocks.safetensors"
_SCORES_NAME = "scores.json"


@dataclass(slots=True)
class Counters:
    """How far a training is.

    Args:
        steps: Optimiser steps taken.
        pieces: Pieces read.
        seconds: Time it took, over all its runs.
    """

    steps: int = 0
    pieces: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ValidationScores:
    """How well a model foretells held-out text.

    Args:
        loss: Mean -log P of a foretold piece, in nats.
        perplexity: exp(loss); compare it only between models with the same pieces.
        bits_per_character: Loss in bits by characters of text instead of pieces, which can be compared between all
            models that foretell every piece; None of those that foretell only some.
        pieces: Pieces that the training had read.
    """

    loss: float
    perplexity: float
    bits_per_character: float | None
    pieces: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a training needs to go on, beside the weights, which lie in `path`."""

    path: Path
    counters: Counters
    place: StreamPlace
    optimizer: dict[str, Tensor]


def save_checkpoint(
    work_path: Path, learner: Learner, optimizer: torch.optim.Optimizer, counters: Counters, place: StreamPlace
) -> None:
    """Write a checkpoint beside the older one, then drop the older one.

    Raises:
        ModelError: It cannot be written, for instance for lack of space; the older one is intact.
    """

    def fill(path: Path) -> None:
        learner.save(path)
        save_file(moments_to_tensors(optimizer), path / _OPTIMIZER_NAME)
        blocks = torch.stack(place.blocks) if place.blocks else torch.zeros(0, 0, dtype=torch.int32)
        save_file({"blocks": blocks}, path / _BLOCKS_NAME)
        state = {"counters": asdict(counters), "place": place.to_json()}
        (path / _STATE_NAME).write_text(json.dumps(state), encoding="utf-8")

    write_checkpoint(work_path, fill, steps=counters.steps)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; its weights are read by whoever wrote them.

    Raises:
        ModelError: It is damaged.
    """
    try:
        state = json.loads((path / _STATE_NAME).read_text(encoding="utf-8"))
        blocks = load_file(path / _BLOCKS_NAME)["blocks"]
        optimizer = load_file(path / _OPTIMIZER_NAME)
        counters, place = Counters(**state["counters"]), StreamPlace.from_json(state["place"], blocks)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(f"The checkpoint {path} is damaged ({error}); delete its folder to begin anew.") from error
    return Checkpoint(path, counters, place, optimizer)


def save_best(work_path: Path, learner: Learner, scores: ValidationScores) -> None:
    """Keep a model and its scores as the best so far.

    Raises:
        ModelError: It cannot be written; the one before is intact.
    """

    def fill(path: Path) -> None:
        learner.save(path)
        (path / _SCORES_NAME).write_text(json.dumps(asdict(scores)), encoding="utf-8")

    write_or_explain(work_path / BEST_NAME, fill)


def find_best(work_path: Path) -> ValidationScores | None:
    """Return the scores of the best model so far, or None before the first."""
    try:
        values: dict[str, Any] = json.loads((work_path / BEST_NAME / _SCORES_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return ValidationScores(**values)


def copy_best(work_path: Path, out_path: Path) -> None:
    """Copy the best model into a folder that exists."""
    for source in (work_path / BEST_NAME).iterdir():
        if source.name != _SCORES_NAME:
            shutil.copyfile(source, out_path / source.name)
