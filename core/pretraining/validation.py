"""Held-out text in blocks, and how well a model foretells it."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch

from core.errors import NotEnoughDataError
from core.pretraining.config import PretrainingConfig
from core.pretraining.learner import Learner
from core.pretraining.packing import cut_blocks, encode_documents
from core.pretraining.state import ValidationScores
from core.pretraining.text_stream import held_out_documents

# Seeds of two trainings are so far apart that their steps draw different numbers.
_MAX_STEPS = 10**9


class HeldOutText:
    """The documents that a training does not read, as pieces.

    Args:
        learner: Its tokenizer cuts them.
        paths: Text files.
        config: Which documents are held out, how many of them are read, and the seed.
        context: Pieces of a block.

    Raises:
        NotEnoughDataError: No document is held out.
        FormatError: A file cannot be read.
    """

    def __init__(self, learner: Learner, paths: Sequence[Path], config: PretrainingConfig, *, context: int) -> None:
        documents = held_out_documents(
            paths, one_in=config.held_out_one_in, max_documents=config.max_validation_documents
        )
        if not documents:
            raise NotEnoughDataError(
                f"No document is held out for validation: about one in {config.held_out_one_in} should be. "
                "Give more text, or hold out more."
            )
        pieces = encode_documents(learner.tokenizer, documents)
        self._pieces_per_character = len(pieces) / sum(len(document) + 1 for document in documents)
        blocks = cut_blocks(pieces[: config.max_validation_pieces], context=context)
        self._rows = torch.tensor([one for one in blocks if len(one) == len(blocks[0])])  # (blocks, context)
        self._seed = config.training.seed

    @property
    def num_pieces(self) -> int:
        """Pieces that a score reads."""
        return self._rows.numel()

    @torch.inference_mode()
    def score(self, learner: Learner, *, device: torch.device, batch_size: int, is_bf16: bool) -> ValidationScores:
        """Return the scores of a model in evaluation mode; what is random is the same each time.

        Args:
            learner: On `device`.
            device: Where to compute.
            batch_size: Blocks of one pass.
            is_bf16: Whether to compute in half precision.
        """
        rng, total, count = seeded_rng(self._seed, 0), 0.0, 0
        for rows in torch.split(self._rows, batch_size):  # (blocks of a pass, context)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_bf16):
                losses = learner.losses(rows.to(device), rng)  # (foretold pieces,)
            total, count = total + float(losses.sum()), count + len(losses)
        loss = total / max(count, 1)
        bits = loss / math.log(2) * self._pieces_per_character if learner.is_foretelling_all else None
        return ValidationScores(loss, math.exp(min(loss, 700.0)), bits, pieces=0)


def seeded_rng(seed: int, step: int) -> torch.Generator:
    """Return random numbers that depend on nothing but the seed and the step."""
    return torch.Generator().manual_seed(seed * _MAX_STEPS + step)
