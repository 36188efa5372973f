"""The mean of several models' weights."""

import pytest
import torch
from torch import nn

from core.errors import ModelError
from core.training.averaging import mean_weights
from core.training.state import copy_state


def test_each_weight_is_the_mean_of_the_models_and_a_counter_stays() -> None:
    first, second = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([1.0, 2.0]))
        second.weight.copy_(torch.tensor([3.0, -2.0]))
    mean = mean_weights([copy_state(first), copy_state(second)])
    torch.testing.assert_close(mean["weight"], torch.tensor([2.0, 0.0]))
    assert mean["num_batches_tracked"].dtype == torch.int64
    second.load_state_dict(mean)


def test_one_model_is_its_own_mean() -> None:
    weights = copy_state(nn.Linear(3, 2))
    assert all(torch.equal(tensor, weights[name]) for name, tensor in mean_weights([weights]).items())


@pytest.mark.parametrize("other", [nn.Linear(3, 3), nn.Linear(3, 2, bias=False)])
def test_models_of_different_shapes_have_no_mean(other: nn.Module) -> None:
    with pytest.raises(ModelError, match="different shapes"):
        mean_weights([copy_state(nn.Linear(3, 2)), copy_state(other)])
