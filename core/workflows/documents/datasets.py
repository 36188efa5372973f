"""Gold documents of the splits → the frozen dataset that a retraining or a benchmark reads."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.domain import Document, Instance, Schema, Split
from core.ensemble.dataset import Dataset
from core.workflows.documents.instances import build_instances

_HELD_OUT_SHARE = 0.2


def make_dataset(
    schema: Schema, documents: Mapping[Split, Sequence[Document]], synthetic: Sequence[Instance] = ()
) -> Dataset:
    """Pair the gold mentions of every reviewed sentence of every split.

    Args:
        schema: Entity types and labels.
        documents: Gold documents, split into sentences; a split may be missing.
        synthetic: Accepted synthetic instances.
    """
    sets = {split: build_instances(documents.get(split, ()), schema) for split in Split}
    instances = {split: tuple(replace(one, split=split) for one in found.instances) for split, found in sets.items()}
    return Dataset(
        schema=schema,
        train=instances[Split.TRAIN],
        dev=instances[Split.DEV],
        test=instances[Split.TEST],
        synthetic=tuple(synthetic),
        unreachable={split.value: tuple(label for _, label in found.unreachable) for split, found in sets.items()},
    )


def hold_out(
    documents: Sequence[Document], *, seed: int, share: float = _HELD_OUT_SHARE
) -> tuple[list[Document], list[Document]]:
    """Split documents into a larger and a smaller part, drawn by `seed`; the smaller one has at least one.

    Args:
        documents: What to split; a single document stays in the larger part.
        seed: Seed of the draw.
        share: Size of the smaller part, in (0, 1).
    """
    order = list(documents)
    random.Random(seed).shuffle(order)
    size = max(1, round(len(order) * share)) if len(order) > 1 else 0
    return order[size:], order[:size]
