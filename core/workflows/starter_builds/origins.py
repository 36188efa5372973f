"""What an encoder went through before a training: read from the logs that its folder keeps, back to the first step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

BUILD_LOG, READING_LOG = "training.json", "pretraining.json"
# What the log of a build keeps of a recipe beside its training.
BUILD_OPTIONS = (
    "dropout", "word_dropout", "max_pieces", "has_teacher_forcing", "has_nesting", "num_relation_layers",
    "has_context", "relation_weight",
)  # fmt: skip
# What is kept of the log of an earlier build, beside those.
_KEPT = ("date", "training", "num_members", "best_epochs", "precision", "earlier")

Step: TypeAlias = tuple[Literal["read", "taught"], Mapping[str, Any]]
"""Text that an encoder read, or a build that taught it; and the log of that."""


def read_origin(encoder: Path) -> dict[str, Any]:
    """Return what the encoder in a folder learnt: by `pretrain-encoder`, and as the encoder of joint models."""
    earlier = _read_log(encoder / BUILD_LOG)
    if earlier is None:
        return {"encoder_pretraining": _read_log(encoder / READING_LOG), "earlier": None}
    # Logs of a time when there was one member alone name its best epoch.
    if "best_epoch" in earlier:
        earlier["best_epochs"] = [earlier["best_epoch"]]
    kept = {name: earlier[name] for name in (*_KEPT, *BUILD_OPTIONS) if name in earlier}
    return {"encoder_pretraining": earlier.get("encoder_pretraining"), "earlier": kept}


def list_steps(record: Mapping[str, Any]) -> list[Step]:
    """Return the steps that the encoder of a build took before it, the first one first.

    Args:
        record: What `read_origin` returned, or a log that holds it.
    """
    read = record.get("encoder_pretraining")
    before: list[Step] = [*list_steps(read.get("origin") or {}), ("read", read)] if read else []
    return before + [("taught", one) for one in _list_earlier(record)]


def _list_earlier(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    earlier = record.get("earlier")
    return [*_list_earlier(earlier), earlier] if earlier else []


def _read_log(path: Path) -> dict[str, Any] | None:
    content: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return content
