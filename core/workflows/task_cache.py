"""Finished work that later jobs can take over: a folder for each key, made once, the least used dropped first."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.training.checkpoints import write_folder

MAX_BYTES = 20 * 2**30


class TaskCache:
    """Folders by what they were made from.

    Args:
        path: Where they lie; made when the first is stored.
        max_bytes: Size above which the least recently used folders are deleted.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes

    def get(self, key: Mapping[str, Any], make: Callable[[Path], None]) -> tuple[Path, bool]:
        """Return the folder of a key, made by `make` where there is none yet, and whether there was one.

        Args:
            key: Everything that decides the content, as JSON.
            make: Fills an empty folder; when it raises, nothing is kept.
        """
        name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
        self._path.mkdir(parents=True, exist_ok=True)
        folder = self._path / name
        # Two jobs may want the same at the same time; the second waits and then finds it.
        with FileLock(self._path / f".{name}.lock"):
            was_there = folder.is_dir()
            if not was_there:
                write_folder(folder, make)
            os.utime(folder)
        self._drop_old(keep=folder)
        return folder, was_there

    def _drop_old(self, *, keep: Path) -> None:
        sizes = {
            folder: sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            for folder in self._path.iterdir()
            if folder.is_dir() and not folder.name.startswith(".")
        }
        total = sum(sizes.values())
        for folder in sorted(sizes, key=lambda one: one.stat().st_mtime):
            if total <= self._max_bytes:
                return
            if folder != keep:
                shutil.rmtree(folder, ignore_errors=True)
                total -= sizes[folder]
