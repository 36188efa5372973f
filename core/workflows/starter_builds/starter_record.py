"""What a build of the joint starters writes down: everything that decides the weights, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.models.encoder import locate_encoder
from core.training.trainer import TrainingResult
from core.workflows.retraining.train_joint import JointRecipe, hash_documents, hash_weights
from core.workflows.starter_builds.gold_sets import GoldSet
from core.workflows.starter_builds.origins import BUILD_OPTIONS, read_origin


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
        **{name: getattr(recipe, name) for name in BUILD_OPTIONS},
        "encoder": Path(recipe.encoder).name,
        **read_origin(locate_encoder(recipe.encoder)),
        "encoder_sha256": hash_weights(recipe.encoder),
        "corpora": describe_corpora(sets),
    }


def describe_corpora(sets: Sequence[GoldSet]) -> list[dict[str, Any]]:
    """Return size and hashes of each corpus."""
    return [
        {
            "name": one.name,
            "num_train_documents": len(one.train),
            "num_left_out": one.num_left_out,
            "num_dev_documents": len(one.dev),
            "train_hash": hash_documents(one.train),
            "dev_hash": hash_documents(one.dev),
        }
        for one in sets
    ]


def list_versions() -> dict[str, str]:
    """Return the versions of the libraries that decide weights."""
    return {name: version(name) for name in ("torch", "transformers", "tokenizers")}


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
        "versions": list_versions(),
    }
