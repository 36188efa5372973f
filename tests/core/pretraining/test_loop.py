"""The domain stage learns text, keeps to its budget, goes on where it stopped and bears a full memory or disk."""

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.errors import ModelError, NotEnoughDataError, TrainingDivergedError
from core.generation import domain
from core.generation.domain import CausalLearner, make_base
from core.generation.domain_config import SIZES
from core.generation.generator import Generator, load_generator
from core.pretraining import loop, state
from core.pretraining.config import PretrainingConfig
from core.pretraining.loop import PretrainingResult, pretrain
from core.pretraining.state import find_best, load_checkpoint
from core.training.work_folder import find_checkpoint
from tests.core.pretraining.pretraining_text import TINY, make_config, write_corpus

CPU = torch.device("cpu")


class Clock:
    """A clock that goes on by `seconds` each time it is asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus.txt")


def run(
    corpus: Path, work_path: Path, config: PretrainingConfig, *, clock: Callable[[], float] | None = None
) -> tuple[PretrainingResult, Generator]:
    """Begin a training, or go on with the one in `work_path`, as the workflow does."""
    path = find_checkpoint(work_path)
    generator = load_generator(str(path), masks=(), seed=0) if path else make_base([corpus], TINY, config)
    result = pretrain(
        CausalLearner(generator),
        [corpus],
        config=config,
        work_path=work_path,
        checkpoint=load_checkpoint(path) if path else None,
        device=CPU,
        clock=clock or Clock(0.01),
    )
    return result, generator


def weights_of(generator: Generator) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in generator.model.state_dict().items()}


class StopError(Exception):
    """Ends a training in the middle, as a power cut would."""


def stop_after(monkeypatch: pytest.MonkeyPatch, num_steps: int) -> None:
    """Let the training end after so many steps from now."""
    real, taken = loop.set_rate, [0]

    def set_rate(*arguments: object, **options: object) -> None:
        if taken[0] == num_steps:
            raise StopError
        taken[0] += 1
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "set_rate", set_rate)


def test_held_out_text_becomes_less_surprising_and_the_best_model_is_kept(corpus: Path, tmp_path: Path) -> None:
    result, _ = run(corpus, tmp_path / "work", make_config())
    untrained = TINY.vocabulary_size
    assert result.best.perplexity < untrained / 3
    assert result.best.loss == pytest.approx(math.log(result.best.perplexity))
    assert result.counters.pieces >= 20_000
    assert result.passes >= 1
    best = load_generator(str(tmp_path / "work" / "best"), masks=("$CHEMICAL$",), seed=0)
    assert best.max_pieces == 32
    assert find_best(tmp_path / "work") == result.best


def test_bits_by_characters_count_the_whole_text(corpus: Path, tmp_path: Path) -> None:
    result, generator = run(corpus, tmp_path / "work", make_config(pieces=1))
    text = corpus.read_text(encoding="utf-8")
    pieces_per_character = (len(generator.tokenizer.encode(text)) - text.count("\n")) / len(text)
    expected = result.last.loss / math.log(2) * pieces_per_character
    assert result.last.bits_per_character == pytest.approx(expected, rel=0.1)


def test_a_budget_of_time_ends_the_training_and_leads_the_rate_to_zero(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    real = loop.set_rate

    def set_rate(optimizer: torch.optim.Optimizer, *arguments: object, **options: object) -> None:
        real(optimizer, *arguments, **options)  # type: ignore[arg-type]
        rates.append(optimizer.param_groups[0]["lr"])

    monkeypatch.setattr(loop, "set_rate", set_rate)
    result, _ = run(corpus, tmp_path / "work", make_config(pieces=None, minutes=1), clock=Clock(0.5))
    assert 60 <= result.counters.seconds < 65
    assert rates[0] < 1e-4
    peak = rates.index(max(rates))
    assert max(rates) == pytest.approx(3e-3, rel=0.05)
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 2e-4


def test_a_stopped_training_goes_on_to_the_same_weights_as_one_in_a_single_run(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, whole = run(corpus, tmp_path / "whole", make_config())
    with monkeypatch.context() as patch:
        stop_after(patch, 40)
        with pytest.raises(StopError):
            run(corpus, tmp_path / "work", make_config())
    left = find_checkpoint(tmp_path / "work")
    assert left is not None
    assert 0 < load_checkpoint(left).counters.steps <= 40
    result, resumed = run(corpus, tmp_path / "work", make_config())
    assert result.counters.steps == expected.counters.steps
    assert result.last.loss == pytest.approx(expected.last.loss, rel=1e-4)
    for name, tensor in weights_of(whole).items():
        torch.testing.assert_close(resumed.model.state_dict()[name], tensor, rtol=1e-3, atol=1e-5)


def test_a_finished_training_takes_no_further_step(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, _ = run(corpus, tmp_path / "work", make_config())
    stop_after(monkeypatch, 0)
    again, _ = run(corpus, tmp_path / "work", make_config())
    assert again.counters.steps == result.counters.steps
    assert again.best == result.best


def test_full_memory_halves_the_batch_and_changes_no_loss(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected, _ = run(corpus, tmp_path / "whole", make_config(pieces=5_000))
    real = domain.next_piece_losses

    def losses(model: torch.nn.Module, batch: domain.PieceBatch) -> Tensor:
        if len(batch.piece_ids) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(model, batch)

    monkeypatch.setattr(domain, "next_piece_losses", losses)
    with caplog.at_level(logging.WARNING, logger=loop.__name__):
        result, _ = run(corpus, tmp_path / "work", make_config(pieces=5_000))
    assert [record.getMessage()[:36] for record in caplog.records] == [
        "out of memory: going on with 4 block",
        "out of memory: going on with 2 block",
    ]
    assert result.counters.steps == expected.counters.steps
    assert result.last.loss == pytest.approx(expected.last.loss, rel=1e-3)


def test_memory_too_small_for_one_block_is_said_with_a_remedy(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losses(*_: object) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(domain, "next_piece_losses", losses)
    with pytest.raises(ModelError, match="one block of 32 pieces; use a shorter context"):
        run(corpus, tmp_path / "work", make_config())


def test_a_full_disk_leaves_the_older_checkpoint_and_the_training_goes_on_from_it(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_path = tmp_path / "work"
    real, saved = state.save_file, [0]

    def save_file(tensors: dict[str, Tensor], path: Path) -> None:
        saved[0] += 1
        real(tensors, path)
        if saved[0] > 4:  # two checkpoints are written, two files each
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(state, "save_file", save_file)
        with pytest.raises(ModelError, match=r"No space left.*make room, then run the same command again"):
            run(corpus, work_path, make_config())
    assert sorted(path.name[:5] for path in work_path.iterdir()) == ["best", "step-"]
    left = find_checkpoint(work_path)
    assert left is not None
    num_steps = load_checkpoint(left).counters.steps
    result, _ = run(corpus, work_path, make_config())
    assert result.counters.steps > num_steps > 1
    assert [path.name for path in work_path.iterdir() if path.name.startswith("step")] == [
        f"step-{result.counters.steps:09d}"
    ]


def test_a_failed_write_of_the_best_model_keeps_the_one_before(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(corpus, tmp_path / "work", make_config(pieces=2_000))
    before = (tmp_path / "work" / "best" / "model.safetensors").read_bytes()

    def save_generator(_: Generator, path: Path) -> None:
        (path / "model.safetensors").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(domain, "save_generator", save_generator)
    with pytest.raises(ModelError, match="intact"):
        run(corpus, tmp_path / "work", make_config(pieces=20_000))
    assert (tmp_path / "work" / "best" / "model.safetensors").read_bytes() == before


def test_checkpoints_hold_no_pickle(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "work", make_config(pieces=2_000))
    files = [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".jinja"}


def test_a_loss_that_is_not_a_number_ends_the_training_with_the_remedy(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = domain.next_piece_losses
    monkeypatch.setattr(domain, "next_piece_losses", lambda *arguments: real(*arguments) * math.nan)
    with pytest.raises(TrainingDivergedError, match="loss became nan after 0 pieces; lower the learning rate"):
        run(corpus, tmp_path / "work", make_config())


def test_text_of_which_nothing_is_held_out_is_refused(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "two.txt", num_documents=2)
    with pytest.raises(NotEnoughDataError, match="about one in 1000000 should be"):
        run(corpus, tmp_path / "work", replace(make_config(), held_out_one_in=1_000_000))


def test_without_a_limit_or_with_a_senseless_one_the_settings_are_refused() -> None:
    with pytest.raises(ModelError, match="would never end; give one"):
        PretrainingConfig()
    with pytest.raises(ModelError, match="minutes is 0; it must be more than 0"):
        PretrainingConfig(minutes=0)


def test_heads_divide_the_width_of_every_size() -> None:
    assert all(size.width % size.num_heads == 0 for size in SIZES.values())
