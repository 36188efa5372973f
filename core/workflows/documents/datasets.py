"""Gold documents of the splits → the frozen dataset that a retraining or a benchmark reads."""

import hashlib
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


def hold_out(documents: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """Split documents into a larger part that trains and a smaller one, about a fifth, that chooses.

    A document's text decides for it (`is_drawn`), so that it stays where it is while a project grows: what a model or a
    generator has learnt from is not what a later one is chosen by. Where chance draws hardly any, the next ones
    follow; a single document trains.
    """
    by_lot = sorted(documents, key=_draw_lot)
    num_drawn = sum(map(is_drawn, documents))
    size = min(max(num_drawn, round(len(documents) * _HELD_OUT_SHARE / 2), 1), len(documents) - 1)
    drawn = {id(one) for one in by_lot[: max(0, size)]}
    return [one for one in documents if id(one) not in drawn], [one for one in documents if id(one) in drawn]


def is_drawn(document: Document) -> bool:
    """Return whether a document is among the fifth that is held out where a project has no dev documents."""
    return _draw_lot(document) < _HELD_OUT_SHARE


def _draw_lot(document: Document) -> float:
    """Return a number in [0, 1) that a text always has."""
    return int.from_bytes(hashlib.sha256(document.text.encode()).digest()[:6]) / 2**48
