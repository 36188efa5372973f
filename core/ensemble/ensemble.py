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
from core.ensemble.filtering import FilterResult, filter_negatives
from core.ensemble.legality import keep_legal, legal_classes
from core.ensemble.voting import Floats, Votes, vote
from core.errors import ModelError
from core.models.architectures import GetParser, load_classifier
from core.models.classifier import Classifier, join_ids

MANIFEST_NAME = "ensemble.json"
_MANIFEST_KEYS = ("members", "temperatures", "threshold")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ensemble's word on one instance.

    Args:
        label: A positive label or NO_RELATION.
        score: Mean probability of that label, in [0, 1].
        others: Further labels of the same pair with their scores; only some architectures give any.
        uncertainty: 1 - largest mean probability.
        disagreement: Mutual information between members, in nats.
    """

    label: str
    score: float
    uncertainty: float
    disagreement: float
    others: tuple[tuple[str, float], ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        """Every positive label given; empty for NO_RELATION."""
        return frozenset((self.label, *(label for label, _ in self.others))) - {NO_RELATION}


# What is said of an instance that no input can hold, and of one that the negative filter drops: a rule has no doubt.
_UNREAD = Verdict(NO_RELATION, 0.0, 1.0, 0.0)
_FILTERED = Verdict(NO_RELATION, 1.0, 0.0, 0.0)


class Ensemble:
    """Members that vote.

    Args:
        members: Trained classifiers of one schema and architecture.
        temperatures: One a member.
        threshold: Least probability of a positive vote, in (0, 1).
        has_negative_filter: Whether pairs that are hardly ever related get NO_RELATION unread, as in training.
    """

    def __init__(
        self,
        members: Sequence[Classifier],
        *,
        temperatures: Sequence[float],
        threshold: float,
        has_negative_filter: bool = False,
    ) -> None:
        self.members = list(members)
        self.temperatures = np.array(temperatures)
        self.threshold = threshold
        self.has_negative_filter = has_negative_filter
        self.is_multilabel = self.members[0].is_multilabel
        self.schema: Schema = self.members[0].config.schema
        self._classes = self.members[0].config.classes

    def classify(self, instances: Sequence[Instance]) -> list[Verdict]:
        """Label instances; those that no input can hold get NO_RELATION with score 0 and uncertainty 1."""
        filtered = filter_negatives(instances) if self.has_negative_filter else FilterResult(tuple(instances), ())
        by_id = self._vote(filtered.kept) | {one.id: _FILTERED for one in filtered.dropped}
        return [by_id.get(instance.id, _UNREAD) for instance in instances]

    def _vote(self, instances: Sequence[Instance]) -> dict[str, Verdict]:
        """Return the members' word on each instance that they can read, by id.

        A project's schema may have grown since they were trained; of pairs of types new to them they know nothing.
        """
        known = [one for one in instances if self.schema.legal_labels(one.head.entity_type, one.tail.entity_type)]
        # The members share vocabulary and masks, so pieces are cut once for all of them.
        items = self.members[0].encode(known)
        if not items:
            return {}
        by_id = {one.id: one for one in known}
        legal = legal_classes(self.schema, [by_id[one] for one in join_ids(items)])  # (instances, classes)
        logits: Floats = np.stack([member.score(items).double().numpy() for member in self.members])
        found = vote(
            scaled_probabilities(keep_legal(logits, legal), self.temperatures, is_multilabel=self.is_multilabel),
            threshold=self.threshold,
            is_multilabel=self.is_multilabel,
        )
        return {one: self._verdict(found, row) for row, one in enumerate(join_ids(items))}

    def _verdict(self, found: Votes, row: int) -> Verdict:
        winner = int(found.classes[row])
        others = [index for index in np.flatnonzero(found.given[row]).tolist() if index != winner]
        return Verdict(
            self._classes[winner],
            float(found.scores[row]),
            float(found.uncertainty[row]),
            float(found.disagreement[row]),
            tuple((self._classes[index], float(found.mean[row, index])) for index in others),
        )

    @classmethod
    def load(cls, path: Path, *, device: torch.device, get_parser: GetParser) -> "Ensemble":
        """Read the ensemble described by `path`/ensemble.json.

        Raises:
            ModelError: The manifest or a member is missing.
            ParserNotFoundError: Its architecture needs a parser and there is none.
        """
        manifest = read_manifest(path)
        members = [load_classifier(path / name, get_parser=get_parser) for name in manifest.pop("members")]
        for member in members:
            member.to(device)
        return cls(members, **manifest)


def write_manifest(
    path: Path,
    *,
    members: Sequence[str],
    temperatures: Sequence[float],
    threshold: float,
    has_negative_filter: bool = False,
) -> None:
    """Write `path`/ensemble.json: member folders relative to it, temperatures, threshold, filter."""
    manifest = {
        "members": list(members),
        "temperatures": list(temperatures),
        "threshold": threshold,
        "has_negative_filter": has_negative_filter,
    }
    (path / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def read_manifest(path: Path) -> dict[str, Any]:
    """Read `path`/ensemble.json.

    Raises:
        ModelError: It is missing or broken.
    """
    try:
        manifest = json.loads((path / MANIFEST_NAME).read_text(encoding="utf-8"))
        # Ensembles of earlier versions say nothing of a filter; they had none.
        is_filtered = bool(manifest.get("has_negative_filter"))
        return {key: manifest[key] for key in _MANIFEST_KEYS} | {"has_negative_filter": is_filtered}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path} holds no ensemble: {MANIFEST_NAME} cannot be read ({error}).") from error
