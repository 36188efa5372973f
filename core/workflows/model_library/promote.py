"""Choose the models that predict for a project; each choice is recorded and can be rolled back.

An ensemble labels pairs and a joint model finds mentions, so a project may have one promoted model of each kind.
Each choice holds the project's row before it reads how things stand: of two people who choose at once, the second
chooses after the first.
"""

from core.domain import ModelState
from core.errors import ModelError, NotFoundError
from db.queries import decisions, models, projects
from db.queries.models import ModelView
from db.session import Session


def promote(session: Session, project_id: int, model_id: int, *, user_id: int) -> ModelView:
    """Make a model the one of its kind that predicts; the one before is archived.

    Raises:
        NotFoundError: The project has no such model.
        ModelError: The model is promoted already.
    """
    projects.lock_project(session, project_id)
    chosen = _get_own(session, project_id, model_id)
    if chosen.state is ModelState.PROMOTED:
        raise ModelError(f"Model {chosen.name!r} is promoted already; nothing to do.")
    previous = models.find_promoted(session, project_id, kind=chosen.kind)
    if previous is not None:
        models.set_model_state(session, previous.id, ModelState.ARCHIVED)
    models.set_model_state(session, model_id, ModelState.PROMOTED, is_new_promotion=True)
    models.set_project_model(session, project_id, model_id, kind=chosen.kind)
    _record(session, project_id, user_id, "promote", chosen, previous)
    return models.get_model(session, model_id)


def roll_back(session: Session, project_id: int, *, user_id: int, kind: str = models.ENSEMBLE) -> ModelView | None:
    """Return to the model of a kind promoted before; the present one becomes a candidate again.

    Returns:
        The model that predicts now; None where the shipped one does again.

    Raises:
        ModelError: No model of that kind is promoted.
    """
    projects.lock_project(session, project_id)
    present = models.find_promoted(session, project_id, kind=kind)
    if present is None:
        name = "joint model" if kind == models.JOINT else kind
        raise ModelError(f"No {name} is promoted in this project, so there is nothing to roll back; promote one first.")
    earlier = models.find_last_promoted(session, project_id, kind=kind)
    models.set_model_state(session, present.id, ModelState.CANDIDATE)
    if earlier is not None:
        models.set_model_state(session, earlier.id, ModelState.PROMOTED)
    models.set_project_model(session, project_id, earlier.id if earlier else None, kind=kind)
    _record(session, project_id, user_id, "roll_back", present, earlier)
    return None if earlier is None else models.get_model(session, earlier.id)


def archive(session: Session, project_id: int, model_id: int, *, user_id: int) -> ModelView:
    """Put a candidate aside.

    Raises:
        NotFoundError: The project has no such model.
        ModelError: The model is promoted.
    """
    projects.lock_project(session, project_id)
    chosen = _get_own(session, project_id, model_id)
    if chosen.state is ModelState.PROMOTED:
        raise ModelError(f"Model {chosen.name!r} is promoted; roll back or promote another one before archiving it.")
    models.set_model_state(session, model_id, ModelState.ARCHIVED)
    _record(session, project_id, user_id, "archive", chosen, None)
    return models.get_model(session, model_id)


def _get_own(session: Session, project_id: int, model_id: int) -> ModelView:
    model = models.get_model(session, model_id)
    if model.project_id != project_id:
        raise NotFoundError(f"Model {model_id} belongs to another project; choose one of this project.")
    return model


def _record(
    session: Session, project_id: int, user_id: int, action: str, model: ModelView, other: ModelView | None
) -> None:
    """Record who changed a model's state; `other` is the model archived or brought back with it."""
    decisions.add_decision(
        session,
        project_id=project_id,
        user_id=user_id,
        target=(decisions.MODEL, model.id),
        action=action,
        before={"state": model.state.value, "other_id": other.id if other else None},
        after={"state": models.get_model(session, model.id).state.value},
    )
