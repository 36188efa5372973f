"""Logits on disk: vote, threshold, calibration and distillation read these and never the weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.ensemble.voting import Floats
from core.errors import ModelError
from core.models.classifier import Classifier, Item, join_ids

LOGITS_NAME = "logits.npz"


@dataclass(frozen=True, slots=True)
class ScoredPool:
    """One member's logits on one pool of instances.

    Shape:
        instance_ids: instances.
        logits: (instances, classes).
    """

    instance_ids: tuple[str, ...]
    logits: Floats
    is_multilabel: bool


def save_logits(path: Path, model: Classifier, items: Mapping[str, Sequence[Item]]) -> None:
    """Score pools of items and write their logits into a member's folder.

    Args:
        path: The folder.
        model: The trained member.
        items: Name of a pool ("dev", "test", "train", "synthetic") → its items.
    """
    arrays: dict[str, np.ndarray] = {"is_multilabel": np.array(model.is_multilabel)}
    for name, pool in items.items():
        arrays[f"{name}_ids"] = np.array(join_ids(pool), dtype=np.str_)
        arrays[f"{name}_logits"] = model.score(pool).double().numpy()
    np.savez(path / LOGITS_NAME, allow_pickle=False, **arrays)


def load_logits(path: Path, pool: str) -> ScoredPool:
    """Read the logits that a member left in its folder.

    Raises:
        ModelError: The member did not score that pool.
    """
    with np.load(path / LOGITS_NAME, allow_pickle=False) as arrays:
        if f"{pool}_ids" not in arrays:
            raise ModelError(f"{path.name} kept no logits of the {pool} instances; train it again.")
        return ScoredPool(
            tuple(arrays[f"{pool}_ids"].tolist()), arrays[f"{pool}_logits"], bool(arrays["is_multilabel"])
        )


def stack_logits(member_paths: Sequence[Path], pool: str) -> ScoredPool:
    """Read several members' logits of one pool; `logits` is then (members, instances, classes).

    Raises:
        ModelError: The members did not score the same instances.
    """
    scored = [load_logits(path, pool) for path in member_paths]
    if any(one.instance_ids != scored[0].instance_ids for one in scored):
        raise ModelError(f"The members scored different {pool} instances; train them again together.")
    return ScoredPool(scored[0].instance_ids, np.stack([one.logits for one in scored]), scored[0].is_multilabel)
