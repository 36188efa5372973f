"""A trained ensemble: members loaded together, one label for each instance."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.domain import NO_RELATION, Instance, Schema
from core.ensemble.calibration import scaled_probabilities
from core.ensemble.voting import Floats, vote
from core.errors import ModelError
from core.models.cls import ClsModel

MANIFEST_NAME = "ensemble.json"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ensemble's word on one instance.

    Args:
        label: A positive label or NO_RELATION.
        score: Mean probability of that label, in [0, 1].
        uncertainty: 1 - largest mean probability.
        disagreement: Mutual information between members, in nats.
    """

    label: str
    score: float
    uncertainty: float
    disagreement: float


class Ensemble:
    """Members that vote.

    Args:
        members: Trained classifiers of one schema.
        temperatures: One a member.
        threshold: Least probability of a positive vote, in (0, 1).
    """

    def __init__(self, members: Sequence[ClsModel], *, temperatures: Sequence[float], threshold: float) -> None:
        self.members = list(members)
        self.temperatures = np.array(temperatures)
        self.threshold = threshold
        self.schema: Schema = self.members[0].config.schema
        self._classes = self.members[0].config.classes

    def classify(self, instances: Sequence[Instance]) -> list[Verdict]:
        """Label instances; those that no input can hold get NO_RELATION with score 0 and uncertainty 1."""
        # The members share vocabulary and masks, so pieces are cut once for all of them.
        items = self.members[0].encode(instances)
        if not items:
            return [Verdict(NO_RELATION, 0.0, 1.0, 0.0) for _ in instances]
        logits: Floats = np.stack([member.score(items).double().numpy() for member in self.members])
        found = vote(scaled_probabilities(logits, self.temperatures), threshold=self.threshold)
        rows = zip(
            found.classes.tolist(),
            found.scores.tolist(),
            found.uncertainty.tolist(),
            found.disagreement.tolist(),
            strict=True,
        )
        by_id = {
            item.instance_id: Verdict(self._classes[class_id], score, uncertainty, disagreement)
            for item, (class_id, score, uncertainty, disagreement) in zip(items, rows, strict=True)
        }
        return [by_id.get(instance.id, Verdict(NO_RELATION, 0.0, 1.0, 0.0)) for instance in instances]

    @classmethod
    def load(cls, path: Path, *, device: torch.device) -> "Ensemble":
        """Read the ensemble described by `path`/ensemble.json.

        Raises:
            ModelError: The manifest or a member is missing.
        """
        manifest = read_manifest(path)
        members = [ClsModel.load(path / name) for name in manifest["members"]]
        for member in members:
            member.to(device)
        return cls(members, temperatures=manifest["temperatures"], threshold=manifest["threshold"])


def write_manifest(path: Path, *, members: Sequence[str], temperatures: Sequence[float], threshold: float) -> None:
    """Write `path`/ensemble.json: member folders relative to it, temperatures, threshold."""
    manifest = {"members": list(members), "temperatures": list(temperatures), "threshold": threshold}
    (path / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def read_manifest(path: Path) -> dict[str, Any]:
    """Read `path`/ensemble.json.

    Raises:
        ModelError: It is missing or broken.
    """
    try:
        manifest = json.loads((path / MANIFEST_NAME).read_text(encoding="utf-8"))
        return {key: manifest[key] for key in ("members", "temperatures", "threshold")}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path} holds no ensemble: {MANIFEST_NAME} cannot be read ({error}).") from error
