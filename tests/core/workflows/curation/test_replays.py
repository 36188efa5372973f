"""Changes that a browser sends again after the server was started anew."""

import pytest

from core.workflows.curation.replays import find_replayed
from db.queries import decisions
from db.session import Session
from tests.core.workflows.curation.test_curate import Desk


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session)


def find(desk: Desk, version: int, kind: str, **fields: object) -> int | None:
    return find_replayed(
        desk.session,
        project_id=desk.project_id,
        user_id=desk.user_id,
        target=(decisions.SENTENCE, desk.sentence_id),
        version=version,
        event={"kind": kind, **fields},
    )


def test_stored_change_is_found_at_the_version_that_it_was_made_from(desk: Desk) -> None:
    seen = desk.view().version
    desk.do("add_mention", start=24, end=29, entity_type="Disease")
    desk.do("accept")
    assert find(desk, seen, "add_mention", start=24, end=29, entity_type="Disease") == seen + 1
    assert find(desk, seen + 1, "accept") == seen + 2
    assert find(desk, seen + 2, "accept") is None


def test_each_of_two_equal_changes_is_found_once(desk: Desk) -> None:
    seen = desk.view().version
    desk.do("flag")
    assert find(desk, seen, "flag") == seen + 1
    assert find(desk, seen + 1, "flag") is None


def test_other_change_of_the_same_kind_is_not_taken_for_it(desk: Desk) -> None:
    seen = desk.view().version
    desk.do("reject", mention_id=desk.rash)
    assert find(desk, seen, "reject", mention_id=desk.aspirin) is None
    assert find(desk, seen, "set_label", relation_id=desk.relation, label="LINK") is None


def test_change_of_somebody_else_is_not_taken_for_it(desk: Desk) -> None:
    seen = desk.view().version
    desk.do("accept")
    desk.user_id += 1
    assert find(desk, seen, "accept") is None


def test_stored_undo_is_not_repeated(desk: Desk) -> None:
    seen = desk.view().version
    desk.do("accept")
    desk.do("undo")
    assert [find(desk, version, kind) for version, kind in ((seen, "accept"), (seen + 1, "undo"))] == [
        seen + 1,
        seen + 2,
    ]
