"""Where memory does not suffice, drawing and training go on with half the batch, and the log says so."""

import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from core.generation import generator as training_module
from core.generation.config import SamplingConfig
from core.generation.generator import Generator, fine_tune, load_generator
from core.generation.pieces import train_tokenizer
from core.generation.sampling import draw_sentences
from core.training.config import TrainingConfig
from core.training.out_of_memory import is_out_of_memory
from tests.core.generation.test_generator import MASKS, TOY, write_tiny_gpt2

CPU = torch.device("cpu")
CUDA_ERROR = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
CPU_ERROR = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")


class FullModel:
    """A model that always writes one piece and the end, and has memory for `limit` sequences."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, limit: int, error: RuntimeError) -> None:
        self.config = SimpleNamespace(max_position_embeddings=64)
        self.device = CPU
        self.batches: list[int] = []
        self._limit, self._error, self._size = limit, error, len(tokenizer)
        self._word, self._end = tokenizer.encode("A")[0], tokenizer.eos_token_id

    def train(self, _: bool) -> None:
        pass

    def forward(self, input_ids: torch.Tensor, cache: object, use_cache: bool) -> SimpleNamespace:  # noqa: ARG002
        self.batches.append(len(input_ids))
        if len(input_ids) > self._limit:
            raise self._error
        logits = torch.full((*input_ids.shape, self._size), -50.0)
        logits[..., self._end if int(input_ids[0, 0]) == self._word else self._word] = 50.0
        return SimpleNamespace(logits=logits)

    __call__ = forward


def make_full_generator(limit: int, error: RuntimeError) -> tuple[Generator, FullModel]:
    tokenizer = train_tokenizer(TOY, vocabulary_size=300)
    model = FullModel(tokenizer, limit, error)
    return Generator(model, tokenizer, ()), model  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_real_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model above keeps no states, and its configuration describes none."""
    monkeypatch.setattr("core.generation.drawing.DynamicCache", lambda config: config)


@pytest.mark.parametrize("error", [CUDA_ERROR, CPU_ERROR])
def test_drawing_halves_the_batch_until_it_fits_and_draws_all(
    error: RuntimeError, caplog: pytest.LogCaptureFixture
) -> None:
    generator, model = make_full_generator(3, error)
    with caplog.at_level(logging.WARNING):
        texts = draw_sentences(generator, 16, config=SamplingConfig(max_new_pieces=4), seed=0)
    assert texts == ["A"] * 16
    assert model.batches[:3] == [16, 8, 4]
    assert max(model.batches[3:]) == 2
    halvings = ["16 sentences at a time; going on with 8", "8 sentences at a time; going on with 4", "4 sentences"]
    assert all(halving in record.getMessage() for halving, record in zip(halvings, caplog.records, strict=True))


def test_drawing_gives_up_when_one_sentence_does_not_fit() -> None:
    generator, model = make_full_generator(0, CUDA_ERROR)
    with pytest.raises(torch.OutOfMemoryError):
        draw_sentences(generator, 4, config=SamplingConfig(max_new_pieces=4), seed=0)
    assert model.batches == [4, 2, 1]


def test_another_error_is_not_taken_for_lack_of_memory() -> None:
    generator, model = make_full_generator(0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        draw_sentences(generator, 4, config=SamplingConfig(max_new_pieces=4), seed=0)
    assert model.batches == [4]
    assert not is_out_of_memory(RuntimeError("shapes do not match"))


def fail_above(limit: int, sizes: list[int]) -> Callable[..., torch.Tensor]:
    """Return a loss that has memory for `limit` sequences once a first batch has moved the weights."""
    real = training_module.next_piece_losses

    def losses(model: torch.nn.Module, batch: training_module.PieceBatch) -> torch.Tensor:
        sizes.append(len(batch.piece_ids))
        if len(batch.piece_ids) > limit and len(sizes) > 1:
            raise CPU_ERROR
        return real(model, batch)

    return losses


def test_training_starts_again_with_half_the_batch_and_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(write_tiny_gpt2(tmp_path / "tiny"))
    small, large = (load_generator(path, masks=MASKS, seed=0) for _ in range(2))
    options = {"num_epochs": 2, "learning_rate": 1e-3, "precision": "fp32"}
    expected = fine_tune(
        small, TOY * 4, config=TrainingConfig(batch_size=2, gradient_accumulation=4, **options), device=CPU
    )
    sizes: list[int] = []
    monkeypatch.setattr(training_module, "next_piece_losses", fail_above(2, sizes))
    with caplog.at_level(logging.WARNING):
        result = fine_tune(
            large, TOY * 4, config=TrainingConfig(batch_size=8, gradient_accumulation=1, **options), device=CPU
        )
    assert sizes[:3] == [8, 8, 4]
    assert set(sizes[3:]) == {2}
    assert result.num_steps == expected.num_steps == 4
    for one, other in zip(small.model.parameters(), large.model.parameters(), strict=True):
        assert torch.equal(one, other)
    told = [record.getMessage() for record in caplog.records if record.name == training_module.__name__]
    assert [message.partition(";")[0] for message in told] == [f"Out of memory with batches of {n}" for n in (8, 4)]


def test_training_gives_up_when_one_sentence_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = load_generator(str(write_tiny_gpt2(tmp_path / "tiny")), masks=MASKS, seed=0)
    sizes: list[int] = []
    monkeypatch.setattr(training_module, "next_piece_losses", fail_above(0, sizes))
    with pytest.raises(RuntimeError, match="DefaultCPUAllocator"):
        fine_tune(generator, TOY, config=TrainingConfig(batch_size=4, precision="fp32"), device=CPU)
    assert sizes == [4, 4, 2, 1]


def test_a_batch_that_does_not_divide_is_halved_to_no_fewer_sentences_a_step() -> None:
    halved = training_module._halve_batch(TrainingConfig(batch_size=5, gradient_accumulation=2))
    assert (halved.batch_size, halved.gradient_accumulation) == (2, 5)
