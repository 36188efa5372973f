"""The quality gate: judges trained on gold alone say how well a synthetic sentence fits its label."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import NO_RELATION, Instance, Origin, Split
from core.ensemble.calibration import calibrate
from core.ensemble.dataset import Dataset
from core.ensemble.judging import MIN_JUDGES, Opinion, cap_labels, draw_folds, form_opinion, judges_of, pick_seen
from core.ensemble.lessons import MemberSpec
from core.ensemble.logits import stack_logits
from core.ensemble.members import SUMMARY_NAME, train_member
from core.ensemble.voting import Floats, probabilities
from core.errors import ParserNotFoundError
from core.generation.filters import KeptSentence
from core.models.architectures import load_classifier
from core.models.classifier import Classifier, join_ids
from core.nlp.dependency import Parser
from core.starter import DEFAULT_STARTER
from core.training.config import TrainingConfig
from core.training.trainer import Report, pick_device

DATASET_NAME = "judges.json"
# A judge ranks sentences; what it gains from more gold of a label is not worth the wait on a processor.
MAX_GOLD_BY_LABEL = 400
MIN_POSITIVES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePlan:
    """How a project's judges are trained.

    Args:
        num_judges: 0 for none.
        encoder: Starter, folder or hub name.
        folds: Gold sentence, as it is → its fold.
        training: Hyper-parameters; judge k's seed is `training.seed` + k.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
    """

    num_judges: int = 0
    encoder: str = DEFAULT_STARTER
    folds: Mapping[str, int] = field(default_factory=dict)
    training: TrainingConfig = TrainingConfig(num_epochs=4, learning_rate=1e-4)
    may_download: bool = False
    device: str = "auto"

    @property
    def tasks(self) -> list[str]:
        """Names of the judges' tasks."""
        return [f"judge-{number + 1}" for number in range(self.num_judges)]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "JudgePlan":
        """Read a plan back."""
        return JudgePlan(**{**data, "training": TrainingConfig(**data["training"])})


def plan_judges(dataset: Dataset, *, num_judges: int, seed: int, encoder: str = DEFAULT_STARTER) -> JudgePlan:
    """Deal the gold sentences into folds, or plan no judges where there is too little gold to learn from.

    Args:
        dataset: Gold of the project.
        num_judges: Judges wanted, 0 or at least 3.
        seed: Seed of the deal and of the first judge.
        encoder: Starter, folder or hub name.
    """
    positives = sum(bool(one.positive_labels) for one in dataset.train)
    if num_judges < MIN_JUDGES or positives < MIN_POSITIVES:
        return JudgePlan(encoder=encoder)
    folds = draw_folds([one.text for one in dataset.train], num_folds=num_judges, seed=seed)
    training = replace(JudgePlan().training, seed=seed)
    return JudgePlan(num_judges=num_judges, encoder=encoder, folds=folds, training=training)


def make_lesson(plan: JudgePlan, dataset: Dataset, judge: int) -> Dataset:
    """Return what one judge learns from; the dev part chooses its epoch and temperature."""
    seen = pick_seen(dataset.train, plan.folds, judge, num_judges=plan.num_judges)
    train, dev = (
        cap_labels(part, max_by_label=MAX_GOLD_BY_LABEL, seed=plan.training.seed) for part in (seen, dataset.dev)
    )
    return replace(dataset, train=train, dev=dev, test=(), synthetic=(), unreachable={})


def train_judge(plan: JudgePlan, lesson: Dataset, judge: int, out_path: Path, report: Report) -> None:
    """Train one judge into a folder."""
    spec = MemberSpec(
        position=judge,
        method="gold",
        encoder=plan.encoder,
        training=replace(plan.training, seed=plan.training.seed + judge),
        may_download=plan.may_download,
        device=plan.device,
    )
    train_member(spec, lesson, out_path, report, get_parser=_need_no_parser)
    lesson.save(out_path / DATASET_NAME)


def _need_no_parser() -> Parser:
    raise ParserNotFoundError("Judges read no dependency trees.")


@dataclass(frozen=True, slots=True)
class Judge:
    """A trained judge.

    Args:
        model: Its classifier.
        temperature: Divides its logits, > 0.
        unlearnt: Labels it has too little gold of to know.
    """

    model: Classifier
    temperature: float
    unlearnt: frozenset[str]

    @staticmethod
    def load(path: Path, *, device: str) -> "Judge":
        """Read a judge that `train_judge` wrote; `device` is "auto", "cpu" or "cuda"."""
        model = load_classifier(path, get_parser=_need_no_parser)
        model.to(pick_device(device))
        dataset = Dataset.load(path / DATASET_NAME)
        dev = stack_logits([path], Split.DEV.value)
        gold = dataset.gold_matrix(Split.DEV, dev.instance_ids)
        (temperature,) = calibrate(dev.logits, gold, is_multilabel=dev.is_multilabel)
        summary = json.loads((path / SUMMARY_NAME).read_text(encoding="utf-8"))
        return Judge(model, float(temperature), frozenset(summary["too_rare"]))

    def read(self, instances: Sequence[Instance]) -> dict[str, Floats]:
        """Return the class probabilities of the instances that an input can hold, by id."""
        items = self.model.encode(instances)
        scores = self.model.score(items).double().numpy()  # (instances, classes)
        rows = probabilities(scores, temperature=self.temperature)
        return dict(zip(join_ids(items), rows, strict=True))


class JudgePanel:
    """All judges of a project.

    Args:
        judges: In the order of their numbers; empty where there are none.
        fold_by_gold: Masked gold sentence → its fold.
    """

    def __init__(self, judges: Sequence[Judge], fold_by_gold: Mapping[str, int]) -> None:
        self._judges = list(judges)
        self._fold_by_gold = fold_by_gold

    def judge(self, sentences: Sequence[KeptSentence], label: str, *, nearest: Sequence[str]) -> list[Opinion | None]:
        """Say how well sentences fit a label; None where no judge may or can say.

        Args:
            sentences: Masked sentences with their mentions.
            label: The label that all of them were written for.
            nearest: The gold sentence most like each, masked; it decides who judges.
        """
        instances = [_make_instance(one, label, number) for number, one in enumerate(sentences)]
        rows: list[list[Floats]] = [[] for _ in sentences]
        for number, judge in enumerate(self._judges):
            if label in judge.unlearnt:
                continue
            mine = [one for one, gold in zip(instances, nearest, strict=True) if self._may_judge(number, gold)]
            for instance_id, probability in judge.read(mine).items():
                rows[int(instance_id)].append(probability)
        return [self._sum_up(found, label) for found in rows]

    def _may_judge(self, number: int, gold: str) -> bool:
        fold = self._fold_by_gold.get(gold)
        return fold is None or number in judges_of(fold, num_judges=len(self._judges))

    def _sum_up(self, rows: Sequence[Floats], label: str) -> Opinion | None:
        if not rows:
            return None
        classes = (NO_RELATION, *self._judges[0].model.config.schema.label_names)
        return form_opinion(np.stack(rows), label_index=classes.index(label))


def _make_instance(sentence: KeptSentence, label: str, number: int) -> Instance:
    return Instance(str(number), sentence.text, sentence.head, sentence.tail, label, origin=Origin.SYNTHETIC)
