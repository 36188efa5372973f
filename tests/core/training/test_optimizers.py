"""The optimiser's groups and the learning rate over a training."""

import pytest
import torch
from torch import nn

from core.training.config import TrainingConfig
from core.training.optimizers import make_optimizer, rate_factor, set_rate


def test_the_rate_rises_to_its_peak_and_falls_towards_nothing() -> None:
    factors = [rate_factor(step, 10, 0.2) for step in range(10)]
    assert factors == pytest.approx([0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])


def test_no_warm_up_starts_at_the_peak() -> None:
    assert rate_factor(0, 4, 0.0) == 1.0


def test_biases_and_norms_are_not_decayed() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))
    decayed, others = make_optimizer(model, TrainingConfig(weight_decay=0.3)).param_groups
    assert (decayed["weight_decay"], len(decayed["params"])) == (0.3, 1)
    assert (others["weight_decay"], len(others["params"])) == (0.0, 3)


def test_frozen_weights_are_left_out() -> None:
    model = nn.Linear(3, 2).requires_grad_(False)
    model.bias.requires_grad_(True)
    decayed, others = make_optimizer(model, TrainingConfig()).param_groups
    assert (len(decayed["params"]), len(others["params"])) == (0, 1)


def test_sgd_takes_one_step_down_the_gradient() -> None:
    line = nn.Linear(1, 1, bias=False)
    nn.init.constant_(line.weight, 1.0)
    config = TrainingConfig(optimizer="sgd", learning_rate=0.5, weight_decay=0.0, warmup_fraction=0.0)
    optimizer = make_optimizer(line, config)
    line(torch.tensor([[2.0]])).sum().backward()
    set_rate(optimizer, config, step=1, num_steps=2)
    optimizer.step()
    assert line.weight.item() == pytest.approx(1.0 - 0.25 * 2.0)
