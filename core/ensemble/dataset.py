"""What one retraining reads: instances by split, synthetic instances, and gold that no instance can hold."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import NO_RELATION, Instance, Mention, Origin, Schema, Span, Split
from core.ensemble.voting import Bools


@dataclass(frozen=True, slots=True)
class Dataset:
    """Frozen input of a run.

    Args:
        schema: Entity types and labels.
        train: Gold training instances.
        dev: Gold instances that choose epochs and threshold.
        test: Gold instances that are scored once; empty if the project has no test split.
        synthetic: Synthetic training instances that a curator accepted.
        unreachable: Split → labels of gold relations that no instance can hold; scored as misses.
    """

    schema: Schema
    train: tuple[Instance, ...]
    dev: tuple[Instance, ...]
    test: tuple[Instance, ...]
    synthetic: tuple[Instance, ...]
    unreachable: Mapping[str, tuple[str, ...]]

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 of everything the run reads, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def count_labels(self, split: Split) -> dict[str, int]:
        """Count the gold instances of each label in a split, NO_RELATION too."""
        return count_labels(self.instances(split))

    def instances(self, split: Split) -> tuple[Instance, ...]:
        """Return the gold instances of a split."""
        return {Split.TRAIN: self.train, Split.DEV: self.dev, Split.TEST: self.test}[split]

    def gold_labels(self, split: Split) -> dict[str, frozenset[str]]:
        """Map every gold item of a split to its positive labels; unreachable relations are among them."""
        labels = {one.id: one.positive_labels for one in self.instances(split) if one.label is not None}
        unreachable = self.unreachable.get(split.value, ())
        return labels | {f"unreachable:{n}": frozenset({label}) for n, label in enumerate(unreachable)}

    def gold_matrix(self, split: Split, instance_ids: Sequence[str]) -> Bools:
        """Mark the gold classes of instances, NO_RELATION first.

        Shape:
            returns: (instances, classes); column 0 where an instance has no positive label.
        """
        labels = self.gold_labels(split)
        classes = (NO_RELATION, *self.schema.label_names)
        rows = [[name in (labels[one] or {NO_RELATION}) for name in classes] for one in instance_ids]
        return np.array(rows, dtype=bool).reshape(len(rows), len(classes))

    def to_json(self) -> dict[str, Any]:
        """Return the dataset as plain values."""
        return {
            "schema": self.schema.to_json(),
            "train": [_instance_to_json(instance) for instance in self.train],
            "dev": [_instance_to_json(instance) for instance in self.dev],
            "test": [_instance_to_json(instance) for instance in self.test],
            "synthetic": [_instance_to_json(instance) for instance in self.synthetic],
            "unreachable": {split: list(labels) for split, labels in self.unreachable.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Dataset":
        """Build a dataset from what `to_json` returned."""
        return cls(
            schema=Schema.from_json(data["schema"]),
            train=_instances_from_json(data["train"], Split.TRAIN),
            dev=_instances_from_json(data["dev"], Split.DEV),
            test=_instances_from_json(data["test"], Split.TEST),
            synthetic=_instances_from_json(data["synthetic"], Split.TRAIN, Origin.SYNTHETIC),
            unreachable={split: tuple(labels) for split, labels in data["unreachable"].items()},
        )

    def save(self, path: Path) -> None:
        """Write the dataset as one JSON file."""
        path.write_text(json.dumps(self.to_json(), ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Dataset":
        """Read a dataset written by `save`."""
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")))


def count_labels(instances: Iterable[Instance]) -> dict[str, int]:
    """Count the instances of each label, NO_RELATION too."""
    return dict(Counter(name for one in instances if one.label is not None for name in (one.label, *one.other_labels)))


def _instance_to_json(instance: Instance) -> dict[str, Any]:
    head, tail = instance.head, instance.tail
    return {
        "id": instance.id,
        "text": instance.text,
        "head": [head.span.start, head.span.end, head.entity_type],
        "tail": [tail.span.start, tail.span.end, tail.entity_type],
        "label": instance.label,
        "other_labels": list(instance.other_labels),
    }


def _instances_from_json(
    rows: Sequence[Mapping[str, Any]], split: Split, origin: Origin = Origin.CURATED
) -> tuple[Instance, ...]:
    return tuple(
        Instance(
            row["id"],
            row["text"],
            Mention(Span(row["head"][0], row["head"][1]), row["head"][2]),
            Mention(Span(row["tail"][0], row["tail"][1]), row["tail"][2]),
            row["label"],
            origin=origin,
            split=split,
            other_labels=tuple(row["other_labels"]),
        )
        for row in rows
    )
