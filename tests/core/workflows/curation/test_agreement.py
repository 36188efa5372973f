"""Second opinions: a confirmation is kept, and people agree on the pairs that they left alike."""

import pytest

from core.workflows.curation.agreement import get_agreement
from core.workflows.curation.undo import undo
from db.queries import decisions, users
from db.session import Session
from tests.core.workflows.curation.test_curate import Desk
from tests.core.workflows.synthetic_desk import SyntheticDesk


@pytest.fixture
def desk(session: Session) -> Desk:
    """A sentence that Ada has accepted, before Bob."""
    desk = Desk(session)
    desk.do("accept")
    desk.user_id = users.get_or_add_user(session, "bob")
    return desk


def num_decisions(desk: Desk) -> int:
    return len(decisions.list_decisions(desk.session, project_id=desk.project_id))


def test_accepting_what_somebody_else_accepted_is_a_second_opinion(desk: Desk) -> None:
    assert get_agreement(desk.session, desk.project_id).relations is None
    version = desk.view().version
    assert desk.do("accept").version == version + 1
    found = get_agreement(desk.session, desk.project_id).relations
    assert found is not None and (found.items, found.observed) == (1, 1.0)


def test_accepting_again_what_one_accepted_oneself_records_nothing(desk: Desk) -> None:
    desk.do("accept")
    before = num_decisions(desk)
    desk.do("accept")
    assert num_decisions(desk) == before


def test_a_confirmation_can_be_taken_back(desk: Desk) -> None:
    desk.do("accept")
    assert undo(desk.session, desk.project_id, desk.user_id).restored
    assert get_agreement(desk.session, desk.project_id).relations is None


def test_another_answer_for_the_same_pair_is_a_disagreement(desk: Desk) -> None:
    desk.do("delete_relation", relation_id=desk.relation)
    found = get_agreement(desk.session, desk.project_id).relations
    assert found is not None and (found.items, found.observed) == (1, 0.0)


def test_a_flag_or_a_comment_is_no_opinion(desk: Desk) -> None:
    desk.do("flag")
    desk.do("comment", text="why?")
    assert get_agreement(desk.session, desk.project_id).relations is None


def test_people_agree_or_not_on_synthetic_sentences(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=2)
    for view in desk.views:
        desk.do(view, "accept")
    assert get_agreement(session, desk.project_id).synthetic is None
    desk.user_id = users.get_or_add_user(session, "bob")
    for view, kind in zip(desk.views, ("accept", "reject"), strict=True):
        desk.do(view, kind)
    found = get_agreement(session, desk.project_id).synthetic
    assert found is not None and (found.items, found.observed) == (2, 0.5)
