"""What one retraining reads: instances by split, synthetic instances, and gold that no instance can hold."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain import Instance, Mention, Origin, Schema, Span, Split


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
        instances = {Split.TRAIN: self.train, Split.DEV: self.dev, Split.TEST: self.test}[split]
        return dict(Counter(instance.label for instance in instances if instance.label is not None))

    def gold_labels(self, split: Split) -> dict[str, str]:
        """Map every gold item of a split to its label; unreachable relations are among them."""
        instances = {Split.TRAIN: self.train, Split.DEV: self.dev, Split.TEST: self.test}[split]
        labels = {instance.id: instance.label for instance in instances if instance.label is not None}
        labels |= {f"unreachable:{n}": label for n, label in enumerate(self.unreachable.get(split.value, ()))}
        return labels

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


def _instance_to_json(instance: Instance) -> dict[str, Any]:
    head, tail = instance.head, instance.tail
    return {
        "id": instance.id,
        "text": instance.text,
        "head": [head.span.start, head.span.end, head.entity_type],
        "tail": [tail.span.start, tail.span.end, tail.entity_type],
        "label": instance.label,
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
        )
        for row in rows
    )
