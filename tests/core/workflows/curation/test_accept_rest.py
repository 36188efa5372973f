"""Review a sample, accept the rest above a score: who counts as reviewed, what is refused, one undo for all."""

import pytest

from core.domain import NO_RELATION, State
from core.errors import ConflictError, NotEnoughDataError, NotFoundError
from core.workflows.curation import curate, undo
from core.workflows.curation.accept_rest import accept_rest, draw_examples, get_outlook
from db.queries import bulk_edits, decisions, synthetic, synthetic_edits
from db.session import Session
from tests.core.workflows.synthetic_desk import SyntheticDesk, make_judged


def outlook_of(desk: SyntheticDesk, label: str = "CID", score: float = 0.8) -> tuple[int, int, int]:
    outlook = get_outlook(desk.session, desk.project_id, label=label, min_agreement=score)
    return outlook.pending, outlook.reviewed, outlook.unchanged


def accept(desk: SyntheticDesk, *, expected: int | None = None, score: float = 0.8) -> int:
    number = accept_rest(
        desk.session, desk.project_id, desk.user_id, label="CID", min_agreement=score, expected=expected
    )
    desk.session.commit()
    return number


def test_sample_counts_what_was_decided_one_by_one_and_only_what_was_good_as_written(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=5)
    accepted, rejected, edited, relabelled, _ = desk.views
    desk.do(accepted, "accept")
    desk.do(rejected, "reject", reason="nonsense")
    desk.do(edited, "edit", text="$DISEASE$ came from $CHEMICAL$.")
    desk.do(relabelled, "relabel", label=NO_RELATION)
    assert outlook_of(desk) == (1, 4, 1)
    assert outlook_of(desk, NO_RELATION) == (0, 0, 0)
    outlook = get_outlook(session, desk.project_id, label="CID", min_agreement=0.8)
    assert (outlook.missing, outlook.precision) == (16, 0.25)
    assert outlook.interval == pytest.approx((0.0456, 0.6994), abs=1e-4)


def test_sample_and_rest_end_at_the_score_and_unjudged_sentences_are_in_neither(session: Session) -> None:
    desk = SyntheticDesk(session)
    desk.add(make_judged(1, agreement=0.8), make_judged(2, agreement=0.79), make_judged(3, agreement=None))
    assert outlook_of(desk) == (1, 0, 0)
    desk.do(desk.views[1], "accept")
    assert outlook_of(desk) == (1, 0, 0)


def test_what_an_undo_or_a_bulk_step_left_is_not_reviewed(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=4)
    first, second, third, fourth = desk.views
    desk.do(first, "accept")
    desk.do(first, "undo")
    bulk = [second.id, third.id, fourth.id]
    curate.apply_synthetic_batch(
        session, project_id=desk.project_id, user_id=desk.user_id, synthetic_ids=bulk, event={"kind": "accept"}
    )
    assert outlook_of(desk) == (1, 0, 0)
    desk.do(second, "reject")  # looked at after all
    desk.do(third, "reject")
    desk.do(third, "undo")  # back to what the bulk step said
    assert outlook_of(desk) == (1, 1, 0)


def test_sample_that_scores_higher_than_the_rest_is_called_easier(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=3, agreement=0.99)
    desk.add(make_judged(10, agreement=0.81))
    for view in desk.views[:3]:
        desk.do(view, "accept")
    assert get_outlook(session, desk.project_id, label="CID", min_agreement=0.8).is_sample_easier
    assert not get_outlook(session, desk.project_id, label="CID", min_agreement=0.0).reviewed == 0


def test_fewer_than_twenty_reviewed_are_refused_with_how_many_are_missing(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=30)
    for view in desk.views[:8]:
        desk.do(view, "accept")
    with pytest.raises(NotEnoughDataError, match="Review 12 more of them first"):
        accept(desk)
    assert outlook_of(desk) == (22, 8, 8)


def test_rest_is_accepted_in_one_step_that_one_undo_takes_back(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=50)
    desk.add(make_judged(100, agreement=0.5))
    desk.add_unlike(101, 0.95)
    for view in desk.views[:20]:
        desk.do(view, "accept")
    before = desk.views
    assert accept(desk, expected=30) == 30
    assert [view.state for view in desk.views] == [State.ACCEPTED] * 50 + [State.PENDING] * 2
    assert outlook_of(desk) == (0, 20, 20)
    step = decisions.find_last_bulk_step(
        session, project_id=desk.project_id, user_id=desk.user_id, target_kind=decisions.SYNTHETIC
    )
    assert step is not None and (step.num_changed, step.action) == (30, "accept")
    assert len(undo.undo(session, desk.project_id, desk.user_id).restored) == 30
    after = desk.views
    assert [(v.state, v.text, v.reason) for v in after] == [(v.state, v.text, v.reason) for v in before]
    assert outlook_of(desk) == (30, 20, 20)
    assert undo.undo(session, desk.project_id, desk.user_id).restored == (("synthetic", before[19].id),)


def test_bulk_step_is_undone_by_name_after_other_decisions_and_only_once(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=25)
    desk.add_unlike(99, 0.9)
    for view in desk.views[:20]:
        desk.do(view, "accept")
    accept(desk)
    desk.do(desk.views[25], "reject")
    (step,) = {one.batch_id for one in decisions.list_decisions(session, project_id=desk.project_id) if one.batch_id}
    assert len(undo.undo_bulk_step(session, desk.project_id, desk.user_id, step).restored) == 5
    assert desk.views[25].state is State.REJECTED
    with pytest.raises(NotFoundError, match="undone already"):
        undo.undo_bulk_step(session, desk.project_id, desk.user_id, step)


def test_undo_of_a_bulk_step_leaves_what_was_changed_since_and_says_so(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=25)
    for view in desk.views[:20]:
        desk.do(view, "accept")
    accept(desk)
    (step,) = {one.batch_id for one in decisions.list_decisions(session, project_id=desk.project_id) if one.batch_id}
    changed = desk.views[24]
    desk.do(changed, "reject")
    undone = undo.undo_bulk_step(session, desk.project_id, desk.user_id, step)
    assert (len(undone.restored), undone.left) == (4, (("synthetic", changed.id),))
    assert [view.state for view in desk.views[20:]] == [State.PENDING] * 4 + [State.REJECTED]
    with pytest.raises(NotFoundError, match="undone already"):
        undo.undo_bulk_step(session, desk.project_id, desk.user_id, step)


def test_undo_of_a_bulk_step_of_which_all_was_changed_since_changes_nothing(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=21)
    for view in desk.views[:20]:
        desk.do(view, "accept")
    accept(desk)
    (step,) = {one.batch_id for one in decisions.list_decisions(session, project_id=desk.project_id) if one.batch_id}
    desk.do(desk.views[20], "reject")
    with pytest.raises(ConflictError, match="changed since"):
        undo.undo_bulk_step(session, desk.project_id, desk.user_id, step)
    assert desk.views[20].state is State.REJECTED


def test_more_sentences_than_the_user_was_told_of_are_not_accepted(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=25)
    for view in desk.views[:20]:
        desk.do(view, "accept")
    with pytest.raises(ConflictError, match="5 pending sentences are above the score now, and you were told of 4"):
        accept(desk, expected=4)
    with pytest.raises(NotEnoughDataError):
        accept(desk, score=0.95)
    accept(desk, expected=5)
    with pytest.raises(NotFoundError, match="No pending sentence of CID"):
        accept(desk)


def test_examples_are_drawn_from_the_rest_without_repetition(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=12)
    desk.add(make_judged(50, agreement=0.1))
    drawn = draw_examples(session, desk.project_id, label="CID", min_agreement=0.8)
    assert len({view.id for view in drawn}) == 10
    assert {view.agreement for view in drawn} == {0.9}


def test_bulk_step_on_sentences_of_another_project_changes_nothing(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=2)
    with pytest.raises(NotFoundError, match="1 of 2 synthetic sentences are not in this project, 999"):
        curate.apply_synthetic_batch(
            session,
            project_id=desk.project_id,
            user_id=desk.user_id,
            synthetic_ids=[desk.views[0].id, 999],
            event={"kind": "accept"},
        )
    assert synthetic.count_queue(session, desk.project_id) == 2


def test_a_sentence_that_changed_while_a_bulk_step_was_written_stops_it(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=3)
    stale = [(view, synthetic_edits.to_edit(view)) for view in desk.views]
    desk.do(desk.views[1], "reject")
    with pytest.raises(ConflictError, match="1 of 3 synthetic sentences were changed elsewhere"):
        bulk_edits.save_synthetic_edits(session, stale)
