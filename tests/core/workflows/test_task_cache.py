"""Finished work is taken over by key, made once, and the least used goes first."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.workflows.task_cache import TaskCache


def fill(text: str, *, times: list[str] | None = None) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        if times is not None:
            times.append(text)
        (path / "a.txt").write_text(text, encoding="utf-8")

    return make


def test_the_same_key_is_made_once_and_another_key_anew(tmp_path: Path) -> None:
    cache, made = TaskCache(tmp_path / "cache"), []
    first, was_there = cache.get({"label": "CID", "seed": 1}, fill("one", times=made))
    again, was_there_again = cache.get({"seed": 1, "label": "CID"}, fill("two", times=made))
    other, _ = cache.get({"label": "CID", "seed": 2}, fill("three", times=made))
    assert (was_there, was_there_again) == (False, True)
    assert first == again != other
    assert made == ["one", "three"]
    assert (again / "a.txt").read_text(encoding="utf-8") == "one"


def test_work_that_failed_half_way_is_not_kept(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        (path / "half.txt").write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    cache = TaskCache(tmp_path / "cache")
    with pytest.raises(OSError, match="No space left"):
        cache.get({"a": 1}, fail)
    folder, was_there = cache.get({"a": 1}, fill("whole"))
    assert not was_there
    assert [path.name for path in folder.iterdir()] == ["a.txt"]


def test_above_its_size_the_least_recently_used_folder_goes(tmp_path: Path) -> None:
    cache = TaskCache(tmp_path / "cache", max_bytes=25)
    folders = []
    for number in range(2):
        folder, _ = cache.get({"n": number}, fill("0123456789"))
        os.utime(folder, (number, number))
        folders.append(folder)
    cache.get({"n": 0}, fill("never made"))
    third, _ = cache.get({"n": 2}, fill("0123456789"))
    assert (folders[0].exists(), folders[1].exists(), third.exists()) == (True, False, True)
