"""Delete a model that nothing needs: a pulled one, a generator, or a trained one that is not promoted."""

import sys
from collections.abc import Collection
from dataclasses import dataclass

from core.domain import ModelState
from core.errors import ConflictError
from core.settings import Settings
from core.starter import Starter
from core.workflows.model_library.catalogue import ModelEntry, Source, get_entry, measure_folder
from core.workflows.model_library.generators import generator_key, open_store
from core.workflows.model_library.pulled import PulledRecord, pulled_key
from db.queries import decisions, jobs, models, projects, users
from db.queries.models import ModelView
from db.session import Session

_SOURCE_PARAMS = ("encoder", "base", "judge_encoder")


@dataclass(frozen=True, slots=True)
class Removal:
    """What removing a model will delete.

    Args:
        entry: The model.
        key: Artifact key of the folder that goes.
        num_bytes: Size of what is freed on this machine.
    """

    entry: ModelEntry
    key: str
    num_bytes: int


def plan_removal(session: Session, settings: Settings, name: str) -> Removal:
    """Say what removing a model would delete.

    Raises:
        NotFoundError: There is no model of that name.
        ConflictError: It is shipped, promoted, read by a job, or holds the folder of another model.
    """
    entry = get_entry(session, settings, name)
    source = entry.source
    if isinstance(source, Starter):
        raise ConflictError(f"{name} is shipped with the program and part of it; only what was added can be removed.")
    if isinstance(source, ModelView):
        key = _choose_trained_key(session, source)
    elif isinstance(source, PulledRecord):
        _require_unused(session, {source.name, *source.asked_as})
        key = pulled_key(source.name)
    else:
        _require_unused(session, {source.name})
        key = generator_key(source.name)
    return Removal(entry, key, measure_folder(open_store(settings).path(key)) or 0)


def remove_model(session: Session, settings: Settings, removal: Removal) -> None:
    """Delete what was planned, if it still may go; a trained model's removal is recorded as a decision of its project.

    The session is committed before the files go: a row without files would be offered for use, files without a row
    only take room.

    Raises:
        NotFoundError: Somebody else has removed it since it was planned.
        ConflictError: It was promoted or replaced since, or a job has come to need it.
    """
    source = removal.entry.source
    if isinstance(source, ModelView) and source.project_id is not None:
        projects.lock_project(session, source.project_id)
    removal = _plan_again(session, settings, removal)
    if isinstance(source, ModelView) and source.project_id is not None:
        decisions.add_decision(
            session,
            project_id=source.project_id,
            user_id=users.get_or_add_user(session),
            target=(decisions.MODEL, source.id),
            action="remove",
            before={"name": source.name, "state": source.state.value},
            after={},
        )
        models.delete_model(session, source.id)
        session.commit()
    open_store(settings).remove(removal.key)


def _plan_again(session: Session, settings: Settings, removal: Removal) -> Removal:
    """Return what removing the model would delete by now; a person may have thought about the question for long."""
    name = removal.entry.name
    again = plan_removal(session, settings, name)
    if _identify(again.entry.source) != _identify(removal.entry.source):
        raise ConflictError(f"{name} is another model by now; nothing was removed. Look at it again.")
    return again


def _identify(source: Source) -> object:
    """Return what tells a model from another one of its name: a trained one may have changed its state meanwhile."""
    return source.id if isinstance(source, ModelView) else source


def _choose_trained_key(session: Session, model: ModelView) -> str:
    """Return the key to delete: the whole run where no other model lies in it.

    Raises:
        ConflictError: The model is promoted, or another one lies inside its folder.
    """
    if model.state is ModelState.PROMOTED:
        raise ConflictError(f"{model.name} is promoted and predicts; promote another model or roll back first.")
    others = [
        one
        for project in projects.list_projects(session)
        for one in models.list_models(session, project.id)
        if one.id != model.id
    ]
    inside = [one.name for one in others if one.artifact_key.startswith(f"{model.artifact_key}/")]
    if inside:
        raise ConflictError(f"{model.name} holds the files of {', '.join(inside)}; remove that first.")
    run_key = "/".join(model.artifact_key.split("/")[:2])
    is_alone = not any(f"{one.artifact_key}/".startswith(f"{run_key}/") for one in others)
    return run_key if is_alone else model.artifact_key


def _require_unused(session: Session, names: Collection[str]) -> None:
    """Refuse what a waiting or running job starts from.

    Raises:
        ConflictError: There is such a job.
    """
    for job in jobs.list_jobs(session, states=jobs.ACTIVE_STATES, limit=sys.maxsize):
        if any(job.params.get(param) in names for param in _SOURCE_PARAMS):
            raise ConflictError(f"Job {job.id} ({job.kind}, {job.state}) starts from it; cancel the job or let it end.")
