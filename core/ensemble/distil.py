"""Distillation: the mean probabilities of several members become the targets of one model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.domain import Split
from core.ensemble.calibration import calibrate, scaled_probabilities
from core.ensemble.dataset import Dataset
from core.ensemble.lessons import Lesson, MemberSpec
from core.ensemble.logits import stack_logits
from core.ensemble.members import train_lesson
from core.models.architectures import GetParser
from core.training.trainer import Report

SYNTHETIC_POOL = "synthetic"


def train_student(
    spec: MemberSpec,
    dataset: Dataset,
    member_paths: Sequence[Path],
    out_path: Path,
    report: Report,
    *,
    get_parser: GetParser,
    checkpoints: Path | None = None,
) -> dict[str, object]:
    """Train one model on what an ensemble says of every gold and synthetic training instance.

    Args:
        spec: How to train it; method and ratio are not used, every synthetic instance takes part.
        dataset: Frozen input of the run.
        member_paths: Folders of the members, which must have been trained with `scores_pool`.
        out_path: Folder to write into.
        report: Progress sink.
        get_parser: Loads the dependency parser, for architectures that read parses.
        checkpoints: Folder in which a killed training finds how far it was; the caller deletes it in the end.

    Raises:
        ModelError: A member kept no logits of the training instances.
    """
    pools = [Split.TRAIN.value, *([SYNTHETIC_POOL] if dataset.synthetic else [])]
    soft_labels = mean_probabilities(member_paths, dataset, pools)
    # What the members could not read they say nothing about, so it teaches nothing either.
    known = tuple(one for one in (*dataset.train, *dataset.synthetic) if one.id in soft_labels)
    lesson = Lesson((known,), missing={}, too_rare={})
    student = replace(spec, method="gold", scores_pool=False)
    return train_lesson(
        student,
        dataset,
        lesson,
        out_path,
        report,
        get_parser=get_parser,
        soft_labels=soft_labels,
        checkpoints=checkpoints,
    )


def mean_probabilities(
    member_paths: Sequence[Path], dataset: Dataset, pools: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    """Return the members' mean temperature-scaled probabilities of instances, by id, NO_RELATION first.

    Args:
        member_paths: Folders of the members.
        dataset: Its dev part gives the temperatures.
        pools: Names of the pools to read, "train" or "synthetic".

    Raises:
        ModelError: A member kept no logits of a pool.
    """
    dev = stack_logits(member_paths, Split.DEV.value)
    gold = dataset.gold_matrix(Split.DEV, dev.instance_ids)
    temperatures = calibrate(dev.logits, gold, is_multilabel=dev.is_multilabel)
    labels: dict[str, tuple[float, ...]] = {}
    for pool in pools:
        scored = stack_logits(member_paths, pool)
        mean = scaled_probabilities(scored.logits, temperatures, is_multilabel=scored.is_multilabel).mean(0)
        labels |= {one: tuple(row) for one, row in zip(scored.instance_ids, mean.tolist(), strict=True)}
    return labels
