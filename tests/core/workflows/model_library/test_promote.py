"""Promotion of models: at most one, recorded, rolled back."""

import threading

import pytest

from core.domain import ModelState
from core.errors import ModelError, NotFoundError
from core.workflows.curation.undo import Undone, undo
from core.workflows.model_library.promote import archive, promote, roll_back
from core.workflows.projects import create_project
from db.queries import decisions, models, projects, users
from db.session import Engine, Session, session_scope


@pytest.fixture
def project_id(session: Session) -> int:
    return create_project(session, "p", template="blank")


def add(session: Session, project_id: int, name: str, *, kind: str = "ensemble") -> int:
    return models.add_model(session, project_id=project_id, name=name, architecture="cls", kind=kind, artifact_key=name)


def states(session: Session, project_id: int) -> dict[str, ModelState]:
    return {model.name: model.state for model in models.list_models(session, project_id)}


def test_promoting_archives_the_model_before_and_rolling_back_returns_to_it(session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    first, second = add(session, project_id, "first"), add(session, project_id, "second")
    promote(session, project_id, first, user_id=user_id)
    chosen = promote(session, project_id, second, user_id=user_id)
    assert chosen.state is ModelState.PROMOTED and chosen.promoted_at is not None
    assert projects.get_project(session, project_id).model_id == second
    assert states(session, project_id) == {"first": ModelState.ARCHIVED, "second": ModelState.PROMOTED}

    back = roll_back(session, project_id, user_id=user_id)
    assert back is not None and back.id == first
    assert states(session, project_id) == {"first": ModelState.PROMOTED, "second": ModelState.CANDIDATE}
    assert roll_back(session, project_id, user_id=user_id) is None
    assert models.find_promoted(session, project_id) is None
    with pytest.raises(ModelError, match="nothing to roll back"):
        roll_back(session, project_id, user_id=user_id)
    log = decisions.list_decisions(session, project_id=project_id)
    assert [(d.action, d.target_kind) for d in reversed(log)] == [
        ("promote", "model"), ("promote", "model"), ("roll_back", "model"), ("roll_back", "model")
    ]  # fmt: skip


def test_rolling_back_skips_models_that_were_never_promoted(session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    first, second = add(session, project_id, "first"), add(session, project_id, "second")
    archive(session, project_id, first, user_id=user_id)
    promote(session, project_id, second, user_id=user_id)
    assert roll_back(session, project_id, user_id=user_id) is None


def test_promoted_model_is_neither_promoted_again_nor_archived(session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    model_id = add(session, project_id, "m")
    promote(session, project_id, model_id, user_id=user_id)
    for change in (promote, archive):
        with pytest.raises(ModelError, match="promoted"):
            change(session, project_id, model_id, user_id=user_id)


def test_model_of_another_project_is_refused(session: Session, project_id: int) -> None:
    other = create_project(session, "other", template="blank")
    model_id = add(session, other, "m")
    with pytest.raises(NotFoundError, match="another project"):
        promote(session, project_id, model_id, user_id=users.get_or_add_user(session))


def test_curators_undo_never_takes_back_a_promotion(session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    promote(session, project_id, add(session, project_id, "m"), user_id=user_id)
    assert undo(session, project_id, user_id) == Undone()


def test_a_joint_model_and_an_ensemble_are_promoted_beside_each_other(session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    ensemble, joint = add(session, project_id, "ensemble"), add(session, project_id, "joint", kind="joint")
    better = add(session, project_id, "better", kind="joint")
    for model_id in (ensemble, joint, better):
        promote(session, project_id, model_id, user_id=user_id)
    project = projects.get_project(session, project_id)
    assert (project.model_id, project.joint_model_id) == (ensemble, better)
    assert states(session, project_id) == {
        "ensemble": ModelState.PROMOTED, "joint": ModelState.ARCHIVED, "better": ModelState.PROMOTED
    }  # fmt: skip
    back = roll_back(session, project_id, user_id=user_id, kind="joint")
    assert back is not None and back.id == joint
    assert projects.get_project(session, project_id).model_id == ensemble
    assert roll_back(session, project_id, user_id=user_id, kind="joint") is None
    with pytest.raises(ModelError, match="No joint model is promoted"):
        roll_back(session, project_id, user_id=user_id, kind="joint")
    found = models.find_promoted(session, project_id)
    assert found is not None and found.id == ensemble


def test_of_two_people_who_promote_at_once_the_second_archives_what_the_first_chose(engine: Engine) -> None:
    with session_scope(engine) as session:
        project_id = create_project(session, "p", template="blank")
        ann, bob = users.get_or_add_user(session, "ann"), users.get_or_add_user(session, "bob")
        first, second = add(session, project_id, "first"), add(session, project_id, "second")
    done = threading.Event()

    def promote_second() -> None:
        with session_scope(engine) as session:
            promote(session, project_id, second, user_id=bob)
        done.set()

    with session_scope(engine) as session:
        promote(session, project_id, first, user_id=ann)
        thread = threading.Thread(target=promote_second)
        thread.start()
        assert not done.wait(0.3)  # long enough for the second to read whatever it reads before it waits
    thread.join(60)
    with session_scope(engine) as session:
        assert states(session, project_id) == {"first": ModelState.ARCHIVED, "second": ModelState.PROMOTED}
        assert projects.get_project(session, project_id).model_id == second
