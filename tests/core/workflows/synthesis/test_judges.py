"""The quality gate: judges are planned, trained on gold alone, and only say what they may and can."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from core.domain import NO_RELATION, Instance, Mention, Span
from core.ensemble.dataset import Dataset
from core.ensemble.judging import unseen_folds
from core.ensemble.voting import Floats
from core.generation.filters import KeptSentence
from core.training.config import TrainingConfig
from core.workflows.synthesis.judges import Judge, JudgePanel, JudgePlan, make_lesson, plan_judges, train_judge
from tests.builders import ignore_progress, load_tiny_encoder, make_instance, make_schema

CAUSES, TREATS = "$CHEMICAL$ caused $DISEASE$ .", "$CHEMICAL$ treated $DISEASE$ ."


def make_gold(count: int) -> tuple[Instance, ...]:
    rng = Random(0)
    rows = []
    for number in range(count):
        chemical, disease = rng.choice(["aspirin", "codeine"]), rng.choice(["nausea", "headache", "cough"])
        verb, label = ("caused", "CID") if number % 2 else ("treated", NO_RELATION)
        rows.append(make_instance(f"{chemical} {verb} {disease} in {number} patients .", chemical, disease, label))
    return tuple(rows)


def make_dataset(count: int = 60) -> Dataset:
    gold = make_gold(count)
    return Dataset(make_schema(), gold[: count - 12], gold[count - 12 :], (), (), {})


def make_kept(text: str) -> KeptSentence:
    head, tail = (Span(text.index(mask), text.index(mask) + len(mask)) for mask in ("$CHEMICAL$", "$DISEASE$"))
    return KeptSentence(text, Mention(head, "Chemical"), Mention(tail, "Disease"))


def test_too_little_gold_plans_no_judges() -> None:
    assert plan_judges(make_dataset(30), num_judges=4, seed=0).tasks == []
    assert plan_judges(make_dataset(60), num_judges=0, seed=0).tasks == []
    assert plan_judges(make_dataset(60), num_judges=3, seed=0).tasks == ["judge-1", "judge-2", "judge-3"]


def test_a_plan_survives_json() -> None:
    plan = plan_judges(make_dataset(), num_judges=3, seed=5, encoder="e")
    assert JudgePlan.from_json(plan.to_json()) == plan
    assert plan.training.seed == 5


def test_a_lesson_holds_no_gold_of_the_folds_it_judges_and_no_synthetic_text() -> None:
    dataset = make_dataset()
    plan = plan_judges(dataset, num_judges=4, seed=0)
    lesson = make_lesson(plan, dataset, 1)
    assert {plan.folds[one.text] for one in lesson.train} == {0, 3}
    assert set(lesson.dev) == set(dataset.dev)
    assert (lesson.test, lesson.synthetic) == ((), ())


def test_a_trained_judge_tells_labels_apart_after_reading_it_back(tmp_path: Path) -> None:
    encoder = tmp_path / "encoder"
    load_tiny_encoder(encoder)
    dataset = make_dataset()
    training = TrainingConfig(num_epochs=40, learning_rate=3e-3, batch_size=8, precision="fp32")
    planned = plan_judges(dataset, num_judges=3, seed=0, encoder=str(encoder))
    plan = JudgePlan(num_judges=3, encoder=str(encoder), folds=planned.folds, training=training)
    judges = []
    for number in range(3):
        path = tmp_path / str(number)
        path.mkdir()
        train_judge(plan, make_lesson(plan, dataset, number), number, path, ignore_progress)
        judges.append(Judge.load(path, device="cpu"))
    panel = JudgePanel(judges, {CAUSES: 0})
    causes, treats = panel.judge([make_kept(CAUSES), make_kept(TREATS)], "CID", nearest=[CAUSES, "unknown"])
    assert causes is not None
    assert treats is not None
    assert causes.agreement > 0.7 > 0.3 > treats.agreement
    assert causes.disagreement >= 0.0


class SaysItsNumber:
    """A model that gives CID a probability of its own and notes what it was asked."""

    def __init__(self, probability: float) -> None:
        self.probability = probability
        self.asked: list[str] = []

    def read(self, instances: list[Instance]) -> dict[str, Floats]:
        self.asked += [one.text for one in instances]
        return {one.id: np.array([1 - self.probability, self.probability]) for one in instances}


def make_panel(probabilities: tuple[float, ...], *, unlearnt: frozenset[str] = frozenset()) -> JudgePanel:
    class Config:
        schema = make_schema()

    judges = [SaysItsNumber(one) for one in probabilities]
    for judge in judges:
        judge.unlearnt = unlearnt  # type: ignore[attr-defined]
        judge.model = type("M", (), {"config": Config})  # type: ignore[attr-defined]
    return JudgePanel(judges, {"gold of fold 2": 2})  # type: ignore[arg-type]


def test_only_judges_that_never_saw_the_nearest_gold_have_a_say() -> None:
    panel = make_panel((0.1, 0.2, 0.6, 0.8))
    (one, other) = panel.judge(
        [make_kept(CAUSES), make_kept(TREATS)], "CID", nearest=["gold of fold 2", "gold that no judge learns from"]
    )
    assert one is not None
    assert [judge for judge in range(4) if 2 in unseen_folds(judge, num_judges=4)] == [1, 2]
    assert one.agreement == pytest.approx((0.2 + 0.6) / 2)
    assert other is not None
    assert other.agreement == pytest.approx((0.1 + 0.2 + 0.6 + 0.8) / 4)


def test_judges_that_do_not_know_a_label_say_nothing_of_it() -> None:
    assert make_panel((0.1, 0.2, 0.3), unlearnt=frozenset({"CID"})).judge(
        [make_kept(CAUSES)], "CID", nearest=["gold of fold 2"]
    ) == [None]


def test_without_judges_nothing_is_said() -> None:
    assert JudgePanel([], {}).judge([make_kept(CAUSES)], "CID", nearest=[""]) == [None]
