"""Which classes a pair may have: the others, which no project could store, take nothing from them in a vote."""

from collections.abc import Sequence

import numpy as np

from core.domain import Instance, Schema
from core.ensemble.voting import Bools, Floats


def legal_classes(schema: Schema, instances: Sequence[Instance]) -> Bools:
    """Mark the classes that instances may have by their types and their order, NO_RELATION first.

    Shape:
        returns: (instances, classes).
    """
    legal = np.zeros((len(instances), 1 + len(schema.label_names)), dtype=bool)
    legal[:, 0] = True
    for row, one in zip(legal, instances, strict=True):
        names = {label.name for label in schema.candidate_labels(one.head, one.tail)}
        row[1:] = [name in names for name in schema.label_names]
    return legal


def keep_legal(logits: Floats, legal: Bools) -> Floats:
    """Return logits with -inf at the classes that an instance cannot have.

    Shape:
        logits: (members, instances, classes).
        legal: (instances, classes).
    """
    return np.where(legal, logits, -np.inf)
