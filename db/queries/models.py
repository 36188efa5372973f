"""Trained models, their members, and the runs they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import ModelState
from core.errors import NotFoundError
from db.columns import utc_now
from db.tables import Member, Model, Project, Run

ENSEMBLE = "ensemble"
JOINT = "joint"
KINDS = (ENSEMBLE, JOINT)
# The column in which a project names its promoted model of each kind.
_PROMOTED = {ENSEMBLE: "model_id", JOINT: "joint_model_id"}


@dataclass(frozen=True, slots=True)
class MemberView:
    """One trained member of an ensemble."""

    position: int
    seed: int
    artifact_key: str
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelView:
    """A trained model; `kind` is "ensemble" or "joint", `project_id` None for a shipped one."""

    id: int
    project_id: int | None
    name: str
    architecture: str
    kind: str
    state: ModelState
    artifact_key: str
    job_id: str | None
    metrics: Mapping[str, Any]
    settings: Mapping[str, Any]
    created_at: datetime
    promoted_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunView:
    """What a training job used; its id is the job's."""

    id: str
    project_id: int
    method: str
    architecture: str
    settings: Mapping[str, Any]
    data_hash: str
    seed: int
    versions: Mapping[str, str]
    created_at: datetime = field(default_factory=utc_now)
    snapshot_id: int | None = None


def add_model(
    session: Session,
    *,
    project_id: int | None,
    name: str,
    architecture: str,
    kind: str,
    artifact_key: str,
    job_id: str | None = None,
    metrics: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    members: Sequence[MemberView] = (),
) -> int:
    """Store a candidate with its members and return its id; a job's model is stored once.

    A job may store its result a second time after a crash: then its first model is returned.
    """
    if job_id is not None:
        stored = session.exec(select(Model.id).where(Model.job_id == job_id, Model.name == name)).first()
        if stored is not None:
            return stored
    row = Model(
        project_id=project_id,
        name=name,
        architecture=architecture,
        kind=kind,
        artifact_key=artifact_key,
        job_id=job_id,
        metrics=dict(metrics or {}),
        settings=dict(settings or {}),
    )
    session.add(row)
    session.flush()
    session.add_all(_member_row(row.id, member) for member in members)
    session.flush()
    return row.id


def _member_row(model_id: int, member: MemberView) -> Member:
    return Member(
        model_id=model_id,
        position=member.position,
        seed=member.seed,
        artifact_key=member.artifact_key,
        metrics=dict(member.metrics),
    )


def get_model(session: Session, model_id: int) -> ModelView:
    """Return a model.

    Raises:
        NotFoundError: There is no such model.
    """
    query = select(Model).where(Model.id == model_id).execution_options(populate_existing=True)
    row = session.exec(query).first()
    if row is None:
        raise NotFoundError(f"Model {model_id} does not exist; its project may have been deleted.")
    return _view(row)


def list_models(session: Session, project_id: int, *, with_shipped: bool = False) -> list[ModelView]:
    """Return the models of a project, newest first, after them the shipped ones if asked for."""
    belongs = col(Model.project_id) == project_id
    if with_shipped:
        belongs = sa.or_(belongs, col(Model.project_id).is_(None))
    query = select(Model).where(belongs).order_by(col(Model.project_id).is_(None), col(Model.id).desc())
    return [_view(row) for row in session.exec(query.execution_options(populate_existing=True))]


def find_promoted(session: Session, project_id: int, *, kind: str = ENSEMBLE) -> ModelView | None:
    """Return the promoted model of a project and kind, or None where none was promoted."""
    model_id = session.exec(select(getattr(Project, _PROMOTED[kind])).where(Project.id == project_id)).first()
    return None if model_id is None else get_model(session, model_id)


def find_last_promoted(session: Session, project_id: int, *, kind: str = ENSEMBLE) -> ModelView | None:
    """Return the archived model of a kind that was promoted last, the one to roll back to, or None."""
    query = (
        select(Model)
        .where(Model.project_id == project_id, Model.state == ModelState.ARCHIVED, Model.kind == kind)
        .where(col(Model.promoted_at).is_not(None))
        .order_by(col(Model.promoted_at).desc(), col(Model.id).desc())
    )
    row = session.exec(query.execution_options(populate_existing=True)).first()
    return None if row is None else _view(row)


def set_model_state(session: Session, model_id: int, state: ModelState, *, is_new_promotion: bool = False) -> None:
    """Store where a model stands, and when it was promoted if that is new; a candidate never was."""
    values: dict[str, Any] = {"state": state}
    if is_new_promotion:
        values["promoted_at"] = utc_now()
    if state is ModelState.CANDIDATE:
        values["promoted_at"] = None
    session.exec(sa.update(Model).where(col(Model.id) == model_id).values(**values))


def set_project_model(session: Session, project_id: int, model_id: int | None, *, kind: str = ENSEMBLE) -> None:
    """Name the model of a kind that predicts for a project."""
    session.exec(sa.update(Project).where(col(Project.id) == project_id).values({_PROMOTED[kind]: model_id}))


def list_members(session: Session, model_id: int) -> list[MemberView]:
    """Return the members of an ensemble, in order."""
    query = select(Member).where(Member.model_id == model_id).order_by(col(Member.position))
    return [MemberView(row.position, row.seed, row.artifact_key, row.metrics) for row in session.exec(query)]


def add_run(session: Session, run: RunView) -> None:
    """Store what a training job used, unless it is stored already."""
    if session.get(Run, run.id) is None:
        session.add(
            Run(
                id=run.id,
                project_id=run.project_id,
                method=run.method,
                architecture=run.architecture,
                settings=dict(run.settings),
                data_hash=run.data_hash,
                seed=run.seed,
                versions=dict(run.versions),
                created_at=run.created_at,
                snapshot_id=run.snapshot_id,
            )
        )
        session.flush()


def find_run(session: Session, run_id: str) -> RunView | None:
    """Return what a training job used, or None."""
    row = session.get(Run, run_id)
    if row is None:
        return None
    return RunView(
        row.id,
        row.project_id,
        row.method,
        row.architecture,
        row.settings,
        row.data_hash,
        row.seed,
        row.versions,
        row.created_at,
        row.snapshot_id,
    )


def _view(row: Model) -> ModelView:
    return ModelView(
        row.id,
        row.project_id,
        row.name,
        row.architecture,
        row.kind,
        row.state,
        row.artifact_key,
        row.job_id,
        row.metrics,
        row.settings,
        row.created_at,
        row.promoted_at,
    )


def find_model_by_name(session: Session, name: str) -> ModelView | None:
    """Return the newest model of that name in any project, or None."""
    query = select(Model).where(Model.name == name).order_by(col(Model.id).desc())
    row = session.exec(query).first()
    return None if row is None else _view(row)


def delete_model(session: Session, model_id: int) -> None:
    """Remove a model and its members; its run and the decisions about it stay."""
    session.exec(sa.delete(Model).where(col(Model.id) == model_id))
