"""Relations across sentences follow the mentions that they join, on whichever card these are decided."""

import pytest
from sqlmodel import col, select

from core.domain import Document, Mention, Relation, Sentence, SentencePrediction, Source, Span, State
from core.workflows.curation import clash, curate, replays
from core.workflows.curation.undo import undo
from core.workflows.documents.instances import build_instances
from core.workflows.projects import create_project
from db.queries import annotations, decisions, documents, intake, projects, users
from db.queries.annotations import SentenceView
from db.queries.predictions import store_predictions
from db.session import Session
from db.tables import RelationRow

TEXT = "Aspirin was given. Warfarin levels rose and digoxin fell."
SENTENCES = (Span(0, 18), Span(19, 57))
PLACES = {"aspirin": Span(0, 7), "warfarin": Span(19, 27), "digoxin": Span(44, 51)}


class Desk:
    """Two reviewed sentences: a relation from the first to the second, and one inside the second."""

    def __init__(self, session: Session, *, crossing: State = State.CORRECTED, state: State = State.ACCEPTED) -> None:
        self.session = session
        self.project_id = create_project(session, "p", template="drug-drug")
        self.ada, self.bob = (users.get_or_add_user(session, name) for name in ("ada", "bob"))
        is_open = state is State.PENDING
        source = Source.MODEL if is_open else Source.IMPORT
        aspirin, warfarin, digoxin = (Mention(span, "Drug", state=state, source=source) for span in PLACES.values())
        links = (
            Relation(aspirin, warfarin, "EFFECT", state=crossing),
            Relation(warfarin, digoxin, "EFFECT", state=state, source=source),
        )
        sentences = tuple(Sentence(span, state) for span in SENTENCES)
        document = Document("d", TEXT, sentences, (aspirin, warfarin, digoxin), links)
        document_id = intake.store_document(session, self.project_id, document, source_name="s")
        self.ids = documents.list_sentence_ids(session, [document_id])
        self.mentions = {
            view.text[m.start : m.end].lower(): m.id for view in map(self.view, (0, 1)) for m in view.mentions
        }
        session.commit()

    def view(self, place: int) -> SentenceView:
        return annotations.get_sentence_view(self.session, self.ids[place])

    def do(self, place: int, kind: str, *, by: int | None = None, **fields: object) -> None:
        view = self.view(place)
        curate.apply_sentence_event(
            self.session, project_id=self.project_id, user_id=by or self.ada, sentence_id=view.id,
            version=view.version, event={"kind": kind, **fields},
        )  # fmt: skip
        self.session.commit()

    def undo(self, by: int | None = None) -> None:
        assert undo(self.session, self.project_id, by or self.ada).restored
        self.session.commit()

    @property
    def crossing(self) -> State:
        """State of the relation across the sentences."""
        return self.session.exec(select(RelationRow.state).where(col(RelationRow.sentence_id).is_(None))).one()


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session)


@pytest.mark.parametrize(("place", "name"), [(0, "aspirin"), (1, "warfarin")])
def test_relation_across_sentences_is_rejected_with_its_head_or_tail_and_undo_restores_it(
    desk: Desk, place: int, name: str
) -> None:
    desk.do(place, "delete_mention", mention_id=desk.mentions[name])
    assert desk.crossing is State.REJECTED
    (document,) = documents.stream_documents(desk.session, desk.project_id)
    assert build_instances([document], projects.get_schema(desk.session, desk.project_id)).unreachable == ()
    desk.undo()
    assert desk.crossing is State.CORRECTED


def test_relation_that_was_rejected_before_stays_so_when_its_mention_comes_back(session: Session) -> None:
    desk = Desk(session, crossing=State.REJECTED)
    desk.do(0, "delete_mention", mention_id=desk.mentions["aspirin"])
    desk.undo()
    assert desk.crossing is State.REJECTED


def test_rejecting_all_that_is_pending_takes_the_relation_across_sentences_along(session: Session) -> None:
    desk = Desk(session, state=State.PENDING)
    desk.do(0, "reject")
    assert desk.crossing is State.REJECTED
    desk.undo()
    assert desk.crossing is State.CORRECTED


def test_relation_comes_back_only_with_the_second_of_two_rejected_mentions(desk: Desk) -> None:
    desk.do(0, "delete_mention", mention_id=desk.mentions["aspirin"])
    desk.do(1, "delete_mention", by=desk.bob, mention_id=desk.mentions["warfarin"])
    desk.undo()
    assert desk.crossing is State.REJECTED
    desk.undo(by=desk.bob)
    assert desk.crossing is State.CORRECTED


def test_other_changes_of_the_sentence_leave_the_relation_as_it_is(desk: Desk) -> None:
    desk.do(1, "delete_mention", mention_id=desk.mentions["digoxin"])
    desk.do(0, "flag")
    assert desk.crossing is State.CORRECTED


def test_what_the_decision_records_beside_the_card_is_in_nobodys_way(desk: Desk) -> None:
    event = {"kind": "delete_mention", "mention_id": desk.mentions["aspirin"]}
    seen, target = desk.view(0).version, ("sentence", desk.ids[0])
    desk.do(0, **event)
    about = {"project_id": desk.project_id, "user_id": desk.ada, "target": target}
    assert replays.find_replayed(desk.session, **about, version=seen, event=event) == seen + 1
    found = clash.find_clash(desk.session, **about, seen_version=seen, events=[{"kind": "accept"}])
    assert found.changed_by == "ada" and isinstance(found.mine, type(found.present))
    assert [mention.state for mention in found.mine.mentions.values()] == [State.ACCEPTED]


def test_mention_that_a_clash_brings_back_brings_its_relation_back(desk: Desk) -> None:
    seen = desk.view(0).version
    desk.do(0, "delete_mention", by=desk.bob, mention_id=desk.mentions["aspirin"])
    clash.apply_mine(
        desk.session, project_id=desk.project_id, user_id=desk.ada, target=("sentence", desk.ids[0]),
        version=seen + 1, seen_version=seen, events=[{"kind": "accept"}],
    )  # fmt: skip
    assert desk.crossing is State.CORRECTED
    desk.undo()
    assert desk.crossing is State.REJECTED
    desk.undo(by=desk.bob)
    assert desk.crossing is State.CORRECTED


def test_prediction_keeps_a_mention_that_a_decided_relation_across_sentences_names(session: Session) -> None:
    desk = Desk(session, crossing=State.ACCEPTED, state=State.PENDING)
    store_predictions(session, dict.fromkeys(desk.ids, SentencePrediction((), ())), predicted_by="m")
    assert desk.crossing is State.ACCEPTED
    (document,) = documents.stream_documents(session, desk.project_id)
    assert [mention.span for mention in document.mentions] == [PLACES["aspirin"], PLACES["warfarin"]]
    assert decisions.list_decisions(session, project_id=desk.project_id) == []
