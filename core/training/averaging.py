"""The mean of the weights of several trainings that began alike: better than each, and no dearer to run than one.

Wortsman et al. 2022, "Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time", sec. 2 (uniform soup). Weights that began apart have no useful mean.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from core.errors import ModelError

Weights = Mapping[str, Tensor]


def mean_weights(several: Sequence[Weights]) -> dict[str, Tensor]:
    """Return the mean of each tensor; what is no real number is that of the first.

    Args:
        several: Weights by name, at least one; all of one shape.

    Raises:
        ModelError: They do not have the same names and shapes.
    """
    shapes = [{name: tensor.shape for name, tensor in one.items()} for one in several]
    if any(one != shapes[0] for one in shapes):
        raise ModelError("The weights of models of different shapes have no mean.")
    first = several[0]
    return {
        name: torch.stack([one[name] for one in several]).mean(0) if tensor.is_floating_point() else tensor.clone()
        for name, tensor in first.items()
    }
