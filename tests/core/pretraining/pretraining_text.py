"""A small corpus and a tiny model that tests of the domain stage share."""

from pathlib import Path
from random import Random

from core.generation.domain_config import ModelSize
from core.pretraining.config import PretrainingConfig
from core.training.config import TrainingConfig

TINY = ModelSize(num_layers=1, width=32, num_heads=2, vocabulary_size=320)


def write_corpus(path: Path, *, num_documents: int = 300) -> Path:
    """Write sentences with much in common, one a line."""
    rng = Random(0)
    words = [["Aspirin", "Codeine", "Heparin"], ["caused", "relieved"], ["rash", "fever", "cough"], ["men", "women"]]
    with path.open("w", encoding="utf-8") as file:
        for number in range(num_documents):
            drug, verb, effect, who = map(rng.choice, words)
            file.write(f"{drug} {verb} {effect} in {number} {who}. It was given for {rng.randrange(99)} days.\n")
    return path


def make_config(*, pieces: int | None = 20_000, minutes: float | None = None, batch_size: int = 8) -> PretrainingConfig:
    """Return settings under which a test takes about a second."""
    training = TrainingConfig(learning_rate=3e-3, batch_size=batch_size, warmup_fraction=0.05, precision="fp32")
    return PretrainingConfig(
        training=training, context=32, pieces=pieces, minutes=minutes, held_out_one_in=10, buffer_blocks=50
    )
