"""Trains the same ensemble twice, as the product does and padded to a fixed length, member by member in turn."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.domain import Split
from core.ensemble.dataset import Dataset
from core.ensemble.evaluate import evaluate_ensemble
from core.ensemble.lessons import MemberSpec
from core.ensemble.members import train_member
from core.models.architectures import ARCHITECTURES
from core.models.cls import ClsBatch, ClsConfig, ClsItem, ClsModel
from core.models.encoder import Encoder
from core.nlp.parser import load_parser
from core.training.config import TrainingConfig
from core.workflows.documents.datasets import make_dataset
from tests.benchmarks.models_data import load_documents, tell
from tests.benchmarks.options import SpeedOptions

LEARNING_RATE = 1.5e-4
ARMS = ("ours", "padded")


class SteadyClsModel(ClsModel):
    """The product's classifier without dropout.

    Dropout draws other masks for other shapes, so that two arms which compute the same would still part ways
    and their F1 would differ by chance. Without it they differ by rounding alone.
    """

    def __init__(
        self, encoder: Encoder, config: ClsConfig, *, class_weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(encoder, config, class_weights=class_weights)
        for module in self.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0


class PaddedClsModel(ClsModel):
    """The classifier as it is usually written: every input padded to the longest, every layer whole."""

    def __init__(
        self, encoder: Encoder, config: ClsConfig, *, class_weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(encoder, config, class_weights=class_weights)
        if self.first_state_hook:
            self.first_state_hook.remove()

    def collate(self, items: Sequence[ClsItem]) -> ClsBatch:
        """Pad items to the longest input."""
        batch = super().collate(items)
        missing = self.config.max_pieces - batch.piece_ids.shape[1]
        piece_ids = torch.nn.functional.pad(batch.piece_ids, (0, missing), value=int(self.tokenizer.pad_token_id))
        attention_mask = torch.nn.functional.pad(batch.attention_mask, (0, missing))
        return ClsBatch(piece_ids, attention_mask, batch.targets)  # (batch, longest input)


class SteadyPaddedClsModel(PaddedClsModel, SteadyClsModel):
    """The usual way without dropout."""


# With dropout, and without.
MODELS = {True: (ClsModel, PaddedClsModel), False: (SteadyClsModel, SteadyPaddedClsModel)}


@dataclass(frozen=True)
class ArmResult:
    """One way of training: seconds of each member, what the vote reached, and the number format used."""

    seconds: list[float]
    scores: dict[str, Any]
    precision: str


@contextmanager
def arm_architectures(*, has_dropout: bool) -> Iterator[None]:
    """Offer both arms as architectures, under their names."""
    arms = {arm: (ClsConfig, model) for arm, model in zip(ARMS, MODELS[has_dropout], strict=True)}
    ARCHITECTURES.update(arms)
    try:
        yield
    finally:
        for arm in arms:
            del ARCHITECTURES[arm]


def compare_training(options: SpeedOptions, folder: Path) -> dict[str, ArmResult]:
    """Train every member both ways, with the same seed, epochs, batches and order."""
    dataset = load_dataset(options)
    seconds: dict[str, list[float]] = {arm: [] for arm in ARMS}
    precisions: dict[str, str] = {}
    with arm_architectures(has_dropout=options.has_dropout):
        for position in range(options.num_members):
            # In turn, so that a busy machine is busy for both.
            for arm in ARMS:
                spec = make_spec(options, arm, position)
                started = time.perf_counter()
                path = folder / arm / str(position)
                path.mkdir(parents=True)
                summary = train_member(spec, dataset, path, tell, get_parser=load_parser)
                seconds[arm].append(time.perf_counter() - started)
                precisions[arm] = str(summary["precision"])
    results = {}
    for arm in ARMS:
        found = evaluate_ensemble(dataset, [folder / arm / str(position) for position in range(options.num_members)])
        results[arm] = ArmResult(seconds[arm], found["scores"], precisions[arm])
    return results


def make_spec(options: SpeedOptions, architecture: str, position: int) -> MemberSpec:
    """Return how a member is trained; only the padded arm's number format is fixed."""
    training = TrainingConfig(
        num_epochs=options.num_epochs,
        learning_rate=LEARNING_RATE,
        seed=options.seed + position,
        precision="fp32" if architecture == "padded" else "auto",
    )
    return MemberSpec(
        position=position, method="gold", architecture=architecture, encoder=options.encoder, training=training
    )


def load_dataset(options: SpeedOptions, corpus: str = "bc5cdr") -> Dataset:
    """Read a share of a corpus; a tenth of its training documents chooses, its dev split is scored."""
    schema, documents = load_documents(options.corpora, corpus)
    taken = {split: part[: max(8, round(len(part) * options.share))] for split, part in documents.items()}
    return make_dataset(schema, {split: taken[split] for split in Split})
