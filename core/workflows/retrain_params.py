"""What a retraining is asked to do; needs no torch, so that the Train page can offer and check it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.ensemble.methods import METHODS, Method
from core.errors import ModelError
from core.starter import DEFAULT_STARTER, STARTERS

__all__ = ["ENCODERS", "MAX_EPOCHS", "MAX_MEMBERS", "METHODS", "Method", "RetrainParams"]

ENCODERS = tuple(STARTERS)  # those that are on every machine
MAX_MEMBERS = 50
MAX_EPOCHS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainParams:
    """What a retraining job is asked to do; defaults are DARE's but for the number of members and the rate.

    Args:
        method: "dare", or a baseline on gold alone.
        architecture: Design of the members.
        num_members: Members of the ensemble, >= 1 (the paper trains 20 and sees little gain after 5).
        encoder: Starter, folder or hub name.
        ratio: Synthetic instances for each gold one.
        num_epochs: Passes over the data; the best by validation loss is kept.
        learning_rate: Peak rate. The paper's 2e-5 is for BERT-large; small encoders need more.
        batch_size: Instances of one step.
        max_pieces: Longest input in pieces.
        seed: Member i trains with seed + i.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
    """

    method: Method = "dare"
    architecture: str = "cls"
    num_members: int = 5
    encoder: str = DEFAULT_STARTER
    ratio: float = 1.0
    num_epochs: int = 5
    learning_rate: float = 5e-5
    batch_size: int = 32
    max_pieces: int = 128
    seed: int = 0
    may_download: bool = False
    device: str = "auto"

    @classmethod
    def from_json(cls, params: Mapping[str, Any]) -> "RetrainParams":
        """Check and read a job's parameters.

        Raises:
            ModelError: A parameter is unknown or out of range.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(params) - known)
        if unknown:
            raise ModelError(f"Unknown training parameters {unknown}; known: {', '.join(sorted(known))}.")
        read = cls(**params)
        if read.method not in METHODS:
            raise ModelError(f"Unknown method {read.method!r}; known: {', '.join(METHODS)}.")
        if read.architecture != "cls":
            raise ModelError(f"Architecture {read.architecture!r} cannot be an ensemble member; known: cls.")
        if not 1 <= read.num_members <= MAX_MEMBERS or not 1 <= read.num_epochs <= MAX_EPOCHS or read.ratio < 0:
            raise ModelError(f"Needs 1 to {MAX_MEMBERS} members, 1 to {MAX_EPOCHS} epochs and a ratio of 0 or more.")
        return read
