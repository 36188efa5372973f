"""Charts tell the truth: pending rows over time from imports and decisions, undone ones too; suggestions by outcome."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.domain import Document, Sentence, Span, State
from core.workflows.curation import curate
from core.workflows.curation.undo import undo
from core.workflows.progress import get_activity, get_suggestion_acceptance
from db.queries import annotations, decisions, documents, intake, progress, synthetic, users
from db.queries.progress import Period
from db.session import Session
from tests.core.workflows.curation.test_accept_above import Desk
from tests.core.workflows.synthetic_desk import SyntheticDesk

START = datetime(2026, 3, 1, 10, 5, tzinfo=UTC)


class Clock:
    """What time it is for decisions, and when documents came."""

    def __init__(self) -> None:
        self.now = START

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)

    def set_document(self, session: Session, document_id: int) -> None:
        target = sa.table("document", sa.column("id"), sa.column("created_at", sa.DateTime()))
        at = self.now.replace(tzinfo=None)
        session.connection().execute(sa.update(target).where(target.c.id == document_id).values(created_at=at))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(decisions, "utc_now", lambda: clock.now)
    return clock


def decide(session: Session, project_id: int, sentence_id: int, kind: str) -> None:
    view = annotations.get_sentence_view(session, sentence_id)
    curate.apply_sentence_event(
        session, project_id=project_id, user_id=users.get_or_add_user(session), sentence_id=sentence_id,
        version=view.version, event={"kind": kind},
    )  # fmt: skip


def add_document(session: Session, project_id: int, name: str, *states: State) -> list[int]:
    sentences = tuple(Sentence(Span(6 * place, 6 * place + 5), state) for place, state in enumerate(states))
    text = " ".join(["Word."] * (len(states) - 1) + [f"{name}."])
    document_id = intake.store_document(session, project_id, Document(name, text, sentences), source_name="s")
    return documents.list_sentence_ids(session, [document_id])


def test_burn_down_follows_imports_decisions_and_undo(session: Session, project_id: int, clock: Clock) -> None:
    first, second, _ = add_document(session, project_id, "abcd", State.PENDING, State.PENDING, State.PENDING)
    clock.set_document(session, 1)
    clock.forward(hours=1)
    decide(session, project_id, first, "accept")
    clock.forward(hours=1)
    add_document(session, project_id, "efgh", State.ACCEPTED, State.PENDING)
    clock.set_document(session, 2)
    decide(session, project_id, second, "accept")
    clock.forward(hours=1)
    decide(session, project_id, second, "flag")
    user_id = users.get_or_add_user(session)
    for _ in range(2):  # the flag, then the acceptance
        clock.forward(hours=1)
        undo(session, project_id, user_id)
    points = progress.get_burn_down(session, project_id, kind="sentence", period=Period.HOUR)
    assert {one.at.hour: one.pending for one in points} == {10: 3, 11: 2, 12: 2, 13: 2, 14: 2, 15: 3}
    assert progress.get_burn_down(session, project_id, kind="sentence", period=Period.DAY)[-1].pending == 3


def test_decisions_are_gathered_by_minutes_hours_or_days_as_fits_their_span(
    session: Session, project_id: int, clock: Clock
) -> None:
    first, second, third = add_document(session, project_id, "abcd", *[State.PENDING] * 3)
    decide(session, project_id, first, "accept")
    assert get_activity(session, project_id, kind="sentence").counts == {(START, "accepted"): 1}
    clock.forward(hours=4)
    decide(session, project_id, second, "reject")
    activity = get_activity(session, project_id, kind="sentence")
    assert activity.period is Period.HOUR
    assert {(at.hour, at.minute, what) for at, what in activity.counts} == {(10, 0, "accepted"), (14, 0, "rejected")}
    clock.forward(days=10)
    decide(session, project_id, third, "flag")
    activity = get_activity(session, project_id, kind="sentence")
    assert activity.period is Period.DAY
    assert {(when.day, what) for when, what in activity.counts} == {(1, "accepted"), (1, "rejected"), (11, "other")}


def test_synthetic_sentences_burn_down_on_their_own(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=3)
    desk.do(desk.views[0], "reject")
    points = progress.get_burn_down(session, desk.project_id, kind="synthetic", period=Period.DAY)
    assert points[-1].pending == synthetic.count_queue(session, desk.project_id) == 2
    assert progress.get_burn_down(session, desk.project_id, kind="sentence", period=Period.DAY) == []


def test_project_without_decisions_has_no_activity(session: Session, project_id: int) -> None:
    activity = get_activity(session, project_id, kind="sentence")
    assert (activity.counts, activity.pending) == ({}, [])


def test_suggestions_are_counted_by_what_people_made_of_them(session: Session) -> None:
    desk = Desk(session)
    for _ in range(3):
        desk.add(0.9, 0.9, 0.9)
    decide(session, desk.project_id, desk.ids[0], "accept")
    decide(session, desk.project_id, desk.ids[1], "reject")
    found = {one.name: one for one in get_suggestion_acceptance(session, desk.project_id)}
    assert list(found) == ["CID", "Chemical", "Disease"]
    assert (found["CID"].accepted, found["CID"].rejected, found["CID"].share) == (1, 1, 0.5)
    low, high = found["CID"].interval
    assert low == pytest.approx(0.095, abs=0.01) and high == pytest.approx(0.905, abs=0.01)
