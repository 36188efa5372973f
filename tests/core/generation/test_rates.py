"""The learning rate of a small base is the one that held-out sentences like best."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from core.generation import rates
from core.generation.generator import Generator, load_generator
from core.generation.rates import RATES, choose_rate, is_small
from core.training.config import TrainingConfig
from core.training.trainer import EpochResult, TrainingResult
from tests.core.generation.test_generator import MASKS, TOY, write_tiny_gpt2


def test_the_rate_with_the_lowest_held_out_perplexity_is_chosen(tmp_path: Path) -> None:
    base = str(write_tiny_gpt2(tmp_path / "tiny"))
    made: list[Generator] = []

    def load() -> Generator:
        made.append(load_generator(base, masks=MASKS, seed=0))
        return made[-1]

    choice = choose_rate(
        load, TOY, config=TrainingConfig(num_epochs=2, batch_size=4, precision="fp32"), device=torch.device("cpu")
    )
    assert tuple(choice.perplexity_by_rate) == RATES
    assert choice.rate == min(RATES, key=choice.perplexity_by_rate.__getitem__)
    assert len(set(choice.perplexity_by_rate.values())) == len(RATES)
    assert len({id(generator.model) for generator in made}) == len(RATES)
    assert is_small(made[0])


def test_a_held_out_sentence_with_another_pair_masked_is_not_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    base = "the use of $CHEMICAL$ in elderly patients was followed by severe $DISEASE$ within"
    twins = [f"{base} {number} days" for number in range(10)]
    others = [f"{word} {word}x {word}y {word}z $CHEMICAL$ {word}q $DISEASE$" for word in "abcdefghijklmno"]
    learnt: list[list[str]] = []

    def fine_tune(_: Generator, sentences: Sequence[str], **__: object) -> TrainingResult:
        learnt.append(list(sentences))
        return TrainingResult((EpochResult(0, 1.0, 0.1), EpochResult(1, 0.5, 2.0)), 0, "fp32", 2)

    monkeypatch.setattr(rates, "fine_tune", fine_tune)
    # A fifth is held out: the first five.
    choice = rates.choose_rate(lambda: None, [*twins, *others], config=TrainingConfig())  # type: ignore[arg-type,return-value]
    assert learnt == [others] * len(RATES)
    assert list(choice.perplexity_by_rate.values()) == pytest.approx(
        [math.exp(2.0)] * len(RATES)
    )  # not the best epoch's
