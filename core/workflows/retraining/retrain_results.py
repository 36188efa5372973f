"""What a finished retraining stores: candidate models with their scores, members and settings."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.domain import NO_RELATION, Split
from core.ensemble.ensemble import write_manifest
from core.workflows.retraining.retrain_plan import EVALUATE_TASK, JOINT_TASK, STUDENT_TASK, RetrainPlan
from core.workflows.retraining.train_joint import LOG_NAME
from db.queries import models
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

RESULT_NAME = "result.json"
# Inside the student's folder, which is an ensemble of one.
STUDENT_MEMBER = "member-1"
# Labels of single items stay with the run's files: comparing two models reads them from there.
_IN_FILES_ONLY = ("labels", "gold_labels", "shipped")
HEADLINE = "strict"


def save_result(path: Path, result: Mapping[str, Any]) -> None:
    """Write the scores of an ensemble into a folder."""
    path.mkdir(parents=True, exist_ok=True)
    (path / RESULT_NAME).write_text(json.dumps(result), encoding="utf-8")


def write_ensemble(path: Path, members: Sequence[str], result: Mapping[str, Any], plan: RetrainPlan) -> None:
    """Write the manifest that makes the folders of `members` below `path` an ensemble."""
    write_manifest(
        path,
        members=members,
        temperatures=result["temperatures"],
        threshold=result["threshold"]["threshold"],
        has_negative_filter=plan.params.has_negative_filter,
    )


def store_ensemble(session: Session, job: "Job", run_path: Path, plan: RetrainPlan) -> dict[str, Any]:
    """Store the ensemble, and its student if there is one, as candidates; return the job's result."""
    name = name_model(job, plan)
    result = _read(run_path / EVALUATE_TASK / RESULT_NAME)
    write_ensemble(run_path, plan.member_tasks, result, plan)
    members = [_describe_member(run_path / task, f"runs/{job.id}/{task}") for task in plan.member_tasks]
    notes = [*plan.notes, *_describe_gaps([one.metrics for one in members])]
    stored = _add(session, job, plan, name=name, key=f"runs/{job.id}", result=result, notes=notes, members=members)
    if plan.params.has_student:
        stored["student"] = _store_student(session, job, run_path, plan, teacher=name)
    return stored


def _store_student(session: Session, job: "Job", run_path: Path, plan: RetrainPlan, *, teacher: str) -> dict[str, Any]:
    path, key = run_path / STUDENT_TASK, f"runs/{job.id}/{STUDENT_TASK}"
    member = _describe_member(path / STUDENT_MEMBER, f"{key}/{STUDENT_MEMBER}")
    return _add(
        session,
        job,
        plan,
        name=f"{teacher}-student",
        key=key,
        result={**_read(path / EVALUATE_TASK / RESULT_NAME), "student_of": teacher},
        notes=[*plan.notes, *_describe_gaps([member.metrics])],
        members=[member],
    )


def _add(
    session: Session,
    job: "Job",
    plan: RetrainPlan,
    *,
    name: str,
    key: str,
    result: Mapping[str, Any],
    notes: Sequence[str],
    members: Sequence[models.MemberView] = (),
    kind: str = models.ENSEMBLE,
) -> dict[str, Any]:
    """Store one candidate; return what a job tells of it."""
    metrics = {field: value for field, value in result.items() if field not in _IN_FILES_ONLY}
    model_id = models.add_model(
        session,
        project_id=job.project_id,
        name=name,
        architecture=plan.params.architecture,
        kind=kind,
        artifact_key=key,
        job_id=job.id,
        metrics={**metrics, "notes": list(notes), "data_hash": plan.data_hash},
        settings=plan.params.to_json(),
        members=members,
    )
    scores = result["scores"]
    return {
        "model_id": model_id,
        "model": name,
        "kind": kind,
        "split": result["split"],
        "is_validation_score": result["is_validation_score"],
        "protocol": scores["protocol"],
        "f1": scores["micro"]["f1"],
        "scores": scores,
        "notes": list(notes),
    }


def store_joint(session: Session, job: "Job", run_path: Path, plan: RetrainPlan) -> dict[str, Any]:
    """Store the joint model as a candidate; its headline is strict extraction, the other protocols stand beside."""
    log = _read(run_path / JOINT_TASK / LOG_NAME)
    split = Split.TEST if "test_scores" in log else Split.DEV
    protocols = log[f"{split.value}_scores"]
    micro = protocols[HEADLINE]["micro"]
    notes = [*plan.notes, *_describe_joint_gaps(log)]
    result: dict[str, Any] = {
        "split": split.value,
        "is_validation_score": split is Split.DEV,
        "scores": protocols[HEADLINE],
        "protocols": protocols,
        "num_items": micro["tp"] + micro["fn"],
        "epochs": log["epochs"],
        "best_epoch": log["best_epoch"],
        "precision": log["precision"],
        **{field: log[field] for field in ("temperature", "threshold", "threshold_curve") if field in log},
    }
    key = f"runs/{job.id}/{JOINT_TASK}"
    stored = _add(
        session, job, plan, name=name_model(job, plan), key=key, result=result, notes=notes, kind=models.JOINT
    )
    return {**stored, "protocols": protocols}


def _describe_joint_gaps(log: Mapping[str, Any]) -> list[str]:
    """Return notes on the gold that the joint model could not learn from."""
    mentions, relations, untagged = (
        int(log.get(f"num_{name}", 0)) for name in ("unread_mentions", "unread_relations", "untagged_mentions")
    )
    notes = []
    if mentions or relations:
        notes.append(
            f"{mentions} gold mentions and {relations} gold relations took no part in training: they stand on the "
            "words of others, lie beyond the longest input, cross sentences, or are a second label of a pair."
        )
    if untagged:
        notes.append(f"{untagged} gold mentions inside or across longer ones were not learnt as mentions.")
    return notes


def name_model(job: "Job", plan: RetrainPlan) -> str:
    """Return the name of a run's model."""
    params = plan.params
    if params.is_joint:
        return f"joint-{job.id[-6:]}"
    return f"{params.method}-{params.num_members}x{params.architecture}-{job.id[-6:]}"


def _describe_member(path: Path, artifact_key: str) -> models.MemberView:
    summary = _read(path / "summary.json")
    return models.MemberView(summary["position"], summary["seed"], artifact_key, summary)


def _describe_gaps(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return notes on what the members could not learn from; the worst case over the members."""
    notes = []
    unread = max((int(one.get("num_unread", 0)) for one in summaries), default=0)
    if unread:
        notes.append(f"{unread} training pairs fit no input (a mention lies beyond the encoder's length).")
    too_rare: dict[str, int] = {}
    missing = Counter[str]()
    filtered = Counter[str]()
    for summary in summaries:
        too_rare |= summary.get("too_rare", {})
        missing |= Counter(summary.get("missing_synthetic", {}))
        filtered |= Counter(summary.get("filtered", {}))
    if filtered:
        related = filtered.total() - filtered[NO_RELATION]
        notes.append(f"The negative filter left out {filtered.total()} training pairs, {related} of them related.")
    if too_rare:
        counts = ", ".join(f"{label} {count}" for label, count in sorted(too_rare.items()))
        notes.append(f"Labels with fewer than two examples were not learnt: {counts}.")
    if missing:
        counts = ", ".join(f"{label} {count}" for label, count in sorted(missing.items()))
        notes.append(f"Fewer accepted synthetic sentences than the ratio asks for: {counts} short.")
    return notes


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
