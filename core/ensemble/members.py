"""Training of one member, and what it leaves behind: weights, its logits on the splits, a summary."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.domain import Split
from core.ensemble.calibration import fit_temperature, mean_loss
from core.ensemble.dataset import Dataset, count_labels
from core.ensemble.lessons import Lesson, MemberSpec, pick_pools, plan_lesson, require_positives
from core.ensemble.logits import save_logits
from core.ensemble.sampling import class_weights
from core.errors import NotEnoughDataError
from core.models.architectures import GetParser, create_classifier
from core.models.classifier import Classifier, Item, join_targets
from core.models.encoder import Encoder, load_encoder
from core.models.targets import SoftLabels
from core.training.memory import EncoderShape, estimate_training_memory
from core.training.trainer import Report, TrainingResult, pick_device, train

SUMMARY_NAME = "summary.json"


def train_member(
    spec: MemberSpec,
    dataset: Dataset,
    out_path: Path,
    report: Report,
    *,
    get_parser: GetParser,
    soft_labels: SoftLabels | None = None,
    checkpoints: Path | None = None,
) -> dict[str, object]:
    """Train one member, write its model, logits and summary into `out_path`, and return the summary.

    Args:
        spec: What to train.
        dataset: Frozen input of the run.
        out_path: Folder to write into.
        report: Progress sink.
        get_parser: Loads the dependency parser, for architectures that read parses.
        soft_labels: Targets that take the place of labels, by instance id.
        checkpoints: Folder in which a killed training finds how far it was; the caller deletes it in the end.

    Raises:
        NotEnoughDataError: Training or validation has no positive instance that could be learnt, or no instance
            of validation fits an input.
        EncoderNotFoundError: The encoder is not on this machine.
        ParserNotFoundError: The architecture needs a parser and there is none.
        TrainingDivergedError: The loss became NaN.
    """
    require_positives(dataset)
    lesson = plan_lesson(spec, dataset)
    return train_lesson(
        spec,
        dataset,
        lesson,
        out_path,
        report,
        get_parser=get_parser,
        soft_labels=soft_labels,
        checkpoints=checkpoints,
    )


def train_lesson(
    spec: MemberSpec,
    dataset: Dataset,
    lesson: Lesson,
    out_path: Path,
    report: Report,
    *,
    get_parser: GetParser,
    soft_labels: SoftLabels | None = None,
    checkpoints: Path | None = None,
) -> dict[str, object]:
    """Train a model on given instances; see `train_member`."""
    learnt = count_labels(one for stage in lesson.stages for one in stage)
    weights = class_weights(learnt) if spec.method == "weighting" else None
    report(0.0, "loading the encoder")
    encoder = load_encoder(spec.encoder, may_download=spec.may_download)
    model = create_classifier(
        spec.architecture,
        encoder,
        dataset.schema,
        options=spec.options,
        seed=spec.training.seed,
        class_weights=weights,
        get_parser=get_parser,
    )
    estimate = _estimate_memory(spec, encoder)
    report(0.0, f"training takes up to {estimate / 1e9:.1f} GB of memory")
    pools = pick_pools(spec, dataset)
    items = {name: model.encode(pool) for name, pool in pools.items()}
    if not items[Split.DEV.value]:
        raise NotEnoughDataError(
            f"None of the {len(pools[Split.DEV.value])} candidate pairs of the {Split.DEV} part fits an input of the "
            "encoder; review more sentences for it, or raise max_pieces."
        )
    results, num_unread = _train_stages(model, spec, lesson, items[Split.DEV.value], soft_labels, report, checkpoints)
    model.save(out_path)
    save_logits(out_path, model, items)
    summary = {**_summarise(spec, lesson, results, num_unread), "estimated_bytes": estimate}
    (out_path / SUMMARY_NAME).write_text(json.dumps(summary), encoding="utf-8")
    return summary


def _estimate_memory(spec: MemberSpec, encoder: Encoder) -> int:
    """Return the bytes that training will take at most, where every batch is as long as the longest input."""
    shape = EncoderShape.from_config(encoder.model.config.to_dict())
    longest = int(spec.options.get("max_pieces", encoder.max_pieces))
    estimate = estimate_training_memory(
        shape,
        spec.training,
        num_pieces=min(longest, encoder.max_pieces),
        device="cuda" if pick_device(spec.device).type == "cuda" else "cpu",
        reads_first_state=spec.architecture == "cls",
    )
    return estimate.total


def _train_stages(
    model: Classifier,
    spec: MemberSpec,
    lesson: Lesson,
    dev_items: Sequence[Item],
    soft_labels: SoftLabels | None,
    report: Report,
    checkpoints: Path | None,
) -> tuple[list[TrainingResult], int]:
    """Train stage after stage; return their results and the number of instances that no input could hold."""
    results = []
    num_unread = 0
    for number, stage in enumerate(lesson.stages):
        items = model.encode(stage, soft_labels)
        num_unread += len(stage) - sum(len(item.instance_ids) for item in items)
        results.append(
            train(
                model,
                items,
                lengths=[len(item.piece_ids) for item in items],
                collate=model.collate,
                loss=lambda _, batch, epochs_done: model.loss(batch, epochs_done),
                config=spec.training,
                validate=lambda _: validation_loss(model, dev_items),
                report=_StageReport(report, number, len(lesson.stages)),
                device=pick_device(spec.device),
                # Each stage keeps its last checkpoint: the next one starts from the weights that it leads to.
                checkpoints=checkpoints / f"stage-{number + 1}" if checkpoints else None,
            )
        )
    return results, num_unread


@dataclass(frozen=True, slots=True)
class _StageReport:
    """Progress of one stage as a part of the whole."""

    report: Report
    number: int
    num_stages: int

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:
        """Record that `fraction` of the stage is done."""
        self.report((self.number + fraction) / self.num_stages, message, **values)


def validation_loss(model: Classifier, items: Sequence[Item]) -> float:
    """Mean negative log-likelihood of the gold labels at the best temperature.

    It is unweighted, whatever loss the model was trained with. The vote reads scaled probabilities, so an epoch
    that is only more certain of itself than an earlier one is not the worse for it.
    """
    scores = model.score(items)  # (instances, classes)
    gold = (join_targets(items, num_classes=scores.shape[1]) > 0).numpy()  # (instances, classes)
    logits = scores.double().numpy()  # (instances, classes)
    temperature = fit_temperature(logits, gold, is_multilabel=model.is_multilabel)
    return mean_loss(logits, gold, temperature=temperature, is_multilabel=model.is_multilabel)


def _summarise(
    spec: MemberSpec, lesson: Lesson, results: Sequence[TrainingResult], num_unread: int
) -> dict[str, object]:
    last = results[-1]
    return {
        "position": spec.position,
        "seed": spec.training.seed,
        "num_instances": sum(len(stage) for stage in lesson.stages),
        "num_unread": num_unread,
        "missing_synthetic": dict(lesson.missing),
        "too_rare": dict(lesson.too_rare),
        "filtered": dict(lesson.filtered),
        "best_epoch": last.best_epoch,
        "precision": last.precision,
        "epochs": [epoch.to_json() for epoch in last.epochs],
        "earlier_stages": [[epoch.to_json() for epoch in result.epochs] for result in results[:-1]],
    }
