"""Times prediction: `redn` against `cls` on DDI 2013, and one student against an ensemble on CDR.

Weights are new: what a forward pass takes does not depend on them. Encoding of the text is part of every figure.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from core.domain import Instance, Schema
from core.ensemble.ensemble import Ensemble
from core.models.architectures import create_classifier
from core.models.classifier import Classifier
from core.models.encoder import load_encoder
from core.nlp.parser import load_parser
from tests.benchmarks.options import SpeedOptions
from tests.benchmarks.speed_training import load_dataset

NUM_REPEATS = 3


@dataclass(frozen=True)
class Comparison:
    """Seconds of two ways to do the same, each the fastest of several repeats made in turn."""

    slow_seconds: float
    fast_seconds: float
    num_pairs: int

    @property
    def ratio(self) -> float:
        """How many times faster the fast way is."""
        return self.slow_seconds / self.fast_seconds


def make_classifier(options: SpeedOptions, schema: Schema, architecture: str, *, seed: int) -> Classifier:
    """Return a new classifier, ready to score."""
    made: dict[str, Any] = {"options": {}, "class_weights": None, "get_parser": load_parser}
    return create_classifier(architecture, load_encoder(options.encoder), schema, seed=seed, **made).eval()


def compare_redn(options: SpeedOptions) -> Comparison:
    """Score every candidate pair of DDI 2013 by each architecture."""
    dataset = load_dataset(options, "ddi2013")
    pairs = dataset.test or dataset.dev
    cls, redn = (make_classifier(options, dataset.schema, name, seed=options.seed) for name in ("cls", "redn"))
    return compare(lambda: cls.score(cls.encode(pairs)), lambda: redn.score(redn.encode(pairs)), num_pairs=len(pairs))


def compare_student(options: SpeedOptions) -> Comparison:
    """Classify the pairs of CDR by an ensemble and by one student of the same shape."""
    dataset = load_dataset(options)
    pairs: tuple[Instance, ...] = dataset.test
    members = [
        make_classifier(options, dataset.schema, "cls", seed=options.seed + position)
        for position in range(options.num_members)
    ]
    ensemble = Ensemble(members, temperatures=[1.0] * len(members), threshold=0.5)
    student = Ensemble(members[:1], temperatures=[1.0], threshold=0.5)
    return compare(lambda: ensemble.classify(pairs), lambda: student.classify(pairs), num_pairs=len(pairs))


@torch.inference_mode()
def compare(slow: Callable[[], object], fast: Callable[[], object], *, num_pairs: int) -> Comparison:
    """Time two ways in turn and keep the fastest run of each."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(NUM_REPEATS):
        for run, taken in zip((slow, fast), seconds, strict=True):
            started = time.perf_counter()
            run()
            taken.append(time.perf_counter() - started)
    return Comparison(min(seconds[0]), min(seconds[1]), num_pairs)
