"""What a training changes in a model beside its weights, and undoes at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from core.errors import ModelError
from core.training.config import TrainingConfig


@contextmanager
def prepared(model: nn.Module, config: TrainingConfig) -> Iterator[None]:
    """Freeze the encoder and switch on gradient checkpointing, as the config asks, for the time of a training.

    Raises:
        ModelError: The model has no part that can do what is asked.
    """
    frozen = [p for p in _get_encoder(model).parameters() if p.requires_grad] if config.is_encoder_frozen else []
    checkpointed = _find_checkpointable(model) if config.has_gradient_checkpointing else []
    for parameter in frozen:
        parameter.requires_grad_(False)
    for module in checkpointed:
        # Recomputation that needs no gradient at the inputs, which are ids here.
        _switch_checkpointing(module, "enable", {"use_reentrant": False})
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)
        for module in checkpointed:
            _switch_checkpointing(module, "disable")


def set_training_mode(model: nn.Module, config: TrainingConfig) -> None:
    """Switch dropout on, except in a frozen encoder: its features should not change from epoch to epoch."""
    model.train()
    if config.is_encoder_frozen:
        _get_encoder(model).eval()


def _get_encoder(model: nn.Module) -> nn.Module:
    encoder = dict(model.named_children()).get("encoder")
    if encoder is None:
        raise ModelError(
            f"{type(model).__name__} has no part named encoder that could be frozen; train it without a frozen encoder."
        )
    return encoder


def _find_checkpointable(model: nn.Module) -> list[Any]:
    """Return the outermost parts that offer gradient checkpointing."""
    found = [module for module in model.modules() if getattr(module, "supports_gradient_checkpointing", False)]
    if not found:
        raise ModelError(
            f"No part of {type(model).__name__} offers gradient checkpointing; train it without, in smaller batches."
        )
    inner = {id(part) for module in found for part in module.modules() if part is not module}
    return [module for module in found if id(module) not in inner]


def _switch_checkpointing(module: Any, verb: str, *options: object) -> None:  # noqa: ANN401 - transformers' own class
    """Switch checkpointing on or off under the name that this version of transformers has for it."""
    new = f"activation_checkpointing_{verb}"
    getattr(module, new if hasattr(module, new) else f"gradient_checkpointing_{verb}")(*options)
