"""What a retraining does task by task, frozen in the run's folder when the job starts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.ensemble.lessons import MemberSpec
from core.training.config import TrainingConfig
from core.workflows.retraining.retrain_params import MAX_MEMBERS, RetrainParams
from core.workflows.retraining.train_joint import JointRecipe

PLAN_NAME = "plan.json"
EVALUATE_TASK = "evaluate"
STUDENT_TASK = "student"
JOINT_TASK = "joint"

# Fields of the config of each architecture, by the parameter of the same name.
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "cls": ("max_pieces", "marking", "loss", "gamma", "has_auxiliary"),
    "redn": ("max_pieces",),
    "syntax_gcn": ("max_pieces", "loss", "gamma", "has_auxiliary"),
}


@dataclass(frozen=True, slots=True)
class RetrainPlan:
    """What the tasks of a run need beside its data.

    Args:
        params: What was asked for, every value resolved.
        notes: What was held out or left out, for people.
        data_hash: SHA-256 of the run's data.
        num_teachers: Members on gold alone that give the synthetic instances soft labels; 0 for none.
    """

    params: RetrainParams
    notes: tuple[str, ...]
    data_hash: str
    num_teachers: int = 0

    @property
    def stages(self) -> list[list[str]]:
        """Names of the tasks, stage by stage."""
        if self.params.is_joint:
            return [[JOINT_TASK]]
        stages = [self.teacher_tasks, self.member_tasks, [EVALUATE_TASK]]
        return [tasks for tasks in (*stages, [STUDENT_TASK] if self.params.has_student else []) if tasks]

    @property
    def teacher_tasks(self) -> list[str]:
        """Names of the teachers' tasks."""
        return [f"teacher-{number + 1}" for number in range(self.num_teachers)]

    @property
    def member_tasks(self) -> list[str]:
        """Names of the members' tasks."""
        return [f"member-{number + 1}" for number in range(self.params.num_members)]

    def member(self, position: int) -> MemberSpec:
        """Return how a member is trained; only an ensemble with a student scores its training data too."""
        params = self.params
        return MemberSpec(
            position=position,
            method=params.method,
            architecture=params.architecture,
            options={name: getattr(params, name) for name in _OPTIONS[params.architecture]},
            encoder=params.encoder,
            ratio=params.ratio,
            training=training_config(params, seed=params.seed + position),
            is_two_stage=params.is_two_stage,
            has_negative_filter=params.has_negative_filter,
            scores_pool=params.has_student,
            may_download=params.may_download,
            device=params.device,
        )

    def teacher(self, position: int) -> MemberSpec:
        """Return how a teacher is trained: as a member, on gold alone, with a seed that no member has."""
        spec = self.member(position)
        training = replace(spec.training, seed=self.params.seed + MAX_MEMBERS + position)
        return replace(spec, method="gold", training=training, is_two_stage=False, scores_pool=True)

    def joint(self) -> JointRecipe:
        """Return how the joint model is trained."""
        return JointRecipe(
            encoder=self.params.encoder,
            training=training_config(self.params, seed=self.params.seed),
            max_pieces=self.params.max_pieces,
            word_dropout=self.params.word_dropout,
            has_teacher_forcing=self.params.has_teacher_forcing,
            has_nesting=self.params.has_nesting,
            num_relation_layers=self.params.num_relation_layers,
            has_context=self.params.has_context,
            relation_weight=self.params.relation_weight,
            may_download=self.params.may_download,
        )

    def save(self, run_path: Path) -> None:
        """Write the plan into the run's folder."""
        (run_path / PLAN_NAME).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, run_path: Path) -> "RetrainPlan":
        """Read the plan of a run."""
        plan: dict[str, Any] = json.loads((run_path / PLAN_NAME).read_text(encoding="utf-8"))
        return cls(
            params=RetrainParams.from_json(plan["params"]),
            notes=tuple(plan["notes"]),
            data_hash=plan["data_hash"],
            num_teachers=plan["num_teachers"],
        )


def training_config(params: RetrainParams, *, seed: int) -> TrainingConfig:
    """Return the hyper-parameters of one training."""
    return TrainingConfig(
        num_epochs=params.num_epochs,
        learning_rate=params.learning_rate,
        batch_size=params.batch_size,
        gradient_accumulation=params.gradient_accumulation,
        optimizer=params.optimizer,
        weight_decay=params.weight_decay,
        warmup_fraction=params.warmup_fraction,
        seed=seed,
        precision=params.precision,
        has_gradient_checkpointing=params.has_gradient_checkpointing,
        is_encoder_frozen=params.is_encoder_frozen,
    )
