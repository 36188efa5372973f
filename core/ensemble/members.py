"""Training of one member, and what it leaves behind: weights and its logits on dev and test."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch

from core.domain import NO_RELATION, Instance, Split
from core.ensemble.dataset import Dataset
from core.ensemble.methods import Method
from core.ensemble.sampling import balanced_bag, class_weights, sample_synthetic
from core.ensemble.voting import Floats
from core.errors import NotEnoughDataError
from core.models.cls import ClsConfig, ClsItem, ClsModel
from core.models.encoder import load_encoder
from core.training.config import TrainingConfig
from core.training.trainer import Report, TrainingResult, pick_device, train

LOGITS_NAME = "logits.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSpec:
    """How to train one member.

    Args:
        position: Place in the ensemble, from 0.
        method: "dare" adds synthetic instances; the others are baselines on gold alone.
        encoder: Name or folder of the encoder to start from.
        ratio: Synthetic instances for each gold one (Algorithm 1's r).
        training: Hyper-parameters; the seed is the member's own.
        max_pieces: Longest input in pieces.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
    """

    position: int
    method: Method
    encoder: str
    ratio: float = 1.0
    training: TrainingConfig
    max_pieces: int = 128
    may_download: bool = False
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class ScoredSplit:
    """One member's logits on one split.

    Shape:
        instance_ids: items.
        logits: (items, classes).
    """

    instance_ids: tuple[str, ...]
    logits: Floats


def train_member(spec: MemberSpec, dataset: Dataset, out_path: Path, report: Report) -> dict[str, object]:
    """Train one member, write its model and logits into `out_path`, and return its summary.

    Raises:
        NotEnoughDataError: Training or validation has no positive instance.
        EncoderNotFoundError: The encoder is not on this machine.
        TrainingDivergedError: The loss became NaN.
    """
    _check(dataset)
    chosen, missing = _choose_instances(spec, dataset)
    weights = class_weights(dataset.count_labels(Split.TRAIN)) if spec.method == "weighting" else None
    config = ClsConfig(schema=dataset.schema, max_pieces=spec.max_pieces)
    report(0.0, "loading the encoder")
    encoder = load_encoder(spec.encoder, may_download=spec.may_download)
    model = ClsModel.create(encoder, config, seed=spec.training.seed, class_weights=weights)
    items, dev_items, test_items = model.encode(chosen), model.encode(dataset.dev), model.encode(dataset.test)
    result = train(
        model,
        items,
        lengths=[len(item.piece_ids) for item in items],
        collate=model.collate,
        loss=lambda _, batch, epochs_done: model.loss(batch, epochs_done),
        config=spec.training,
        validate=lambda _: _validation_loss(model, dev_items),
        report=report,
        device=pick_device(spec.device),
    )
    model.save(out_path)
    _save_logits(out_path, model, dev_items, test_items)
    summary = _summarise(spec, result, items, missing)
    (out_path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return summary


def _check(dataset: Dataset) -> None:
    for split in (Split.TRAIN, Split.DEV):
        counts = dataset.count_labels(split)
        if not sum(count for label, count in counts.items() if label != NO_RELATION):
            raise NotEnoughDataError(
                f"The {split} part has no gold relation among {sum(counts.values())} candidate pairs; "
                "review more sentences before retraining."
            )


def _choose_instances(spec: MemberSpec, dataset: Dataset) -> tuple[list[Instance], dict[str, int]]:
    """Return the member's training instances, and for each label the synthetic ones it lacked."""
    rng = Random(spec.training.seed)
    if spec.method == "bagging":
        return balanced_bag(dataset.train, rng=rng), {}
    if spec.method != "dare":
        return list(dataset.train), {}
    counts = dataset.count_labels(Split.TRAIN)
    synthetic, missing = sample_synthetic(dataset.synthetic, num_gold=counts, ratio=spec.ratio, rng=rng)
    return [*dataset.train, *synthetic], missing


def _validation_loss(model: ClsModel, items: Sequence[ClsItem]) -> float:
    """Mean cross-entropy on the dev instances."""
    logits = model.score(items)  # (items, classes)
    gold = torch.tensor([item.class_id for item in items])  # (items,)
    return float(torch.nn.functional.cross_entropy(logits, gold))


def _save_logits(path: Path, model: ClsModel, dev: Sequence[ClsItem], test: Sequence[ClsItem]) -> None:
    arrays = {}
    for name, items in (("dev", dev), ("test", test)):
        arrays[f"{name}_ids"] = np.array([item.instance_id for item in items], dtype=np.str_)
        arrays[f"{name}_logits"] = model.score(items).double().numpy()
    np.savez(path / LOGITS_NAME, allow_pickle=False, **arrays)


def load_logits(path: Path, split: Split) -> ScoredSplit:
    """Read the logits that a member left in its folder."""
    with np.load(path / LOGITS_NAME, allow_pickle=False) as arrays:
        return ScoredSplit(tuple(arrays[f"{split}_ids"].tolist()), arrays[f"{split}_logits"])


def _summarise(
    spec: MemberSpec, result: TrainingResult, items: Sequence[ClsItem], missing: dict[str, int]
) -> dict[str, object]:
    return {
        "position": spec.position,
        "seed": spec.training.seed,
        "num_items": len(items),
        "missing_synthetic": missing,
        "best_epoch": result.best_epoch,
        "precision": result.precision,
        "epochs": [asdict(epoch) for epoch in result.epochs],
    }
