"""The base made from nothing: a small GPT-2 and its tokenizer, learnt from a project's own sentences."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random

import torch

from core.errors import NotEnoughDataError
from core.generation.config import ScratchConfig
from core.generation.generator import Generator, fine_tune
from core.generation.gpt2 import make_gpt2
from core.generation.pieces import add_masks, encode_sentences, train_tokenizer
from core.training.config import TrainingConfig
from core.training.trainer import Report

_VALIDATION_SHARE = 0.05
# Fewer sentences than this cannot be spared to choose the best epoch.
_MIN_VALIDATION = 20


def make_scratch_generator(
    plain: Sequence[str],
    masked: Sequence[str],
    *,
    masks: Sequence[str],
    config: ScratchConfig,
    report: Report | None = None,
    device: torch.device | None = None,
) -> Generator:
    """Train a small GPT-2 from random weights on plain and masked sentences.

    Args:
        plain: Sentences of the train split as they are; the tokenizer is learnt from them.
        masked: Masked gold sentences of the train split.
        masks: Every mask of the schema.
        config: Size and training; its seed also seeds the weights.
        report: Progress sink.
        device: Where to train; picked automatically if None.

    Raises:
        NotEnoughDataError: There is no plain sentence.
        TrainingDivergedError: The loss became NaN or infinite.
    """
    if not plain:
        raise NotEnoughDataError("The train split holds no sentence to learn from; import documents first.")
    tokenizer = train_tokenizer(plain, vocabulary_size=config.vocabulary_size)
    add_masks(tokenizer, masks)
    model = make_gpt2(
        tokenizer,
        num_layers=config.num_layers,
        width=config.width,
        num_heads=config.num_heads,
        context=config.context,
        seed=config.seed,
    )
    generator = Generator(model, tokenizer, tuple(masks))
    sentences = list(dict.fromkeys([*plain, *masked]))
    Random(config.seed).shuffle(sentences)
    num_validation = round(len(sentences) * _VALIDATION_SHARE)
    num_validation = num_validation if num_validation >= _MIN_VALIDATION else 0
    validation, training = sentences[:num_validation], sentences[num_validation:]
    training, num_epochs = plan_reading(
        generator, training, max_pieces=config.max_base_pieces, max_epochs=config.max_epochs
    )
    fine_tune(
        generator,
        training,
        config=_training_config(config, num_epochs),
        validation=validation,
        report=report,
        device=device,
    )
    return generator


def _training_config(config: ScratchConfig, num_epochs: int) -> TrainingConfig:
    return TrainingConfig(
        num_epochs=num_epochs, learning_rate=config.learning_rate, batch_size=config.batch_size, seed=config.seed
    )


def plan_reading(
    generator: Generator, sentences: Sequence[str], *, max_pieces: int, max_epochs: int
) -> tuple[list[str], int]:
    """Return what to read and how often, so that about `max_pieces` pieces are read in all.

    A large project is cut to its first sentences, so pass them shuffled; a small one is read several times.
    """
    encoded = encode_sentences(generator.tokenizer, sentences, max_pieces=generator.max_pieces)
    lengths = list(accumulate(map(len, encoded)))
    num_read = max(1, bisect_right(lengths, max_pieces))
    num_epochs = max_pieces // lengths[num_read - 1]
    return list(sentences[:num_read]), min(max_epochs, max(1, num_epochs))
