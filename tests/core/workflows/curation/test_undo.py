"""Taking back one step, all steps back to one, and bulk steps; over sentences and synthetic sentences alike."""

import pytest

from core.domain import Document, Sentence, Span, State
from core.errors import ConflictError, NotFoundError
from core.workflows.curation import curate
from core.workflows.curation.undo import undo, undo_back_to, undo_step
from db.queries import annotations, decisions, documents, history, intake, users
from db.queries.history import Step
from db.session import Session
from tests.core.workflows.synthetic_desk import SyntheticDesk

TEXT = "One here. Two here. Three."
SPANS = ((0, 9), (10, 19), (20, 26))


class BothDesk(SyntheticDesk):
    """A project with three sentences and two synthetic ones, and a curator who decides them in turn."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, num_sentences=2)
        sentences = tuple(Sentence(Span(*span)) for span in SPANS)
        document_id = intake.store_document(session, self.project_id, Document("d", TEXT, sentences), source_name="s")
        self.ids = documents.list_sentence_ids(session, [document_id])
        session.commit()

    def on(self, place: int, kind: str, *, user_id: int | None = None, **fields: object) -> None:
        """Decide one sentence."""
        view = annotations.get_sentence_view(self.session, self.ids[place])
        curate.apply_sentence_event(
            self.session,
            project_id=self.project_id,
            user_id=user_id or self.user_id,
            sentence_id=view.id,
            version=view.version,
            event={"kind": kind, **fields},
        )
        self.session.commit()

    def accept_all(self) -> None:
        """Accept all sentences in one step."""
        versions = {view.id: view.version for view in annotations.get_sentence_views(self.session, self.ids)}
        curate.apply_sentence_batch(
            self.session,
            project_id=self.project_id,
            user_id=self.user_id,
            versions=versions,
            event={"kind": "accept"},
        )
        self.session.commit()

    @property
    def states(self) -> list[str]:
        """States of the sentences, then of the synthetic ones."""
        found = annotations.get_sentence_views(self.session, self.ids)
        return [view.state.value for view in found] + [view.state.value for view in self.views]

    @property
    def steps(self) -> list[Step]:
        """The history, newest first."""
        return history.list_steps(self.session, project_id=self.project_id, user_id=self.user_id)


@pytest.fixture
def desk(session: Session) -> BothDesk:
    return BothDesk(session)


def test_undo_takes_back_the_last_step_on_whichever_page_it_was_made(desk: BothDesk) -> None:
    desk.on(0, "accept")
    desk.do(desk.views[0], "reject")
    assert undo(desk.session, desk.project_id, desk.user_id).restored == (("synthetic", desk.views[0].id),)
    assert undo(desk.session, desk.project_id, desk.user_id).restored == (("sentence", desk.ids[0]),)
    assert desk.states == ["pending"] * 5


def test_going_back_to_a_step_takes_back_all_after_it_on_both_pages_newest_first(desk: BothDesk) -> None:
    desk.on(0, "flag")
    desk.on(0, "accept")
    desk.do(desk.views[1], "accept")
    desk.on(0, "reopen")
    desk.accept_all()
    (accepted,) = [step for step in desk.steps if step.action == "accept" and step.target_kind == "sentence"][1:]
    undone = undo_back_to(desk.session, desk.project_id, desk.user_id, accepted.decision_id)
    assert (len(undone.restored), undone.left) == (4, ())
    assert desk.states == ["pending"] * 5
    assert annotations.get_sentence_view(desk.session, desk.ids[0]).is_flagged
    assert [step.is_undone for step in desk.steps] == [True, True, True, True, False]
    log = decisions.list_decisions(desk.session, project_id=desk.project_id)
    assert [one.action for one in log[:6]] == ["undo"] * 6
    assert len({one.batch_id for one in log[:6]}) == 1


def test_only_one_step_is_taken_back_and_what_came_after_it_stays(desk: BothDesk) -> None:
    desk.on(0, "accept")
    desk.on(1, "accept")
    undo_step(desk.session, desk.project_id, desk.user_id, desk.steps[1].decision_id)
    assert desk.states[:2] == ["pending", "accepted"]
    with pytest.raises(NotFoundError, match="undone already"):
        undo_step(desk.session, desk.project_id, desk.user_id, desk.steps[1].decision_id)


def test_step_below_a_later_one_on_the_same_sentence_is_not_taken_back_alone(desk: BothDesk) -> None:
    desk.on(0, "flag")
    desk.on(0, "accept")
    with pytest.raises(ConflictError, match="take the later decision back first"):
        undo_step(desk.session, desk.project_id, desk.user_id, desk.steps[1].decision_id)
    assert desk.states[0] == "accepted"


def test_what_somebody_else_changed_since_is_left_and_the_rest_of_the_step_goes_back(desk: BothDesk) -> None:
    bob = users.get_or_add_user(desk.session, "bob")
    desk.accept_all()
    desk.on(1, "flag", user_id=bob)
    undone = undo(desk.session, desk.project_id, desk.user_id)
    assert undone.left == (("sentence", desk.ids[1]),)
    assert desk.states[:3] == ["pending", "accepted", "pending"]
    assert undo(desk.session, desk.project_id, desk.user_id).restored == ()
    assert annotations.get_sentence_view(desk.session, desk.ids[1]).is_flagged


def test_what_somebody_else_confirmed_since_is_not_taken_from_under_their_decision(desk: BothDesk) -> None:
    bob = users.get_or_add_user(desk.session, "bob")
    desk.on(0, "accept")
    desk.on(0, "accept", user_id=bob)
    with pytest.raises(ConflictError, match=r"sentence \d+ was confirmed .* by 'bob' \(accept\).*ask 'bob'"):
        undo(desk.session, desk.project_id, desk.user_id)
    desk.session.rollback()
    assert desk.states[0] == "accepted"
    assert undo(desk.session, desk.project_id, bob).restored
    assert undo(desk.session, desk.project_id, desk.user_id).restored
    assert desk.states[0] == "pending"


def test_confirmed_synthetic_sentence_is_not_taken_from_under_the_second_decision(desk: BothDesk) -> None:
    ada, bob = desk.user_id, users.get_or_add_user(desk.session, "bob")
    desk.do(desk.views[0], "reject")
    desk.user_id = bob
    desk.do(desk.views[0], "reject")
    with pytest.raises(ConflictError, match=r"synthetic sentence \d+ was confirmed .* by 'bob' \(reject\)"):
        undo(desk.session, desk.project_id, ada)
    assert desk.views[0].state is State.REJECTED


def test_of_a_bulk_step_the_confirmed_rows_are_left_and_the_rest_goes_back(desk: BothDesk) -> None:
    bob = users.get_or_add_user(desk.session, "bob")
    desk.accept_all()
    desk.on(1, "accept", user_id=bob)
    undone = undo(desk.session, desk.project_id, desk.user_id)
    assert undone.left == (("sentence", desk.ids[1]),)
    assert desk.states[:3] == ["pending", "accepted", "pending"]


def test_flag_that_somebody_else_set_and_took_off_stands_in_nobodys_way(desk: BothDesk) -> None:
    bob = users.get_or_add_user(desk.session, "bob")
    desk.on(0, "accept")
    for _ in range(2):
        desk.on(0, "flag", user_id=bob)
    assert undo(desk.session, desk.project_id, desk.user_id).restored
    assert desk.states[0] == "pending"


def test_nobody_takes_back_a_step_of_somebody_else(desk: BothDesk) -> None:
    bob = users.get_or_add_user(desk.session, "bob")
    desk.on(0, "accept")
    for take_back in (undo_step, undo_back_to):
        with pytest.raises(NotFoundError, match="not yours"):
            take_back(desk.session, desk.project_id, bob, desk.steps[0].decision_id)


def test_history_holds_a_bulk_step_as_one_line_and_texts_of_both_kinds(desk: BothDesk) -> None:
    desk.do(desk.views[0], "accept")
    desk.accept_all()
    desk.on(2, "flag")
    told = [(step.action, step.target_kind, step.num_rows, step.is_undone) for step in desk.steps]
    assert told == [
        ("flag", "sentence", 1, False),
        ("accept", "sentence", 3, False),
        ("accept", "synthetic", 1, False),
    ]
    texts = history.get_short_texts(desk.session, desk.steps, length=12)
    assert texts[("sentence", desk.ids[2])] == "Three."
    assert texts[("synthetic", desk.views[0].id)] == "$CHEMICAL$ c"


def test_history_holds_the_last_steps_only_whatever_lies_between(desk: BothDesk) -> None:
    for _ in range(35):
        desk.on(0, "flag")
    desk.accept_all()
    for _ in range(35):
        desk.on(1, "flag")
    assert len(desk.steps) == 50
    assert [step.num_rows for step in desk.steps[34:37]] == [1, 3, 1]
    assert [view.state for view in desk.views] == [State.PENDING] * 2
