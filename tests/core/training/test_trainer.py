"""The one training loop, on a line to fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import pytest
import torch
from torch import Tensor, nn

from core.errors import NotEnoughDataError, TrainingDivergedError
from core.training.batching import budgeted_batches, shuffled_batches
from core.training.config import TrainingConfig
from core.training.trainer import TrainingResult, train

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Points:
    x: Tensor
    y: Tensor

    def to(self, device: torch.device) -> "Points":
        return Points(self.x.to(device), self.y.to(device))


def collate(items: Sequence[tuple[float, float]]) -> Points:
    table = torch.tensor(items)
    return Points(table[:, :1], table[:, 1:])


def squared_error(model: nn.Module, batch: Points, _epochs_done: float) -> Tensor:
    error: Tensor = ((model(batch.x) - batch.y) ** 2).mean()
    return error


def fit(model: nn.Module, **options: object) -> TrainingResult:
    items = [(x / 10, 3 * x / 10 + 1) for x in range(-10, 10)]
    config = TrainingConfig(num_epochs=30, learning_rate=0.1, batch_size=5, precision="fp32", weight_decay=0.0)
    arguments = {"lengths": [1] * len(items), "collate": collate, "loss": squared_error, "config": config}
    return train(model, items, **{**arguments, "device": CPU, **options})  # type: ignore[arg-type]


def make_line() -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(1, 1)


def test_training_fits_a_line() -> None:
    line = make_line()
    result = fit(line)
    assert line.weight.item() == pytest.approx(3, abs=0.05)
    assert line.bias.item() == pytest.approx(1, abs=0.05)
    assert result.num_steps == 30 * 4


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = make_line(), make_line()
    fit(first)
    fit(second)
    assert torch.equal(first.weight, second.weight)


def test_the_weights_of_the_best_epoch_are_kept() -> None:
    seen: list[Tensor] = []
    losses = iter([3.0, 1.0, 2.0])

    def validate(model: nn.Module) -> float:
        seen.append(next(model.parameters()).detach().clone())
        return next(losses)

    line = make_line()
    config = TrainingConfig(num_epochs=3, learning_rate=0.1, batch_size=5, precision="fp32")
    result = fit(line, config=config, validate=validate)
    assert result.best_epoch == 1
    assert torch.equal(line.weight, seen[1])


def test_accumulated_steps_count_once() -> None:
    config = TrainingConfig(num_epochs=1, batch_size=2, gradient_accumulation=4, precision="fp32")
    assert fit(make_line(), config=config).num_steps == 3  # ten batches: 4 + 4 + 2


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_items() -> None:
    def broken(model: nn.Module, batch: Points, _epochs_done: float) -> Tensor:
        return squared_error(model, batch, 0.0) * float("nan")

    with pytest.raises(TrainingDivergedError, match=r"became nan after 0\.00 epochs, at items \["):
        fit(make_line(), loss=broken)


@dataclass(frozen=True)
class NamedPoint:
    point: tuple[float, float]
    instance_ids: tuple[str, ...]


def test_a_loss_that_is_not_a_number_names_the_instances_where_items_have_names() -> None:
    items = [NamedPoint((float("inf"), 0.0), ("abstract-7:3",))]
    with pytest.raises(TrainingDivergedError, match=r"at items \['abstract-7:3'\]; lower the learning rate"):
        train(
            make_line(),
            items,
            lengths=[1],
            collate=lambda batch: collate([item.point for item in batch]),
            loss=squared_error,
            config=TrainingConfig(precision="fp32"),
            device=CPU,
        )


def test_accumulated_small_batches_are_one_large_batch() -> None:
    items = [(x / 10, 3 * x / 10 + 1) for x in range(12)]
    small, large = make_line(), make_line()
    accumulated = TrainingConfig(num_epochs=3, batch_size=3, gradient_accumulation=4, precision="fp32")
    at_once = TrainingConfig(num_epochs=3, batch_size=12, precision="fp32")
    for line, config in ((small, accumulated), (large, at_once)):
        train(line, items, lengths=[1] * 12, collate=collate, loss=squared_error, config=config, device=CPU)
    assert small.weight.item() == pytest.approx(large.weight.item(), abs=1e-6)
    assert small.bias.item() == pytest.approx(large.bias.item(), abs=1e-6)


def test_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="0 items"):
        train(make_line(), [], lengths=[], collate=collate, loss=squared_error, config=TrainingConfig(), device=CPU)


def test_progress_ends_at_one_and_carries_the_loss() -> None:
    told: list[tuple[float, dict[str, float]]] = []

    def report(fraction: float, message: str = "", **values: float) -> None:
        assert message
        told.append((fraction, values))

    fit(make_line(), report=report)
    assert told[-1][0] == 1.0
    assert "loss" in told[-1][1]
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)


def test_a_batch_holds_items_of_similar_length_and_every_item_once() -> None:
    lengths = [3, 50, 4, 49, 5, 48]
    batches = shuffled_batches(lengths, batch_size=3, rng=Random(0))
    assert sorted(index for batch in batches for index in batch) == list(range(6))
    assert {frozenset(batch) for batch in batches} == {frozenset({0, 2, 4}), frozenset({1, 3, 5})}


def test_every_epoch_mixes_items_of_the_same_length_anew() -> None:
    rng = Random(0)
    first, second = ({frozenset(batch) for batch in shuffled_batches([7] * 40, batch_size=4, rng=rng)} for _ in "12")
    assert not first & second


def test_a_budget_bounds_the_padded_pieces_of_a_batch() -> None:
    lengths = [10, 90, 30, 100, 20]
    batches = budgeted_batches(lengths, max_pieces=100)
    assert batches == [[3], [1], [2, 4, 0]]


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_validation_loss_that_is_not_a_number_stops_the_run_and_names_the_epoch(broken: float) -> None:
    losses = iter([1.0, broken])
    with pytest.raises(TrainingDivergedError, match=r"validation loss became (nan|inf) after epoch 2 of 30"):
        fit(make_line(), validate=lambda _: next(losses))
