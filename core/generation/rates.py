"""The learning rate of a label's stage on a small base: the one that held-out sentences like best."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from core.generation.generator import Generator, fine_tune
from core.generation.nearest import find_nearest
from core.training.config import TrainingConfig
from core.training.trainer import Report

RATES = (1e-4, 3e-4, 1e-3)
# DARE's 3e-5 was found for 774M parameters; weights of so small a base hardly move at it.
SMALL_BASE_PARAMETERS = 50_000_000
MIN_SENTENCES = 25
_MAX_SENTENCES = 150
_HELD_OUT_SHARE = 0.2
_MIN_NOVELTY = 0.5


@dataclass(frozen=True, slots=True)
class RateChoice:
    """A chosen learning rate.

    Args:
        rate: The one with the lowest perplexity.
        perplexity_by_rate: Perplexity of the held-out sentences a piece after the last epoch, by rate.
    """

    rate: float
    perplexity_by_rate: dict[float, float]


def is_small(generator: Generator) -> bool:
    """Return whether a base is so small that its rate is worth a search."""
    return sum(weight.numel() for weight in generator.model.parameters()) < SMALL_BASE_PARAMETERS


def choose_rate(
    load: Callable[[], Generator],
    sentences: Sequence[str],
    *,
    config: TrainingConfig,
    report: Report | None = None,
    device: torch.device | None = None,
) -> RateChoice:
    """Train on some of a label's sentences at each rate and compare the perplexity of others after the last epoch.

    The last epoch counts because the stage itself keeps it. A sentence with several pairs stands once for each among
    a label's; what resembles a held-out sentence is not learnt, or the rate that copies best would win.

    Args:
        load: Returns a fresh copy of the base.
        sentences: Masked sentences of the label, in random order; the first 150 are read.
        config: The stage's settings, whose rate is replaced.
        report: Progress sink.
        device: Where to train; picked automatically if None.
    """
    read = list(sentences[:_MAX_SENTENCES])
    num_held_out = max(1, round(len(read) * _HELD_OUT_SHARE))
    held_out, rest = read[:num_held_out], read[num_held_out:]
    novelty = [found.novelty for found in find_nearest(rest, held_out)]
    learnt = [sentence for sentence, value in zip(rest, novelty, strict=True) if value >= _MIN_NOVELTY] or rest
    found: dict[float, float] = {}
    for number, rate in enumerate(RATES):
        result = fine_tune(
            load(), learnt, config=replace(config, learning_rate=rate), validation=held_out, device=device
        )
        found[rate] = math.exp(result.epochs[-1].validation_loss or 0.0)
        if report:
            report((number + 1) / len(RATES), f"rate {rate:g}: held-out perplexity {found[rate]:.1f}")
    return RateChoice(min(found, key=found.__getitem__), found)
