"""What the measurements of speed are told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedOptions:
    """Options of `tests.benchmarks.speed`.

    Args:
        encoder: Folder or starter name of the encoder.
        corpora: Folder of the corpora.
        num_members: Members of the ensembles.
        num_epochs: Epochs of every training.
        seed: Seed of the first member; the others' follow.
        share: Part of each corpus that is read, in (0, 1].
        has_dropout: Whether members train with dropout, as the product does.
    """

    encoder: str
    corpora: Path
    num_members: int
    num_epochs: int
    seed: int
    share: float
    has_dropout: bool = True
