"""Large steps are committed in parts: others write in between, and what was done stays one step when it ends early."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.errors import ConflictError
from core.workflows.curation import accept_above as above
from core.workflows.curation import curate, undo
from db.queries import annotations, bulk_edits, decisions, edits, history, users
from db.session import Engine, Session, session_scope
from tests.core.workflows.curation.test_accept_above import Desk


@pytest.fixture
def desk(session: Session, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Five sentences to accept, two in a part."""
    monkeypatch.setattr(above, "CHUNK", 2)
    monkeypatch.setattr(undo, "CHUNK", 2)
    desk = Desk(session)
    for _ in range(5):
        desk.add(0.9, 0.9, 0.9)
    return desk


def flag(desk: Desk, engine: Engine, sentence_id: int) -> None:
    """Let somebody else flag a sentence on a connection of their own."""
    with session_scope(engine) as session:
        version = annotations.get_sentence_view(session, sentence_id).version
        curate.apply_sentence_event(
            session, project_id=desk.project_id, user_id=users.get_or_add_user(session, "bob"),
            sentence_id=sentence_id, version=version, event={"kind": "flag"},
        )  # fmt: skip


def on_first_commit(session: Session, action: Callable[[], None]) -> None:
    sa.event.listen(session, "after_commit", lambda _session: action(), once=True)


def fail_at_second_call(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the second part of a step raise before it is stored."""
    calls: list[object] = []
    save = bulk_edits.save_annotations

    def save_once(session: Session, changes: list[tuple[edits.LoadedSentence, edits.Annotation]]) -> None:
        calls.append(changes)
        if len(calls) == 2:
            raise error
        save(session, changes)

    monkeypatch.setattr(bulk_edits, "save_annotations", save_once)


def finished(desk: Desk) -> str:
    """First letters of the states of the sentences."""
    return "".join(state[0] for state in desk.states())


def test_others_write_between_two_parts_and_what_they_changed_is_left(desk: Desk, engine: Engine) -> None:
    on_first_commit(desk.session, lambda: flag(desk, engine, desk.ids[4]))
    assert desk.accept(desk.choose(0.5)) == 4
    assert finished(desk) == "aaaap"
    mine = [one for one in decisions.list_decisions(desk.session, project_id=desk.project_id) if one.action != "flag"]
    assert len({one.batch_id for one in mine}) == 1 and len(mine) == 4
    assert len(undo.undo(desk.session, desk.project_id, desk.user_id).restored) == 4
    assert finished(desk) == "ppppp"


def test_step_that_dies_in_the_middle_stays_one_step_that_undo_takes_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        fail_at_second_call(broken, RuntimeError())
        desk.accept(desk.choose(0.5))
    desk.session.rollback()
    assert finished(desk) == "aappp"
    (step,) = history.list_steps(desk.session, project_id=desk.project_id, user_id=desk.user_id)
    assert (step.num_rows, step.is_undone) == (2, False)
    assert desk.accept(desk.choose(0.5)) == 3
    for number in (3, 2):
        assert len(undo.undo(desk.session, desk.project_id, desk.user_id).restored) == number
    assert finished(desk) == "ppppp"


def test_conflict_in_the_middle_says_what_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at_second_call(monkeypatch, ConflictError("Changed elsewhere."))
    with pytest.raises(
        ConflictError, match=r"Changed elsewhere\. 2 sentences were accepted before; .* undo takes back"
    ):
        desk.accept(desk.choose(0.5))


def test_undo_that_dies_in_the_middle_is_finished_by_the_same_undo(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.accept(desk.choose(0.5))
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        fail_at_second_call(broken, RuntimeError())
        undo.undo(desk.session, desk.project_id, desk.user_id)
    desk.session.rollback()
    assert finished(desk) == "aaapp"
    assert len(undo.undo(desk.session, desk.project_id, desk.user_id).restored) == 3
    assert finished(desk) == "ppppp"


def test_others_write_between_two_parts_of_an_undo(desk: Desk, engine: Engine) -> None:
    desk.accept(desk.choose(0.5))
    on_first_commit(desk.session, lambda: flag(desk, engine, desk.ids[0]))
    undone = undo.undo(desk.session, desk.project_id, desk.user_id)
    assert undone.left == (("sentence", desk.ids[0]),)
    assert finished(desk) == "apppp"


def test_undo_of_which_every_row_was_changed_since_leaves_no_trace(desk: Desk, engine: Engine) -> None:
    desk.accept(desk.choose(0.5))
    for sentence_id in desk.ids:
        flag(desk, engine, sentence_id)
    with pytest.raises(ConflictError, match="Nothing was overwritten"):
        undo.undo(desk.session, desk.project_id, desk.user_id)
    desk.session.rollback()
    (step,) = history.list_steps(desk.session, project_id=desk.project_id, user_id=desk.user_id)
    assert not step.is_undone


def test_small_steps_are_the_callers_to_commit(session: Session) -> None:
    desk = Desk(session)
    for _ in range(3):
        desk.add(0.9, 0.9, 0.9)
    above.accept_above(session, desk.user_id, desk.choose(0.5))
    session.rollback()
    assert finished(desk) == "ppp"
    desk.accept(desk.choose(0.5))
    undo.undo(session, desk.project_id, desk.user_id)
    session.rollback()
    assert finished(desk) == "aaa"


def test_undo_as_an_event_of_a_card_is_the_callers_to_commit_whatever_its_size(desk: Desk) -> None:
    desk.accept(desk.choose(0.5))
    curate.apply_sentence_event(
        desk.session, project_id=desk.project_id, user_id=desk.user_id, sentence_id=desk.ids[0],
        version=2, event={"kind": "undo"},
    )  # fmt: skip
    assert finished(desk) == "ppppp"
    desk.session.rollback()
    assert finished(desk) == "aaaaa"
