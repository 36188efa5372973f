"""Retrain: gold and accepted synthetic sentences → an ensemble or a joint model, as a pipeline of tasks."""

import platform
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.domain import Split
from core.ensemble.dataset import Dataset
from core.ensemble.distil import SYNTHETIC_POOL, mean_probabilities, train_student
from core.ensemble.evaluate import evaluate_ensemble
from core.ensemble.lessons import MemberSpec
from core.ensemble.members import train_member
from core.nlp.dependency import Parser, describe_parser
from core.settings import Settings
from core.training.trainer import Report
from core.workflows.data_out.snapshot import snapshot_for_run
from core.workflows.model_library.generators import open_store
from core.workflows.model_library.sources import describe_revisions, may_ask_hub, resolve_encoder
from core.workflows.pipelines import read_seconds
from core.workflows.prediction.parsers import load_parser
from core.workflows.retraining.retrain_data import (
    collect_dataset,
    collect_documents,
    collect_synthetic_documents,
    load_documents,
    save_documents,
)
from core.workflows.retraining.retrain_params import NUM_TEACHERS, RetrainParams
from core.workflows.retraining.retrain_plan import EVALUATE_TASK, JOINT_TASK, STUDENT_TASK, RetrainPlan
from core.workflows.retraining.retrain_results import (
    STUDENT_MEMBER,
    save_result,
    store_ensemble,
    store_joint,
    write_ensemble,
)
from core.workflows.retraining.shipped import label_as_shipped
from core.workflows.retraining.train_joint import JointRecipe, train_joint
from db.queries import models, projects
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

DATASET_NAME = "dataset.json"
_WORK_NAME = "training"  # checkpoints beside the tasks' outputs, which killed tasks lose
_VERSIONED = ("torch", "transformers", "accelerate", "dare-curator")
_Trained = TypeVar("_Trained", MemberSpec, JointRecipe)


class RetrainPipeline:
    """Teachers if labels are soft, then members, then their vote, then a student; or one joint model.

    See `core.workflows.pipelines.Pipeline`.
    """

    def prepare(self, session: Session, job: "Job", run_path: Path) -> list[list[str]]:
        """Freeze the data of the run and plan its tasks."""
        params = RetrainParams.from_json(job.params)
        prepare = _prepare_joint if params.is_joint else _prepare_ensemble
        plan = prepare(session, job, params, run_path)
        plan.save(run_path)
        snapshot = snapshot_for_run(session, open_store(Settings()), job)
        models.add_run(session, _describe_run(job, plan, snapshot_id=snapshot.id))
        return plan.stages

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        """Train one model, or let the members vote."""
        plan = RetrainPlan.load(run_path)
        if task == JOINT_TASK:
            _train_joint(plan, run_path, out_path, report)
            return
        dataset = Dataset.load(run_path / DATASET_NAME)
        if task == EVALUATE_TASK:
            report(0.1, "calibrating and scoring the vote")
            result = evaluate_ensemble(dataset, [run_path / name for name in plan.member_tasks])
            report(0.8, "scoring the shipped model beside it")
            shipped = label_as_shipped(dataset, Split(result["split"]), device=plan.params.device)
            save_result(out_path, result | ({"shipped": shipped} if shipped else {}))
            report(1.0, "scored")
        elif task == STUDENT_TASK:
            _train_student(plan, dataset, run_path, out_path, report)
        else:
            _train_member(plan, task, dataset, run_path, out_path, report)

    def keep(self, session: Session, job: "Job", task: str, run_path: Path) -> None:
        """Delete the checkpoints of a finished task; a model is whole only when the job ends."""
        del session, job
        shutil.rmtree(run_path / _WORK_NAME / task, ignore_errors=True)

    def num_processes(self, task: str, run_path: Path) -> int:
        """Trainings are done by as many processes as were asked for; the vote is one."""
        return 1 if task == EVALUATE_TASK else RetrainPlan.load(run_path).params.num_processes

    def finish(self, session: Session, job: "Job", run_path: Path) -> dict[str, object]:
        """Store the models as candidates; their scores carry their protocol."""
        shutil.rmtree(run_path / _WORK_NAME, ignore_errors=True)
        plan = RetrainPlan.load(run_path)
        store = store_joint if plan.params.is_joint else store_ensemble
        return {**store(session, job, run_path, plan), "seconds": read_seconds(run_path)}


def _prepare_ensemble(session: Session, job: "Job", params: RetrainParams, run_path: Path) -> RetrainPlan:
    dataset, notes = collect_dataset(session, job.project_id)
    dataset.save(run_path / DATASET_NAME)
    num_teachers = NUM_TEACHERS if params.has_soft_labels and dataset.synthetic else 0
    if params.has_soft_labels and not num_teachers:
        notes.append("No synthetic sentence is accepted, so there was nothing to give soft labels.")
    return RetrainPlan(params, tuple(notes), dataset.content_hash, num_teachers)


def _prepare_joint(session: Session, job: "Job", params: RetrainParams, run_path: Path) -> RetrainPlan:
    gold, notes = collect_documents(session, job.project_id)
    if params.method == "dare":
        written, told = collect_synthetic_documents(session, job.project_id, gold)
        gold[Split.TRAIN] += written
        notes += told
    data_hash = save_documents(run_path, projects.get_schema(session, job.project_id), gold)
    return RetrainPlan(params, tuple(notes), data_hash)


def _train_joint(plan: RetrainPlan, run_path: Path, out_path: Path, report: Report) -> None:
    schema, gold = load_documents(run_path)
    train_joint(
        _with_folder(plan.joint()),
        schema,
        train_documents=gold[Split.TRAIN],
        dev_documents=gold[Split.DEV],
        test_documents=gold[Split.TEST],
        out_path=out_path,
        report=report,
        device=plan.params.device,
        checkpoints=run_path / _WORK_NAME / JOINT_TASK,
    )


def _train_member(
    plan: RetrainPlan, task: str, dataset: Dataset, run_path: Path, out_path: Path, report: Report
) -> None:
    """Train a member or a teacher; a member's synthetic instances take the teachers' labels if there are any."""
    role, _, number = task.rpartition("-")
    soft_labels = None
    if role == "teacher":
        spec = plan.teacher(int(number) - 1)
    else:
        spec = plan.member(int(number) - 1)
        teachers = [run_path / name for name in plan.teacher_tasks]
        soft_labels = mean_probabilities(teachers, dataset, [SYNTHETIC_POOL]) if teachers else None
    train_member(
        _with_folder(spec),
        dataset,
        out_path,
        report,
        get_parser=_parser_of(plan),
        soft_labels=soft_labels,
        checkpoints=run_path / _WORK_NAME / task,
    )


def _train_student(plan: RetrainPlan, dataset: Dataset, run_path: Path, out_path: Path, report: Report) -> None:
    """Train the student and make it an ensemble of one, with a threshold and scores of its own."""
    # A student of a baseline is a baseline too: it must not see synthetic text that its teachers did without.
    pool = dataset if plan.params.method == "dare" else replace(dataset, synthetic=())
    member_path = out_path / STUDENT_MEMBER
    member_path.mkdir()
    teachers = [run_path / name for name in plan.member_tasks]
    train_student(
        _with_folder(plan.member(0)),
        pool,
        teachers,
        member_path,
        report,
        get_parser=_parser_of(plan),
        checkpoints=run_path / _WORK_NAME / STUDENT_TASK,
    )
    result = evaluate_ensemble(dataset, [member_path])
    save_result(out_path / EVALUATE_TASK, result)
    write_ensemble(out_path, [STUDENT_MEMBER], result, plan)


def _with_folder(plan: _Trained) -> _Trained:
    """Name the folder of an encoder that was pulled, and whether the hub may be asked, where the training runs."""
    settings = Settings()
    may_download = may_ask_hub(settings, is_wanted=plan.may_download)
    return replace(plan, encoder=resolve_encoder(settings, plan.encoder), may_download=may_download)


def _parser_of(plan: RetrainPlan) -> Callable[[], Parser]:
    """Return what loads the plan's parser; only an architecture that reads parses calls it."""
    return partial(load_parser, plan.params.parser)


def _describe_run(job: "Job", plan: RetrainPlan, *, snapshot_id: int) -> models.RunView:
    params = plan.params
    versions = {name: version(name) for name in _VERSIONED} | {"python": platform.python_version()}
    versions |= describe_revisions(Settings(), [params.encoder])
    if params.architecture == "syntax_gcn":
        # Found before the first task is queued: without a parser the job ends here, with the remedy.
        versions["parser"] = describe_parser(load_parser(params.parser))
    return models.RunView(
        id=job.id,
        project_id=job.project_id,
        method=params.method,
        architecture=params.architecture,
        settings=params.to_json(),
        data_hash=plan.data_hash,
        seed=params.seed,
        versions=versions,
        created_at=datetime.now(UTC),
        snapshot_id=snapshot_id,
    )
