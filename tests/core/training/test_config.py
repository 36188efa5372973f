"""Hyper-parameters that no training can use are refused."""

import pytest

from core.errors import ModelError
from core.training.config import TrainingConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_epochs": 0}, "num_epochs is 0; it must be at least 1"),
        ({"gradient_accumulation": 0}, "gradient_accumulation is 0; it must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be more than 0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1; it must be at least 0"),
        ({"warmup_fraction": 1.0}, "warmup_fraction is 1.0; it must be at least 0 and below 1"),
        ({"optimizer": "adam"}, "optimizer is 'adam'; it must be one of adamw, sgd"),
        ({"precision": "fp16"}, "precision is 'fp16'; it must be one of auto, fp32, bf16"),
    ],
)
def test_a_value_out_of_its_range_is_refused_with_its_limit(options: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        TrainingConfig(**options)  # type: ignore[arg-type]
