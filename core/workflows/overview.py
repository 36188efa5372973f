"""A project at a glance, as plain values: counts, class balance, models in use, what became of suggestions."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.workflows.curation.agreement import get_agreement
from core.workflows.model_library.starters import choose_starter
from core.workflows.progress import Acceptance, get_activity, get_suggestion_acceptance
from db.queries import decisions, jobs, models, projects
from db.session import Session


def describe_project(session: Session, project_id: int) -> dict[str, Any]:
    """Return what Home and the charts tell of a project, as JSON.

    Raises:
        NotFoundError: There is no such project.
    """
    project, counts = projects.get_project(session, project_id), projects.count_project(session, project_id)
    return {
        "project": project.name,
        "template": project.template,
        "description": project.description,
        "is_demo": project.is_demo,
        "created": project.created_at.isoformat(timespec="seconds"),
        **asdict(counts),
        "models": _describe_models(session, project_id),
        "balance": [asdict(one) for one in projects.get_class_balance(session, project_id)],
        "suggestions": _describe_acceptance(get_suggestion_acceptance(session, project_id)),
        "agreement": get_agreement(session, project_id).to_json(),
        "activity": {kind: _describe_activity(session, project_id, kind) for kind in (_SENTENCE, _SYNTHETIC)},
        "jobs": [job.id for job in jobs.list_jobs(session, project_id=project_id, states=jobs.ACTIVE_STATES)],
    }


_SENTENCE, _SYNTHETIC = decisions.SENTENCE, decisions.SYNTHETIC


def _describe_models(session: Session, project_id: int) -> dict[str, str | None]:
    """Return the model in use of each kind, and the shipped one where no joint model is promoted."""
    promoted = {kind: models.find_promoted(session, project_id, kind=kind) for kind in models.KINDS}
    names = {kind: model.name if model else None for kind, model in promoted.items()}
    starter = choose_starter(projects.get_schema(session, project_id))
    return {**names, "shipped": starter.name if starter and promoted[models.JOINT] is None else None}


def _describe_acceptance(found: Sequence[Acceptance]) -> list[dict[str, Any]]:
    """Return how suggestions fared by name, with the share that was accepted and its interval."""
    return [{**asdict(one), "share": one.share, "interval": one.interval} for one in found]


def _describe_activity(session: Session, project_id: int, kind: str) -> dict[str, Any]:
    found = get_activity(session, project_id, kind=kind)
    return {
        "period": found.period.value,
        "decisions": [
            {"from": at.isoformat(), "outcome": outcome, "number": number}
            for (at, outcome), number in found.counts.items()
        ],
        "pending": [asdict(one) for one in found.pending],
    }
