"""Retrain: gold and accepted synthetic sentences → an ensemble, as a pipeline of one task a member."""

import json
import platform
import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.domain import Document, Instance, Split, SyntheticSentence
from core.ensemble.dataset import Dataset
from core.ensemble.ensemble import write_manifest
from core.ensemble.evaluate import evaluate_ensemble
from core.ensemble.members import MemberSpec, train_member
from core.errors import NotEnoughDataError
from core.training.config import TrainingConfig
from core.training.trainer import Report
from core.workflows.instances import InstanceSet, build_instances, synthetic_instance
from core.workflows.retrain_params import RetrainParams
from db.queries import documents, models, projects, synthetic
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

DATASET_NAME = "dataset.json"
PLAN_NAME = "plan.json"
EVALUATE_TASK = "evaluate"
_HELD_OUT_SHARE = 0.2
_VERSIONED = ("torch", "transformers", "accelerate", "dare-curator")


class RetrainPipeline:
    """One task for each member, then one that lets them vote; see `core.workflows.pipelines.Pipeline`."""

    def prepare(self, session: Session, job: "Job", run_path: Path) -> list[list[str]]:
        """Freeze the data of the run and plan a task for each member."""
        params = RetrainParams.from_json(job.params)
        dataset, notes = collect_dataset(session, job.project_id, seed=params.seed)
        dataset.save(run_path / DATASET_NAME)
        models.add_run(session, _describe_run(job, params, dataset))
        plan = {"params": asdict(params), "notes": notes, "data_hash": dataset.content_hash}
        (run_path / PLAN_NAME).write_text(json.dumps(plan), encoding="utf-8")
        return [_member_tasks(params), [EVALUATE_TASK]]

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        """Train one member, or evaluate all of them."""
        dataset = Dataset.load(run_path / DATASET_NAME)
        params = RetrainParams.from_json(_read_plan(run_path)["params"])
        if task == EVALUATE_TASK:
            report(0.1, "calibrating and scoring the vote")
            result = evaluate_ensemble(dataset, [run_path / name for name in _member_tasks(params)])
            (out_path / "result.json").write_text(json.dumps(result), encoding="utf-8")
            report(1.0, "scored")
            return
        train_member(_member_spec(params, int(task.rpartition("-")[2]) - 1), dataset, out_path, report)

    def finish(self, session: Session, job: "Job", run_path: Path) -> dict[str, object]:
        """Store the ensemble as a candidate model; its scores carry their protocol."""
        plan = _read_plan(run_path)
        params = RetrainParams.from_json(plan["params"])
        result = json.loads((run_path / EVALUATE_TASK / "result.json").read_text(encoding="utf-8"))
        names = _member_tasks(params)
        write_manifest(
            run_path, members=names, temperatures=result["temperatures"], threshold=result["threshold"]["threshold"]
        )
        members = [_describe_member(run_path / name, f"runs/{job.id}/{name}") for name in names]
        # Labels of single items stay with the run's files: comparing two models reads them from there.
        metrics = {key: value for key, value in result.items() if key not in ("labels", "gold_labels")}
        metrics["notes"] = plan["notes"]
        metrics["data_hash"] = plan["data_hash"]
        model_id = models.add_model(
            session,
            project_id=job.project_id,
            name=_model_name(job, params),
            architecture=params.architecture,
            kind="ensemble",
            artifact_key=f"runs/{job.id}",
            job_id=job.id,
            metrics=metrics,
            settings=plan["params"],
            members=members,
        )
        scores = result["scores"]
        return {
            "model_id": model_id,
            "model": _model_name(job, params),
            "split": result["split"],
            "protocol": scores["protocol"],
            "f1": scores["micro"]["f1"],
            "scores": scores,
            "notes": plan["notes"],
        }


def collect_dataset(session: Session, project_id: int, *, seed: int) -> tuple[Dataset, list[str]]:
    """Read everything a retraining learns from and is scored on.

    Returns:
        The dataset, and notes for people on what was held out or left out.

    Raises:
        NotEnoughDataError: No reviewed sentence has a candidate pair.
    """
    schema = projects.get_schema(session, project_id)
    gold = {
        split: list(documents.stream_documents(session, project_id, splits=[split], only_reviewed=True))
        for split in Split
    }
    notes = []
    if not gold[Split.DEV]:
        gold[Split.TRAIN], gold[Split.DEV] = _hold_out(gold[Split.TRAIN], seed=seed)
        notes.append(
            f"No dev documents: {len(gold[Split.DEV])} of the train documents were held out to choose "
            "epochs and threshold."
        )
    if not gold[Split.TEST]:
        notes.append("No test documents: the scores are those of the data that chose epochs and threshold.")
    sets = {split: build_instances(split_documents, schema) for split, split_documents in gold.items()}
    _require_candidates(sets)
    accepted = [one for one in synthetic.stream_synthetic(session, project_id) if one.state.is_gold]
    dataset = Dataset(
        schema=schema,
        train=_with_split(sets[Split.TRAIN], Split.TRAIN),
        dev=_with_split(sets[Split.DEV], Split.DEV),
        test=_with_split(sets[Split.TEST], Split.TEST),
        synthetic=_synthetic_instances(accepted),
        unreachable={split.value: tuple(label for _, label in found.unreachable) for split, found in sets.items()},
    )
    unreachable = sum(len(found.unreachable) for found in sets.values())
    if unreachable:
        notes.append(f"{unreachable} gold relations cannot become instances (they cross sentences or overlap).")
    return dataset, notes


def _hold_out(train: list[Document], *, seed: int) -> tuple[list[Document], list[Document]]:
    """Move a seeded fifth of the documents, at least one, from train to dev."""
    order = list(train)
    random.Random(seed).shuffle(order)
    size = max(1, round(len(order) * _HELD_OUT_SHARE)) if len(order) > 1 else 0
    return order[size:], order[:size]


def _require_candidates(sets: Mapping[Split, InstanceSet]) -> None:
    for split in (Split.TRAIN, Split.DEV):
        if not sets[split].instances:
            raise NotEnoughDataError(
                f"The {split} documents have no reviewed sentence with a pair of mentions; "
                "review sentences on the Annotate page, or import gold documents."
            )


def _with_split(found: InstanceSet, split: Split) -> tuple[Instance, ...]:
    return tuple(replace(instance, split=split) for instance in found.instances)


def _synthetic_instances(sentences: Iterable[SyntheticSentence]) -> tuple[Instance, ...]:
    return tuple(synthetic_instance(sentence, number=number) for number, sentence in enumerate(sentences))


def _member_tasks(params: RetrainParams) -> list[str]:
    return [f"member-{position + 1}" for position in range(params.num_members)]


def _member_spec(params: RetrainParams, position: int) -> MemberSpec:
    training = TrainingConfig(
        num_epochs=params.num_epochs,
        learning_rate=params.learning_rate,
        batch_size=params.batch_size,
        seed=params.seed + position,
    )
    return MemberSpec(
        position=position,
        method=params.method,
        encoder=params.encoder,
        ratio=params.ratio,
        training=training,
        max_pieces=params.max_pieces,
        may_download=params.may_download,
        device=params.device,
    )


def _read_plan(run_path: Path) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((run_path / PLAN_NAME).read_text(encoding="utf-8"))
    return plan


def _describe_run(job: "Job", params: RetrainParams, dataset: Dataset) -> models.RunView:
    versions = {name: version(name) for name in _VERSIONED} | {"python": platform.python_version()}
    return models.RunView(
        id=job.id,
        project_id=job.project_id,
        method=params.method,
        architecture=params.architecture,
        settings=asdict(params),
        data_hash=dataset.content_hash,
        seed=params.seed,
        versions=versions,
        created_at=datetime.now(UTC),
    )


def _describe_member(path: Path, artifact_key: str) -> models.MemberView:
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    return models.MemberView(summary["position"], summary["seed"], artifact_key, summary)


def _model_name(job: "Job", params: RetrainParams) -> str:
    return f"{params.method}-{params.num_members}x{params.architecture}-{job.id[-6:]}"
