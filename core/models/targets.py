"""What a classifier is trained towards: one row of class probabilities an instance."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from core.domain import Instance

SoftLabels = Mapping[str, Sequence[float]]
"""Instance id → probability of each class, NO_RELATION first; given by a teacher."""


def make_targets(instances: Sequence[Instance], classes: Sequence[str], soft: SoftLabels | None = None) -> Tensor:
    """Write one row an instance.

    A row is the soft label where one is given, else 1 at the instance's label and at each of its other
    labels; it is all 0 where the label is unknown.

    Shape:
        returns: (instances, classes), float32 in [0, 1].
    """
    column_by_class = {name: column for column, name in enumerate(classes)}
    targets = torch.zeros(len(instances), len(classes))  # (instances, classes)
    for row, instance in enumerate(instances):
        if soft is not None and instance.id in soft:
            targets[row] = torch.tensor(soft[instance.id])
        elif instance.label is not None:
            for name in (instance.label, *instance.other_labels):
                targets[row, column_by_class[name]] = 1.0
    return targets
