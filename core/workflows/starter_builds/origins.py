"""What weights went through before a training: read from the logs that their folder keeps, back to the first step."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

# Folder, in that of a build, of the weights that its parts share.
WHOLE = "biomedical"
BUILD_LOG, READING_LOG, AVERAGING_LOG = "training.json", "pretraining.json", "averaging.json"
# What the log of a build keeps of a recipe beside its training.
BUILD_OPTIONS = (
    "dropout", "word_dropout", "max_pieces", "has_teacher_forcing", "has_nesting", "num_relation_layers",
    "has_context", "relation_weight",
)  # fmt: skip
# What is kept of the log of an earlier build, beside those.
_KEPT = ("date", "training", "num_members", "best_epochs", "precision", "earlier")

Origin: TypeAlias = Mapping[str, Any]
"""JSON, each part of it absent or None where there is nothing to say, in the order in which it happened: "mean_of",
the origins of weights whose mean these are; "encoder_pretraining", the log of text that was read, with its own
"origin"; "earlier", the log of the last build, with the build before it as its "earlier"."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step that weights took.

    Args:
        kind: Text was read, corpora taught, or several weights averaged.
        log: Of the reading or the build; empty for a mean.
        inputs: Places of the steps whose weights it began with; none for the published encoder.
    """

    kind: Literal["read", "taught", "mean"]
    log: Mapping[str, Any]
    inputs: tuple[int, ...]


def read_origin(folder: Path) -> dict[str, Any]:
    """Return the origin of the weights in a folder, as its logs tell it."""
    build = _read_log(folder / BUILD_LOG)
    if build is not None:
        return find_origin(build)
    averaging = _read_log(folder / AVERAGING_LOG)
    mean_of = averaging["averaged"] if averaging else None
    return {"mean_of": mean_of, "encoder_pretraining": _read_log(folder / READING_LOG), "earlier": None}


def find_origin(build: Mapping[str, Any]) -> dict[str, Any]:
    """Return the origin of the weights that a build has written.

    Args:
        build: Its log.
    """
    if "averaged" in build:
        return {"mean_of": build["averaged"], "encoder_pretraining": None, "earlier": None}
    kept = {name: build[name] for name in (*_KEPT, *BUILD_OPTIONS) if name in build}
    # Logs of a time when there was one member alone name its best epoch.
    if "best_epoch" in build:
        kept["best_epochs"] = [build["best_epoch"]]
    return {**{name: build.get(name) for name in ("mean_of", "encoder_pretraining")}, "earlier": kept}


def list_steps(origin: Origin) -> list[Step]:
    """Return the steps that weights took, each after those that it began with; what several share is there once."""
    steps: list[Step] = []
    _follow(origin, steps)
    return steps


def _follow(origin: Origin, steps: list[Step]) -> tuple[int, ...]:
    """Add the steps of an origin that are not there yet, and return the place of the last one."""
    last: tuple[int, ...] = ()
    if origin.get("mean_of"):
        inputs = tuple(place for one in origin["mean_of"] for place in _follow(one, steps))
        last = _add(Step("mean", {}, inputs), steps)
    read = origin.get("encoder_pretraining")
    if read:
        last = _add(Step("read", read, _follow(read.get("origin") or {}, steps)), steps)
    for build in _list_earlier(origin):
        last = _add(Step("taught", build, last), steps)
    return last


def _add(step: Step, steps: list[Step]) -> tuple[int, ...]:
    if step not in steps:
        steps.append(step)
    return (steps.index(step),)


def _list_earlier(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    earlier = record.get("earlier")
    return [*_list_earlier(earlier), earlier] if earlier else []


def _read_log(path: Path) -> dict[str, Any] | None:
    content: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return content
