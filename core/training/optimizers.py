"""The optimiser of a training, its moments and its learning rate."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.training.config import TrainingConfig

# One kernel for all parameters; elsewhere torch falls back to many small ones.
_FUSED_DEVICES = ("cpu", "cuda")


def make_optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """Return the optimiser of what can be trained; vectors (biases and norms) are not decayed.

    Args:
        model: Already on the device where it trains.
        config: Names the optimiser.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    is_fused = all(parameter.device.type in _FUSED_DEVICES for parameter in parameters)
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.learning_rate, fused=is_fused)
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=is_fused)


def set_rate(optimizer: torch.optim.Optimizer, config: TrainingConfig, *, step: int, num_steps: int) -> None:
    """Set the learning rate of a step, counted from 0."""
    rate = config.learning_rate * rate_factor(step, num_steps, config.warmup_fraction)
    for group in optimizer.param_groups:
        group["lr"] = rate


def rate_factor(step: int, num_steps: int, warmup_fraction: float) -> float:
    """Rise linearly to 1 over the warm-up, then fall linearly towards 0."""
    warmup = max(1, round(num_steps * warmup_fraction)) if warmup_fraction > 0 else 0
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (num_steps - step) / max(1, num_steps - warmup))


def moments_to_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return what an optimiser remembers of each parameter, on the CPU, under names such as `12.exp_avg`."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": tensor.detach().cpu().contiguous()
        for index, moments in state.items()
        for name, tensor in moments.items()
    }


def restore_moments(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put saved moments into a new optimiser of the same parameters."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, _, moment = name.partition(".")
        state.setdefault(int(index), {})[moment] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
