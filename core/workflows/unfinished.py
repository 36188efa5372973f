"""The folder of an unfinished training: one run at a time, and never two recipes in it."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import ConflictError
from core.training.work_folder import find_checkpoint, remove_leftovers

_RECIPE_NAME = "recipe.json"


def open_work(work_path: Path, recipe: Mapping[str, Any], *, is_replacing: bool) -> Path | None:
    """Return the checkpoint at which an earlier run of the same recipe stopped, or None to begin.

    Raises:
        ConflictError: An unfinished training in that folder has another recipe.
    """
    remove_leftovers(work_path)
    path, file = find_checkpoint(work_path), work_path / _RECIPE_NAME
    if path is not None and json.loads(file.read_text(encoding="utf-8")) == recipe:
        return path
    if path is not None and not is_replacing:
        raise ConflictError(
            f"An unfinished training in {work_path} has other settings or files. Repeat its command to go on, "
            "or begin anew with --replace."
        )
    shutil.rmtree(work_path, ignore_errors=True)
    work_path.mkdir(parents=True)
    file.write_text(json.dumps(recipe), encoding="utf-8")
    return None


@contextmanager
def only_run(work_path: Path) -> Iterator[None]:
    """Keep a second run of the same training away; a killed one holds nothing.

    Raises:
        ConflictError: Another process trains it at this moment.
    """
    lock = FileLock(work_path.with_name(f"{work_path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConflictError(f"The training in {work_path} is running in another process; wait for its end.") from error
    try:
        yield
    finally:
        lock.release()
