"""The learning rate of a small base is the one that held-out sentences like best."""

from pathlib import Path

import torch

from core.generation.generator import Generator, load_generator
from core.generation.rates import RATES, choose_rate, is_small
from core.training.config import TrainingConfig
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
