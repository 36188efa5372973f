"""What one member of an ensemble is to learn, and the instances that a dataset holds for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from core.domain import NO_RELATION, Instance, Origin, Split
from core.ensemble.dataset import Dataset, count_labels
from core.ensemble.filtering import FilterResult, filter_negatives
from core.ensemble.methods import Method
from core.ensemble.sampling import balanced_bag, leave_out_rare, sample_synthetic
from core.errors import NotEnoughDataError
from core.training.config import TrainingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSpec:
    """How to train one member.

    Args:
        position: Place in the ensemble, from 0.
        method: "dare" adds synthetic instances; the others are baselines on gold alone.
        architecture: Key of `core.models.architectures.ARCHITECTURES`.
        options: Fields of the architecture's config beside the schema.
        encoder: Name or folder of the encoder to start from.
        ratio: Synthetic instances for each gold one (Algorithm 1's r).
        training: Hyper-parameters; the seed is the member's own.
        is_two_stage: Whether synthetic instances train first and gold ones after them, instead of mixed.
        has_negative_filter: Whether pairs that are hardly ever related are left out, in every split.
        scores_pool: Whether logits on the training and synthetic instances are kept too, for a student.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
    """

    position: int
    method: Method
    architecture: str = "cls"
    options: Mapping[str, Any] = field(default_factory=dict)
    encoder: str
    ratio: float = 1.0
    training: TrainingConfig
    is_two_stage: bool = False
    has_negative_filter: bool = False
    scores_pool: bool = False
    may_download: bool = False
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one member learns from.

    Args:
        stages: Instances of each stage of training, in order.
        missing: For each label the synthetic instances that Algorithm 1 wanted and did not find.
        too_rare: For each label that is not learnt its number of instances, 0 or 1.
        filtered: Gold training instances of each label, NO_RELATION too, that the negative filter dropped.
    """

    stages: tuple[tuple[Instance, ...], ...]
    missing: Mapping[str, int]
    too_rare: Mapping[str, int]
    filtered: Mapping[str, int] = field(default_factory=dict)


def require_positives(dataset: Dataset) -> None:
    """Refuse a dataset whose train or dev part holds nothing to learn or to choose by.

    Raises:
        NotEnoughDataError: There is no gold relation in it.
    """
    for split in (Split.TRAIN, Split.DEV):
        counts = dataset.count_labels(split)
        if not sum(count for label, count in counts.items() if label != NO_RELATION):
            raise NotEnoughDataError(
                f"The {split} part has no gold relation among {sum(counts.values())} candidate pairs; "
                "review more sentences before retraining."
            )


def plan_lesson(spec: MemberSpec, dataset: Dataset) -> Lesson:
    """Choose what a member learns from; the draw depends on the member's seed alone.

    Raises:
        NotEnoughDataError: No label has two instances.
    """
    rng = Random(spec.training.seed)
    found = filter_negatives(dataset.train) if spec.has_negative_filter else FilterResult(dataset.train, ())
    gold = list(found.kept)
    synthetic: list[Instance] = []
    missing: dict[str, int] = {}
    if spec.method == "bagging":
        gold = balanced_bag(gold, rng=rng)
    elif spec.method == "dare":
        counts = count_labels(gold)
        synthetic, missing = sample_synthetic(dataset.synthetic, num_gold=counts, ratio=spec.ratio, rng=rng)
    kept, rare = leave_out_rare([*gold, *synthetic])
    too_rare = rare | dict.fromkeys(set(dataset.schema.label_names) - rare.keys() - count_labels(kept).keys(), 0)
    if not any(one.positive_labels for one in kept):
        raise NotEnoughDataError(
            f"No label has two training examples ({', '.join(sorted(too_rare))}: one each at most); "
            "review more sentences or accept synthetic ones before retraining."
        )
    first = tuple(one for one in kept if one.origin is Origin.SYNTHETIC)
    second = tuple(one for one in kept if one.origin is not Origin.SYNTHETIC)
    stages = (first, second) if spec.is_two_stage and first else ((*second, *first),)
    return Lesson(stages, missing, too_rare, count_labels(found.dropped))


def pick_pools(spec: MemberSpec, dataset: Dataset) -> dict[str, Sequence[Instance]]:
    """Return the instances that the trained member scores, by name."""
    names = [Split.DEV, Split.TEST, *([Split.TRAIN] if spec.scores_pool else [])]
    pools: dict[str, Sequence[Instance]] = {split.value: dataset.instances(split) for split in names}
    if spec.has_negative_filter:
        pools = {name: filter_negatives(pool).kept for name, pool in pools.items()}
    if spec.scores_pool:
        pools["synthetic"] = dataset.synthetic
    return pools
