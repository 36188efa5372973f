"""The table of labels: what was drawn, filtered, decided and is wanted."""

import pytest

from core.domain import (
    NO_RELATION,
    Document,
    JobKind,
    Mention,
    Relation,
    Sentence,
    Span,
    Split,
    State,
)
from core.errors import DomainError, SchemaError
from core.workflows.synthesis.acceptance import get_standings, set_wanted
from db.queries import intake, jobs
from db.session import Session
from tests.core.workflows.synthetic_desk import SyntheticDesk


def store_gold(desk: SyntheticDesk, split: Split, number: int) -> None:
    text = f"Aspirin{number} caused rash and nausea."
    head = Mention(Span(0, text.index(" ")), "Chemical")
    tails = [Mention(Span(at := text.index(word), at + len(word)), "Disease") for word in ("rash", "nausea")]
    whole = Sentence(Span(0, len(text)), State.ACCEPTED)
    document = Document(f"d{number}", text, (whole,), (head, *tails), (Relation(head, tails[0], "CID"),), split=split)
    intake.store_document(desk.session, desk.project_id, document, source_name="s")


def finish_generation(desk: SyntheticDesk, job_id: str, generated: int, removed: dict[str, int]) -> None:
    jobs.add_job(desk.session, job_id, JobKind.GENERATE, project_id=desk.project_id, params={})
    result = {"labels": {"CID": {"generated": generated, "kept": 1, "removed": removed}}}
    jobs.finish_job(desk.session, job_id, result=result)


def test_drawn_and_filtered_add_up_over_finished_generations(session: Session) -> None:
    desk = SyntheticDesk(session)
    finish_generation(desk, "one", 90, {"masks": 10, "too_short": 30})
    finish_generation(desk, "two", 10, {"masks": 5})
    jobs.add_job(session, "waits", JobKind.GENERATE, project_id=desk.project_id, params={})
    cid, negative = get_standings(session, desk.project_id)
    assert (cid.drawn, cid.num_removed) == (100, 45)
    assert cid.removed[0] == ("has fewer than 8 words", 30)
    assert (negative.drawn, negative.removed) == (0, ())


def test_rejections_are_counted_by_the_curators_reason(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=4)
    for view, reason in zip(desk.views, ("not fluent", "copies gold", "not fluent", None), strict=True):
        desk.do(view, "reject", reason=reason)
    (cid, _) = get_standings(session, desk.project_id)
    assert cid.reasons == (("not fluent", 2), ("", 1), ("copies gold", 1))
    desk.do(desk.views[0], "undo")
    assert get_standings(session, desk.project_id)[0].reasons == (("", 1), ("copies gold", 1), ("not fluent", 1))


def test_as_many_are_wanted_as_there_is_gold_in_train_until_somebody_says_otherwise(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=1)
    for number, split in enumerate((Split.TRAIN, Split.TRAIN, Split.TEST)):
        store_gold(desk, split, number)
    assert [one.wanted for one in get_standings(session, desk.project_id)] == [2, 2]
    set_wanted(session, desk.project_id, "CID", 50)
    set_wanted(session, desk.project_id, NO_RELATION, 0)
    desk.do(desk.views[0], "accept")
    cid, negative = get_standings(session, desk.project_id)
    assert (cid.wanted, cid.accepted, cid.progress) == (50, 1, 0.02)
    assert (negative.wanted, negative.progress) == (0, None)
    set_wanted(session, desk.project_id, "CID", None)
    assert get_standings(session, desk.project_id)[0].wanted == 2


def test_wanted_number_out_of_range_or_of_an_unknown_label_is_refused(session: Session) -> None:
    desk = SyntheticDesk(session)
    with pytest.raises(DomainError, match="-1 sentences cannot be wanted for CID; it takes 0 to 1,000,000"):
        set_wanted(session, desk.project_id, "CID", -1)
    with pytest.raises(SchemaError, match="Unknown relation label 'X'"):
        set_wanted(session, desk.project_id, "X", 5)
