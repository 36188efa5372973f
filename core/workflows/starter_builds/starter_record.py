"""What a build of the joint starters writes down: everything that decides the weights, and what came of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.models.encoder import locate_encoder
from core.training.trainer import TrainingResult
from core.workflows.retraining.train_joint import LOG_NAME, JointRecipe, hash_documents, hash_weights
from core.workflows.starter_builds.gold_sets import GoldSet
from core.workflows.starter_builds.pretrain_encoder import LOG_NAME as PRETRAINING_LOG

# What the log keeps of a recipe beside its training.
_OPTIONS = (
    "dropout", "word_dropout", "max_pieces", "has_teacher_forcing", "has_nesting", "num_relation_layers",
    "has_context", "relation_weight",
)  # fmt: skip


def describe_build(recipe: JointRecipe, sets: Sequence[GoldSet], *, num_members: int) -> dict[str, Any]:
    """Return what decides the weights, as JSON: settings, encoder and its past, data.

    Args:
        recipe: Encoder and hyper-parameters.
        sets: Corpora.
        num_members: Trainings whose weights are averaged.
    """
    return {
        "num_members": num_members,
        "training": asdict(recipe.training),
        **{name: getattr(recipe, name) for name in _OPTIONS},
        "encoder": Path(recipe.encoder).name,
        **_read_origin(locate_encoder(recipe.encoder)),
        "encoder_sha256": hash_weights(recipe.encoder),
        "corpora": [
            {
                "name": one.name,
                "num_train_documents": len(one.train),
                "num_left_out": one.num_left_out,
                "num_dev_documents": len(one.dev),
                "train_hash": hash_documents(one.train),
                "dev_hash": hash_documents(one.dev),
            }
            for one in sets
        ],
    }


def summarise_build(
    record: Mapping[str, Any], results: Sequence[TrainingResult], scores: Mapping[str, float]
) -> dict[str, Any]:
    """Return the log of a build but for the scores of its parts.

    Args:
        record: What `describe_build` returned.
        results: What each training did.
        scores: Of the mean of their weights on the dev splits, by name.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **record,
        "precision": results[0].precision,
        "best_epochs": [result.best_epoch + 1 for result in results],
        "epochs": [[epoch.to_json() for epoch in result.epochs] for result in results],
        "scores": dict(scores),
        "versions": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
    }


def _read_origin(encoder: Path) -> dict[str, Any]:
    """Return what the encoder learnt before: by `pretrain-encoder`, and as the encoder of an earlier joint model."""
    earlier = _read_log(encoder / LOG_NAME)
    if earlier is None:
        return {"encoder_pretraining": _read_log(encoder / PRETRAINING_LOG), "earlier": None}
    kept = ("date", "training", *_OPTIONS, "num_members", "best_epochs", "precision", "earlier")
    # Logs of a time when there was one member alone name its best epoch.
    if "best_epoch" in earlier:
        earlier["best_epochs"] = [earlier["best_epoch"]]
    return {
        "encoder_pretraining": earlier.get("encoder_pretraining"),
        "earlier": {name: earlier[name] for name in kept if name in earlier},
    }


def _read_log(path: Path) -> dict[str, Any] | None:
    content: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return content
