"""A training that was stopped between two epochs ends as if it had never stopped."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.domain import NO_RELATION
from core.errors import ModelError
from core.models.cls import ClsConfig, ClsModel
from core.models.encoder import load_encoder
from core.training import state
from core.training.config import TrainingConfig
from core.training.processes import Processes
from core.training.state import TrainingFolder, TrainingState
from core.training.trainer import TrainingResult, Validation, train
from core.training.work_folder import find_checkpoint
from tests.builders import make_instance, make_schema, write_tiny_encoder

CPU = torch.device("cpu")
ROWS = [
    ("aspirin caused nausea .", "nausea", "CID"),
    ("codeine induced rash .", "rash", "CID"),
    ("ibuprofen caused severe headache .", "headache", "CID"),
    ("aspirin treated headache .", "headache", NO_RELATION),
    ("ibuprofen treated mild fever in two patients .", "fever", NO_RELATION),
]
CONFIG = TrainingConfig(num_epochs=4, learning_rate=3e-3, batch_size=2, precision="fp32")
LOSSES = (2.0, 1.0, 4.0, 3.0)  # the second epoch is the best
STATE_FILES = {"model.safetensors", "optimizer.safetensors", "random.safetensors", "state.json"}

MakeModel = Callable[[], ClsModel]


class StopError(Exception):
    """Ends a training in the middle, as a power cut would."""


class Listener:
    """Takes progress, and ends the training in an epoch, counted from 1, if one is given."""

    def __init__(self, *, stop_in: int = 0) -> None:
        self.stop_in, self.epoch = stop_in, 0
        self.lines: list[tuple[float, str, dict[str, float]]] = []

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:
        self.lines.append((fraction, message, values))
        if match := re.match(r"epoch (\d+) of \d+$", message):
            self.epoch = int(match[1])
            if self.epoch == self.stop_in:
                raise StopError


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint after every epoch, however short it is."""
    monkeypatch.setattr(state, "_REST_RATIO", 0)
    monkeypatch.setattr(state, "_REST_SECONDS", 0)


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    path = write_tiny_encoder(tmp_path / "encoder")
    return lambda: ClsModel.create(load_encoder(str(path)), ClsConfig(schema=make_schema()), seed=0)


def fit(
    model: ClsModel,
    checkpoints: Path | None,
    *,
    config: TrainingConfig = CONFIG,
    listener: Listener | None = None,
    num_items: int = len(ROWS),
) -> TrainingResult:
    """Train on the rows, where validation finds the losses of above and a score that tells the epoch."""
    items = model.encode([make_instance(text, text.split()[0], tail, label) for text, tail, label in ROWS[:num_items]])
    heard = listener or Listener()
    return train(
        model,
        items,
        lengths=[len(item.piece_ids) for item in items],
        collate=model.collate,
        loss=lambda _, batch, epochs_done: model.loss(batch, epochs_done),
        config=config,
        validate=lambda _: Validation(LOSSES[heard.epoch - 1], {"strict": heard.epoch / 10}),
        report=heard,
        device=CPU,
        checkpoints=checkpoints,
    )


def stop(model: ClsModel, checkpoints: Path, *, in_epoch: int, config: TrainingConfig = CONFIG) -> None:
    with pytest.raises(StopError):
        fit(model, checkpoints, config=config, listener=Listener(stop_in=in_epoch))


def assert_same_weights(first: ClsModel, second: ClsModel) -> None:
    other = second.state_dict()
    assert [name for name, tensor in first.state_dict().items() if not torch.equal(tensor, other[name])] == []


@pytest.mark.parametrize("in_epoch", [2, 3, 4])
def test_a_stopped_training_ends_with_the_very_weights_of_one_that_ran_through(
    make_model: MakeModel, tmp_path: Path, in_epoch: int
) -> None:
    whole, resumed = make_model(), make_model()
    expected = fit(whole, None)
    stop(make_model(), tmp_path / "work", in_epoch=in_epoch)
    result = fit(resumed, tmp_path / "work")
    assert result == expected
    assert result.best_epoch == 1
    assert [epoch.scores["strict"] for epoch in result.epochs] == [0.1, 0.2, 0.3, 0.4]
    assert_same_weights(resumed, whole)


@pytest.mark.parametrize(
    "changes",
    [
        {"gradient_accumulation": 2},
        {"optimizer": "sgd"},
        {"is_encoder_frozen": True},
        {"has_gradient_checkpointing": True},
        {"precision": "bf16"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_so_it_does_with_other_settings(make_model: MakeModel, tmp_path: Path, changes: dict[str, object]) -> None:
    config = replace(CONFIG, **changes)  # type: ignore[arg-type]
    whole, resumed = make_model(), make_model()
    expected = fit(whole, None, config=config)
    stop(make_model(), tmp_path / "work", in_epoch=3, config=config)
    assert fit(resumed, tmp_path / "work", config=config) == expected
    assert_same_weights(resumed, whole)


def test_checkpoints_change_nothing_in_a_training_that_is_not_stopped(make_model: MakeModel, tmp_path: Path) -> None:
    without, with_checkpoints = make_model(), make_model()
    assert fit(without, None) == fit(with_checkpoints, tmp_path / "work")
    assert_same_weights(without, with_checkpoints)


def test_what_is_on_disk_is_one_checkpoint_without_pickles(make_model: MakeModel, tmp_path: Path) -> None:
    stop(make_model(), tmp_path / "work", in_epoch=3)
    (checkpoint,) = (tmp_path / "work").iterdir()
    assert checkpoint.name == "step-000000006"  # three batches an epoch
    assert {file.name for file in checkpoint.iterdir()} == STATE_FILES
    stop(make_model(), tmp_path / "work", in_epoch=4)
    (checkpoint,) = (tmp_path / "work").iterdir()
    # The best weights lie apart only where they are not the last ones.
    assert {file.name for file in checkpoint.iterdir()} == STATE_FILES | {"best.safetensors"}


def test_progress_goes_on_where_it_was_and_tells_again_how_the_earlier_epochs_went(
    make_model: MakeModel, tmp_path: Path
) -> None:
    stop(make_model(), tmp_path / "work", in_epoch=3)
    listener = Listener()
    result = fit(make_model(), tmp_path / "work", listener=listener)
    first, validated, *_ = listener.lines
    assert first == (0.5, "epoch 1", {"epoch": 1, "loss": result.epochs[0].training_loss})
    assert validated == (0.5, "epoch 1 of 4, validated", {"validation_loss": 2.0, "strict": 0.1})
    assert [(fraction, message) for fraction, message, values in listener.lines if not values] == [
        (0.5, "going on after epoch 2 of 4")
    ]
    assert listener.lines[-1][0] == 1.0


def test_a_finished_training_takes_no_further_step(make_model: MakeModel, tmp_path: Path) -> None:
    finished, again = make_model(), make_model()
    expected = fit(finished, tmp_path / "work")
    listener = Listener(stop_in=1)
    assert fit(again, tmp_path / "work", listener=listener) == expected
    assert_same_weights(again, finished)


@pytest.mark.parametrize("file", sorted(STATE_FILES))
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(
    make_model: MakeModel, tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str
) -> None:
    whole, again = make_model(), make_model()
    expected = fit(whole, None)
    stop(make_model(), tmp_path / "work", in_epoch=3)
    left = find_checkpoint(tmp_path / "work")
    assert left is not None
    (left / file).write_bytes((left / file).read_bytes()[:20])
    with caplog.at_level(logging.WARNING, logger=state.__name__):
        assert fit(again, tmp_path / "work") == expected
    assert re.search(r"step-000000006 is damaged \(.+\); the training begins anew", caplog.text)
    assert_same_weights(again, whole)


def test_a_checkpoint_of_other_settings_data_or_weights_is_passed_over_and_the_warning_says_which(
    make_model: MakeModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_model()
    with torch.no_grad():
        next(other.parameters()).add_(1e-3)
    attempts = (
        ("settings", make_model(), {"config": replace(CONFIG, learning_rate=1e-3)}),
        ("items", make_model(), {"num_items": 4}),
        ("initial weights", other, {}),
    )
    for name, model, changes in attempts:
        stop(make_model(), tmp_path / name, in_epoch=3)
        listener = Listener()
        with caplog.at_level(logging.WARNING, logger=state.__name__):
            fit(model, tmp_path / name, listener=listener, **changes)  # type: ignore[arg-type]
        assert f"is of other {name}; the training begins anew" in caplog.text
        assert listener.lines[0][1] == "epoch 1 of 4"


def test_a_full_disk_is_told_with_a_remedy_and_leaves_the_older_checkpoint(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, resumed = make_model(), make_model()
    expected = fit(whole, None)
    real, saved = state.save_file, [0]

    def save_file(tensors: dict[str, Tensor], path: Path) -> None:
        saved[0] += 1
        real(tensors, path)
        if saved[0] > 4:  # a checkpoint and a third of the next
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(state, "save_file", save_file)
        with pytest.raises(ModelError, match=r"No space left.*make room, then run the same command again or retry"):
            fit(make_model(), tmp_path / "work")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["step-000000003"]
    assert fit(resumed, tmp_path / "work") == expected
    assert_same_weights(resumed, whole)


def test_what_a_kill_left_half_written_is_deleted(make_model: MakeModel, tmp_path: Path) -> None:
    stop(make_model(), tmp_path / "work", in_epoch=2)
    (tmp_path / "work" / ".step-000000006.4711").mkdir()
    fit(make_model(), tmp_path / "work")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["step-000000012"]


def test_checkpoints_take_at_most_a_tenth_of_the_time_and_a_training_of_seconds_has_none(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "_REST_SECONDS", 30)
    monkeypatch.setattr(state, "_REST_RATIO", 9)
    now = [0.0]
    real = state.write_checkpoint

    def slow_write(*arguments: object, **options: object) -> None:
        real(*arguments, **options)  # type: ignore[arg-type]
        now[0] += 10

    monkeypatch.setattr(state, "write_checkpoint", slow_write)
    model = make_model()
    folder = TrainingFolder(tmp_path / "work", model, CONFIG, [1], Processes(CPU), clock=lambda: now[0])
    optimizer = torch.optim.AdamW(model.parameters())
    written = []
    for steps in range(1, 9):
        now[0] += 29 if steps == 1 else 30
        folder.save(optimizer, TrainingState("cpu", "fp32", [state.EpochResult(0, 1.0, None)], steps=steps))
        found = find_checkpoint(tmp_path / "work")
        written.append(int(found.name[5:]) if found else 0)
    assert written == [0, 2, 2, 2, 5, 5, 5, 8]
