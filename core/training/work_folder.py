"""The folder of an unfinished training: numbered checkpoints, each whole or not there, of which the newest counts."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError

from core.errors import ModelError
from core.training.checkpoints import write_folder

_CHECKPOINT = re.compile(r"step-(\d+)")


def find_checkpoint(work_path: Path) -> Path | None:
    """Return the folder of the newest checkpoint, or None."""
    found = {int(match[1]): path for path in _list(work_path) if (match := _CHECKPOINT.fullmatch(path.name))}
    return found[max(found)] if found else None


def write_checkpoint(work_path: Path, fill: Callable[[Path], None], *, steps: int) -> None:
    """Let `fill` write a checkpoint beside the older one, then drop the older one.

    Args:
        work_path: Folder of the training.
        fill: Writes into an empty folder.
        steps: Optimiser steps taken, the checkpoint's number.

    Raises:
        ModelError: It cannot be written, for instance for lack of space; the older one is intact.
    """
    newest = work_path / f"step-{steps:09d}"
    write_or_explain(newest, fill)
    for path in _list(work_path):
        if _CHECKPOINT.fullmatch(path.name) and path != newest:
            shutil.rmtree(path)


def write_or_explain(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a folder of an unfinished training as a whole.

    Raises:
        ModelError: It cannot be written; what was there before is intact.
    """
    try:
        write_folder(path, fill)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"Could not write {path} ({error}). The checkpoint and models before it are intact: make room, then run "
            "the same command again or retry the job, and the training goes on from there."
        ) from error


def remove_leftovers(work_path: Path) -> None:
    """Delete what a killed run had half written."""
    for path in _list(work_path):
        if path.name.startswith("."):
            shutil.rmtree(path, ignore_errors=True)


def _list(work_path: Path) -> list[Path]:
    return sorted(path for path in work_path.iterdir() if path.is_dir()) if work_path.is_dir() else []
