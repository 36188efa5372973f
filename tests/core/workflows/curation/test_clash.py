"""The loser of a race: both versions are shown, and what they choose is stored without a word of the other lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.domain import (
    Document,
    EntityType,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    SentencePrediction,
    Span,
    State,
)
from core.errors import ConflictError
from core.workflows.curation import curate
from core.workflows.curation.clash import Clash, apply_mine, find_clash
from core.workflows.curation.undo import undo
from db.queries import annotations, decisions, documents, intake, projects, synthetic, users
from db.queries.edits import Annotation
from db.queries.predictions import store_predictions
from db.queries.synthetic_edits import SyntheticEdit
from db.session import Engine, Session
from tests.core.workflows.synthetic_desk import make_judged

TEXT = "Aspirin caused rash and fever."


class Race:
    """A predicted sentence and a synthetic one that two people have open, each in a session of their own."""

    def __init__(self, engine: Engine) -> None:
        self.ada, self.bob = Session(engine, expire_on_commit=False), Session(engine, expire_on_commit=False)
        schema = Schema(
            (EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", (("Chemical", "Disease"),)),)
        )
        session = self.ada
        self.project_id = projects.add_project(session, "p", template="x", description="", guideline="", schema=schema)
        self.users = {name: users.get_or_add_user(session, name) for name in ("ada", "bob")}
        document = Document("d", TEXT, (Sentence(Span(0, len(TEXT))),))
        document_id = intake.store_document(session, self.project_id, document, source_name="")
        (self.sentence_id,) = documents.list_sentence_ids(session, [document_id])
        self.predict(0.7)
        synthetic.add_synthetic(session, self.project_id, [make_judged(1)])
        session.commit()
        (self.synthetic_id,) = synthetic.list_ids(session, self.project_id)
        self.seen = annotations.get_sentence_view(session, self.sentence_id)

    def predict(self, score: float) -> None:
        aspirin, rash = Mention(Span(0, 7), "Chemical", score=0.9), Mention(Span(15, 19), "Disease", score=0.8)
        prediction = SentencePrediction((aspirin, rash), (Relation(aspirin, rash, "CID", score),), uncertainty=0.3)
        store_predictions(self.ada, {self.sentence_id: prediction}, predicted_by="m")

    def bob_does(self, kind: str, **fields: object) -> None:
        curate.apply_sentence_event(
            self.bob, project_id=self.project_id, user_id=self.users["bob"], sentence_id=self.sentence_id,
            version=annotations.get_sentence_view(self.bob, self.sentence_id).version, event={"kind": kind, **fields},
        )  # fmt: skip
        self.bob.commit()

    def clash(self, *events: dict[str, Any]) -> Clash:
        return find_clash(
            self.ada, project_id=self.project_id, user_id=self.users["ada"], target=("sentence", self.sentence_id),
            seen_version=self.seen.version, events=events,
        )  # fmt: skip

    def take_mine(self, version: int, *events: dict[str, Any]) -> None:
        apply_mine(
            self.ada, project_id=self.project_id, user_id=self.users["ada"], target=("sentence", self.sentence_id),
            version=version, seen_version=self.seen.version, events=events,
        )  # fmt: skip
        self.ada.commit()

    def states(self) -> tuple[State, list[State], list[State]]:
        view = annotations.get_sentence_view(self.bob, self.sentence_id)
        return view.state, [one.state for one in view.mentions], [one.state for one in view.relations]


@pytest.fixture
def race(engine: Engine) -> Iterator[Race]:
    race = Race(engine)
    yield race
    race.ada.close()
    race.bob.close()


ACCEPTED = State.ACCEPTED


def test_decision_on_the_whole_card_is_shown_as_it_was_meant_and_replaces_the_other(race: Race) -> None:
    race.bob_does("reject")
    clash = race.clash({"kind": "accept"})
    assert (clash.changed_by, clash.is_own_change) == ("bob", False)
    assert isinstance(clash.present, Annotation) and isinstance(clash.mine, Annotation)
    assert {one.state for one in clash.present.relations.values()} == {State.REJECTED}
    assert {one.state for one in clash.mine.relations.values()} == {ACCEPTED}
    race.take_mine(clash.version, {"kind": "accept"})
    assert race.states() == (ACCEPTED, [ACCEPTED, ACCEPTED], [ACCEPTED])
    undo(race.ada, race.project_id, race.users["ada"])
    race.ada.commit()
    assert race.states() == (ACCEPTED, [], [])


def test_what_the_other_added_goes_with_mine_and_comes_back_with_undo(race: Race) -> None:
    start = TEXT.index("fever")
    race.bob_does("add_mention", start=start, end=start + 5, entity_type="Disease")
    race.take_mine(race.clash({"kind": "reject"}).version, {"kind": "reject"})
    assert race.states() == (ACCEPTED, [], [])
    undo(race.ada, race.project_id, race.users["ada"])
    race.ada.commit()
    assert race.states() == (State.PENDING, [State.PENDING, State.PENDING, ACCEPTED], [State.PENDING])


def test_change_of_a_part_is_put_on_top_of_what_the_other_did(race: Race) -> None:
    start = TEXT.index("fever")
    race.bob_does("flag")
    event = {"kind": "add_mention", "start": start, "end": start + 5, "entity_type": "Disease"}
    clash = race.clash(event)
    race.take_mine(clash.version, event)
    view = annotations.get_sentence_view(race.bob, race.sentence_id)
    assert (view.is_flagged, len(view.mentions)) == (True, 3)


def test_change_of_what_is_gone_cannot_be_applied_and_says_so(race: Race) -> None:
    rash = race.seen.mentions[1].id
    race.bob_does("delete_mention", mention_id=rash)
    clash = race.clash({"kind": "set_type", "mention_id": rash, "entity_type": "Chemical"})
    assert clash.mine is None and "cannot be applied any more" in clash.error


def test_third_change_while_choosing_overwrites_nothing(race: Race) -> None:
    race.bob_does("flag")
    clash = race.clash({"kind": "accept"})
    race.bob_does("reject")
    with pytest.raises(ConflictError, match="changed once more"):
        race.take_mine(clash.version, {"kind": "accept"})
    assert race.states() == (ACCEPTED, [], [])


def test_new_reading_by_a_model_is_named_as_one_and_mine_is_applied_to_it(race: Race) -> None:
    race.predict(0.2)
    race.ada.commit()
    clash = race.clash({"kind": "accept"})
    assert (clash.changed_by, clash.changed_at) == (None, None)
    race.take_mine(clash.version, {"kind": "accept"})
    assert race.states() == (ACCEPTED, [ACCEPTED, ACCEPTED], [ACCEPTED])


def test_synthetic_sentence_that_was_edited_meanwhile_is_accepted_as_it_was_seen(race: Race) -> None:
    view = synthetic.get_synthetic_view(race.ada, race.synthetic_id, project_id=race.project_id)
    curate.apply_synthetic_event(
        race.bob, project_id=race.project_id, user_id=race.users["bob"], synthetic_id=view.id, version=1,
        event={"kind": "edit", "text": "$DISEASE$ after $CHEMICAL$."},
    )  # fmt: skip
    race.bob.commit()
    target, events = (decisions.SYNTHETIC, view.id), [{"kind": "accept"}]
    common: dict[str, Any] = {"project_id": race.project_id, "user_id": race.users["ada"], "target": target}
    clash = find_clash(race.ada, **common, seen_version=1, events=events)
    assert isinstance(clash.mine, SyntheticEdit) and isinstance(clash.present, SyntheticEdit)
    assert (clash.present.text, clash.mine.text) == ("$DISEASE$ after $CHEMICAL$.", view.text)
    apply_mine(race.ada, **common, version=clash.version, seen_version=1, events=events)
    race.ada.commit()
    stored = synthetic.get_synthetic_view(race.bob, view.id, project_id=race.project_id)
    assert (stored.text, stored.state, stored.version) == (view.text, ACCEPTED, 3)
