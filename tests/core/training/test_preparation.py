"""Frozen encoders and gradient checkpointing, on a BERT of two tiny layers."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from core.errors import ModelError
from core.training.config import TrainingConfig
from core.training.preparation import prepared
from core.training.trainer import train

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Pieces:
    ids: Tensor

    def to(self, device: torch.device) -> "Pieces":
        return Pieces(self.ids.to(device))


class TinyClassifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        config = BertConfig(
            vocab_size=11, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
        )
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.output = nn.Linear(8, 2)
        self.modes: list[tuple[bool, bool]] = []

    def loss(self, batch: Pieces) -> Tensor:
        self.modes.append((self.training, self.encoder.training))
        first = self.encoder(batch.ids).last_hidden_state[:, 0]  # (batch, width)
        return nn.functional.cross_entropy(self.output(first), batch.ids[:, 1] % 2)


def fit(model: TinyClassifier, **options: object) -> dict[str, Tensor]:
    """Train a little and return the weights."""
    rows = [torch.tensor([2, n % 10 + 1, 5, 6]) for n in range(16)]
    config = TrainingConfig(
        num_epochs=2,
        learning_rate=0.01,
        batch_size=4,
        precision="fp32",
        **options,  # type: ignore[arg-type]
    )
    train(
        model,
        rows,
        lengths=[4] * len(rows),
        collate=lambda items: Pieces(torch.stack(list(items))),
        loss=lambda _, batch, __: model.loss(batch),
        config=config,
        device=CPU,
    )
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def is_checkpointed(model: TinyClassifier) -> bool:
    return any(getattr(module, "gradient_checkpointing", False) for module in model.modules())


def test_a_frozen_encoder_keeps_its_weights_and_has_no_dropout_while_the_head_learns() -> None:
    model = TinyClassifier()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    after = fit(model, is_encoder_frozen=True)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"output.weight", "output.bias"}
    assert set(model.modes) == {(True, False)}


def test_a_frozen_encoder_can_be_trained_again_afterwards() -> None:
    model = TinyClassifier()
    fit(model, is_encoder_frozen=True)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_checkpointing_changes_no_weight_and_ends_with_the_training() -> None:
    plain, checkpointed = TinyClassifier(), TinyClassifier()
    usual, other = fit(plain), fit(checkpointed, has_gradient_checkpointing=True)
    assert all(torch.allclose(usual[name], other[name], atol=1e-6) for name in usual)
    assert not is_checkpointed(checkpointed)


def test_checkpointing_is_on_while_the_model_trains() -> None:
    model = TinyClassifier()
    with prepared(model, TrainingConfig(has_gradient_checkpointing=True)):
        assert is_checkpointed(model)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"is_encoder_frozen": True}, "Linear has no part named encoder that could be frozen"),
        ({"has_gradient_checkpointing": True}, "No part of Linear offers gradient checkpointing"),
    ],
)
def test_a_model_that_cannot_do_what_is_asked_is_refused(options: dict[str, bool], message: str) -> None:
    with pytest.raises(ModelError, match=message), prepared(nn.Linear(1, 1), TrainingConfig(**options)):  # type: ignore[arg-type]
        pass
