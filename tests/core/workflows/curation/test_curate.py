"""A curator's changes: versions, decisions, undo."""

from collections.abc import Mapping
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
    Source,
    Span,
    State,
    SyntheticSentence,
)
from core.errors import ConflictError, DareError, DomainError, NotFoundError, SchemaError, SpanError
from core.workflows.curation.curate import (
    apply_sentence_batch,
    apply_sentence_event,
    apply_synthetic_batch,
    apply_synthetic_event,
)
from core.workflows.curation.undo import undo
from db.queries import annotations, decisions, documents, intake, projects, synthetic, users
from db.queries.annotations import SentenceView
from db.queries.predictions import store_predictions
from db.session import Engine, Session, session_scope

TEXT = "It rained. Aspirin caused rash and fever."
START = 11


class Desk:
    """A project with one predicted sentence and a curator."""

    def __init__(self, session: Session) -> None:
        schema = Schema(
            (EntityType("Chemical"), EntityType("Disease")),
            (RelationLabel("CID", (("Chemical", "Disease"),)), RelationLabel("LINK", (("Disease", "Disease"),), True)),
        )
        self.session = session
        self.project_id = projects.add_project(session, "p", template="x", description="", guideline="", schema=schema)
        self.user_id = users.get_or_add_user(session, "ada")
        document = Document("d", TEXT, (Sentence(Span(0, 10)), Sentence(Span(START, len(TEXT)))))
        document_id = intake.store_document(session, self.project_id, document, source_name="")
        self.other_id, self.sentence_id = documents.list_sentence_ids(session, [document_id])
        aspirin = Mention(Span(0, 7), "Chemical", score=0.9)
        rash = Mention(Span(15, 19), "Disease", score=0.8)
        prediction = SentencePrediction((aspirin, rash), (Relation(aspirin, rash, "CID", 0.7),), uncertainty=0.3)
        store_predictions(session, {self.sentence_id: prediction}, predicted_by="m")
        session.commit()
        view = self.view()
        self.aspirin, self.rash = (mention.id for mention in view.mentions)
        (self.relation,) = (relation.id for relation in view.relations)

    def view(self) -> SentenceView:
        return annotations.get_sentence_view(self.session, self.sentence_id)

    def do(self, kind: str, **fields: object) -> SentenceView:
        view = apply_sentence_event(
            self.session,
            project_id=self.project_id,
            user_id=self.user_id,
            sentence_id=self.sentence_id,
            version=self.view().version,
            event={"kind": kind, **fields},
        )
        self.session.commit()
        return view

    def states(self) -> tuple[State, list[State], list[State]]:
        view = self.view()
        return view.state, [m.state for m in view.mentions], [r.state for r in view.relations]

    def log(self) -> list[str]:
        return [d.action for d in reversed(decisions.list_decisions(self.session, project_id=self.project_id))]


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session)


def test_accepting_a_sentence_accepts_all_that_is_pending_and_ends_its_review(desk: Desk) -> None:
    desk.do("accept")
    accepted = State.ACCEPTED
    assert desk.states() == (accepted, [accepted, accepted], [accepted])
    assert desk.log() == ["accept"]


def test_rejecting_a_sentence_leaves_it_reviewed_with_nothing_pending_in_it(desk: Desk) -> None:
    desk.do("accept", mention_id=desk.aspirin)
    desk.do("reject")
    assert desk.states() == (State.ACCEPTED, [State.ACCEPTED], [])


def test_accepting_a_relation_accepts_its_mentions_but_does_not_end_the_review(desk: Desk) -> None:
    desk.do("accept", relation_id=desk.relation)
    accepted = State.ACCEPTED
    assert desk.states() == (State.PENDING, [accepted, accepted], [accepted])


def test_rejecting_a_mention_rejects_its_relations(desk: Desk) -> None:
    desk.do("reject", mention_id=desk.rash)
    assert desk.states() == (State.PENDING, [State.PENDING], [])


def test_rejecting_a_relation_keeps_its_mentions(desk: Desk) -> None:
    desk.do("reject", relation_id=desk.relation)
    assert desk.states() == (State.PENDING, [State.PENDING, State.PENDING], [])


def test_added_mention_and_relation_are_gold_and_the_curators(desk: Desk) -> None:
    start = TEXT.index("fever") - START
    view = desk.do("add_mention", start=start, end=start + 5, entity_type="Disease")
    fever = view.mentions[-1]
    assert (fever.state, fever.source, fever.score) == (State.ACCEPTED, Source.CURATOR, None)
    view = desk.do("add_relation", head_id=desk.aspirin, tail_id=fever.id, label="CID")
    assert (view.relations[-1].state, view.relations[-1].source) == (State.ACCEPTED, Source.CURATOR)
    assert view.mentions[0].state is State.ACCEPTED
    (document,) = documents.stream_documents(desk.session, desk.project_id)
    assert document.mentions[-1].span.text(document.text) == "fever"


def test_adding_the_predicted_relation_accepts_it(desk: Desk) -> None:
    view = desk.do("add_relation", head_id=desk.aspirin, tail_id=desk.rash, label="CID")
    assert [(r.id, r.state, r.source) for r in view.relations] == [(desk.relation, State.ACCEPTED, Source.MODEL)]


def test_changing_a_predicted_span_or_label_makes_it_corrected(desk: Desk) -> None:
    view = desk.do("resize_mention", mention_id=desk.rash, start=8, end=19)
    assert (view.mentions[1].start, view.mentions[1].state) == (8, State.CORRECTED)
    desk.do("set_type", mention_id=desk.aspirin, entity_type="Disease")
    assert [r.state for r in desk.view().relations] == []
    view = desk.do("add_relation", head_id=desk.aspirin, tail_id=desk.rash, label="LINK")
    assert [r.label for r in view.relations] == ["LINK"]


def test_what_a_curator_made_stays_accepted_when_changed(desk: Desk) -> None:
    mention_id = desk.do("add_mention", start=8, end=14, entity_type="Disease").mentions[1].id
    view = desk.do("set_type", mention_id=mention_id, entity_type="Chemical")
    assert view.mentions[1].state is State.ACCEPTED


def test_flag_comment_and_reopen(desk: Desk) -> None:
    desk.do("accept")
    assert desk.do("flag").is_flagged and not desk.do("flag").is_flagged
    assert desk.do("comment", text=" <b>odd</b> ").comment == "<b>odd</b>"
    assert desk.do("reopen").state is State.PENDING
    assert desk.log() == ["accept", "flag", "flag", "comment", "reopen"]


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        ({"kind": "add_mention", "start": 25, "end": 99, "entity_type": "Disease"}, SpanError, "beyond its text of 30"),
        ({"kind": "add_mention", "start": 5, "end": 5, "entity_type": "Disease"}, SpanError, "start < end"),
        ({"kind": "add_mention", "start": 0, "end": 4, "entity_type": "Gene"}, SchemaError, "known: Chemical, Disease"),
        ({"kind": "add_mention", "start": 0, "end": 7, "entity_type": "Chemical"}, SpanError, "'Aspirin' is marked"),
        ({"kind": "add_mention", "start": "0", "end": 7, "entity_type": "Chemical"}, DomainError, "integer 'start'"),
        ({"kind": "add_relation", "head_id": 2, "tail_id": 1, "label": "CID"}, SchemaError, "Disease → Chemical"),
        ({"kind": "add_relation", "head_id": 1, "tail_id": 2, "label": "X"}, SchemaError, "known: CID, LINK"),
        ({"kind": "add_relation", "head_id": 1, "tail_id": 77, "label": "CID"}, NotFoundError, "Mention 77"),
        ({"kind": "reverse_relation", "relation_id": 1}, SchemaError, "Disease → Chemical"),
        ({"kind": "set_label", "relation_id": 1, "label": "LINK"}, SchemaError, "may not join"),
        ({"kind": "delete_relation", "relation_id": 9}, NotFoundError, "Relation 9"),
        ({"kind": "comment", "text": "x" * 5000}, DomainError, "at most 4000"),
        ({"kind": "explode"}, DomainError, "known: add_mention"),
        ({}, DomainError, "Unknown event kind None"),
    ],
)
def test_illegal_event_is_refused_and_changes_nothing(
    desk: Desk, event: Mapping[str, Any], error: type[DareError], message: str
) -> None:
    before = desk.view()
    assert (desk.aspirin, desk.rash, desk.relation) == (1, 2, 1)
    with pytest.raises(error, match=message):
        desk.do(event.get("kind", ""), **{k: v for k, v in event.items() if k != "kind"}) if event else apply_raw(desk)
    desk.session.commit()
    assert desk.view() == before
    assert desk.log() == []


def apply_raw(desk: Desk) -> SentenceView:
    return apply_sentence_event(
        desk.session,
        project_id=desk.project_id,
        user_id=desk.user_id,
        sentence_id=desk.sentence_id,
        version=desk.view().version,
        event={},
    )


def test_type_change_that_breaks_a_decided_relation_is_refused(desk: Desk) -> None:
    desk.do("accept")
    with pytest.raises(SchemaError, match="Delete or change that relation first"):
        desk.do("set_type", mention_id=desk.rash, entity_type="Chemical")


def test_symmetric_relation_cannot_be_added_again_the_other_way_round(desk: Desk) -> None:
    fever = desk.do("add_mention", start=24, end=29, entity_type="Disease").mentions[-1].id
    desk.do("add_relation", head_id=desk.rash, tail_id=fever, label="LINK")
    with pytest.raises(SchemaError, match="joined by LINK already"):
        desk.do("add_relation", head_id=fever, tail_id=desk.rash, label="LINK")


def test_event_that_changes_nothing_leaves_no_decision(desk: Desk) -> None:
    desk.do("accept")
    version = desk.view().version
    desk.do("accept")
    assert desk.log() == ["accept"] and desk.view().version == version


def test_sentence_of_another_project_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        apply_sentence_event(
            desk.session, project_id=99, user_id=desk.user_id, sentence_id=desk.sentence_id, version=2,
            event={"kind": "flag"},
        )  # fmt: skip


def test_of_two_tabs_on_one_sentence_the_second_is_told_and_overwrites_nothing(engine: Engine, desk: Desk) -> None:
    version = desk.view().version
    with Session(engine) as first, Session(engine) as second:
        for session in (first, second):
            annotations.get_sentence_view(session, desk.sentence_id)
        apply_sentence_event(
            first, project_id=desk.project_id, user_id=desk.user_id, sentence_id=desk.sentence_id, version=version,
            event={"kind": "delete_mention", "mention_id": desk.rash},
        )  # fmt: skip
        first.commit()
        with pytest.raises(ConflictError, match=f"you saw version {version}, it is at {version + 1}"):
            apply_sentence_event(
                second, project_id=desk.project_id, user_id=desk.user_id, sentence_id=desk.sentence_id,
                version=version, event={"kind": "accept"},
            )  # fmt: skip
        second.commit()
    assert desk.log() == ["delete_mention"]
    assert desk.states() == (State.PENDING, [State.PENDING], [])


def test_undo_of_a_deletion_restores_mention_and_relations_with_the_same_ids(desk: Desk) -> None:
    before = desk.view()
    desk.do("delete_mention", mention_id=desk.aspirin)
    restored = undo(desk.session, desk.project_id, desk.user_id).restored
    assert restored == (("sentence", desk.sentence_id),)
    after = desk.view()
    assert (after.mentions, after.relations, after.state) == (before.mentions, before.relations, before.state)
    assert after.version == before.version + 2
    assert desk.log() == ["delete_mention", "undo"]


def test_undo_goes_back_step_by_step_to_the_start_and_then_says_so(desk: Desk) -> None:
    before = desk.view()
    fever = desk.do("add_mention", start=24, end=29, entity_type="Disease").mentions[-1].id
    desk.do("add_relation", head_id=desk.aspirin, tail_id=fever, label="CID")
    desk.do("accept")
    for _ in range(3):
        assert undo(desk.session, desk.project_id, desk.user_id).restored
    assert (desk.view().mentions, desk.view().relations) == (before.mentions, before.relations)
    assert undo(desk.session, desk.project_id, desk.user_id).restored == ()
    with pytest.raises(NotFoundError, match="nothing left to undo"):
        desk.do("undo")


def test_undo_does_not_touch_what_others_did(desk: Desk) -> None:
    bob = users.get_or_add_user(desk.session, "bob")
    desk.do("flag")
    assert undo(desk.session, desk.project_id, bob).restored == ()
    apply_sentence_event(
        desk.session, project_id=desk.project_id, user_id=bob, sentence_id=desk.sentence_id,
        version=desk.view().version, event={"kind": "accept"},
    )  # fmt: skip
    with pytest.raises(ConflictError, match=r"flag\) cannot be undone.*changed since"):
        undo(desk.session, desk.project_id, desk.user_id)
    assert desk.view().state is State.ACCEPTED and desk.view().is_flagged


def test_bulk_step_is_undone_as_a_whole(desk: Desk) -> None:
    versions = {desk.other_id: 1, desk.sentence_id: desk.view().version}
    changed = apply_sentence_batch(
        desk.session, project_id=desk.project_id, user_id=desk.user_id, versions=versions, event={"kind": "accept"}
    )
    assert changed == 2
    restored = undo(desk.session, desk.project_id, desk.user_id).restored
    assert sorted(restored) == [("sentence", desk.other_id), ("sentence", desk.sentence_id)]
    views = annotations.get_sentence_views(desk.session, [desk.other_id, desk.sentence_id])
    assert [view.state for view in views] == [State.PENDING, State.PENDING]
    assert undo(desk.session, desk.project_id, desk.user_id).restored == ()


def add_synthetic(desk: Desk, number: int = 1) -> list[int]:
    head, tail = Mention(Span(0, 10), "Chemical"), Mention(Span(18, 27), "Disease")
    sentences = [SyntheticSentence(f"$CHEMICAL$ caused $DISEASE$ {n}.", "CID", head, tail) for n in range(number)]
    synthetic.add_synthetic(desk.session, desk.project_id, sentences)
    desk.session.commit()
    return sorted(view.id for view in synthetic.list_synthetic(desk.session, desk.project_id))


def do_synthetic(desk: Desk, synthetic_id: int, kind: str, **fields: object) -> synthetic.SyntheticView:
    view = synthetic.get_synthetic_view(desk.session, synthetic_id, project_id=desk.project_id)
    return apply_synthetic_event(
        desk.session, project_id=desk.project_id, user_id=desk.user_id, synthetic_id=synthetic_id,
        version=view.version, event={"kind": kind, **fields},
    )  # fmt: skip


def test_edited_synthetic_sentence_keeps_its_masks_and_the_generators_text(desk: Desk) -> None:
    (synthetic_id,) = add_synthetic(desk)
    view = do_synthetic(desk, synthetic_id, "edit", text="In two patients $DISEASE$ followed $CHEMICAL$.")
    assert view.text[view.head_start : view.head_end] == "$CHEMICAL$"
    assert view.text[view.tail_start : view.tail_end] == "$DISEASE$"
    assert view.original_text == "$CHEMICAL$ caused $DISEASE$ 0."
    assert view.state is State.CORRECTED
    again = do_synthetic(desk, synthetic_id, "edit", text="$CHEMICAL$ gave $DISEASE$.")
    assert again.original_text == view.original_text
    do_synthetic(desk, synthetic_id, "undo")
    assert do_synthetic(desk, synthetic_id, "undo").text == "$CHEMICAL$ caused $DISEASE$ 0."


@pytest.mark.parametrize("text", ["no mask", "$CHEMICAL$ only", "$CHEMICAL$ $CHEMICAL$ $DISEASE$"])
def test_edit_that_loses_or_doubles_a_mask_is_refused(desk: Desk, text: str) -> None:
    (synthetic_id,) = add_synthetic(desk)
    with pytest.raises(SpanError, match="exactly once"):
        do_synthetic(desk, synthetic_id, "edit", text=text)


def test_synthetic_sentence_is_rejected_with_a_reason_relabelled_and_undone(desk: Desk) -> None:
    (synthetic_id,) = add_synthetic(desk)
    view = do_synthetic(desk, synthetic_id, "reject", reason="not fluent")
    assert (view.state, view.reason) == (State.REJECTED, "not fluent")
    assert do_synthetic(desk, synthetic_id, "relabel", label="NO_RELATION").label == "NO_RELATION"
    with pytest.raises(SchemaError, match="may not join Chemical → Disease"):
        do_synthetic(desk, synthetic_id, "relabel", label="LINK")
    do_synthetic(desk, synthetic_id, "undo")
    assert do_synthetic(desk, synthetic_id, "undo").state is State.PENDING
    assert do_synthetic(desk, synthetic_id, "skip").state is State.PENDING


def test_flag_and_comment_of_a_synthetic_sentence_leave_its_state_and_are_undone(desk: Desk) -> None:
    (synthetic_id,) = add_synthetic(desk)
    assert do_synthetic(desk, synthetic_id, "flag").is_flagged
    view = do_synthetic(desk, synthetic_id, "comment", text=" Who says so? ")
    assert (view.is_flagged, view.comment, view.state) == (True, "Who says so?", State.PENDING)
    assert not do_synthetic(desk, synthetic_id, "flag").is_flagged
    with pytest.raises(DomainError, match="at most 4000"):
        do_synthetic(desk, synthetic_id, "comment", text="x" * 4001)
    for _ in range(2):
        do_synthetic(desk, synthetic_id, "undo")
    view = do_synthetic(desk, synthetic_id, "undo")
    assert (view.is_flagged, view.comment) == (False, "")


def test_decision_of_before_flags_and_comments_existed_can_still_be_undone(desk: Desk) -> None:
    (synthetic_id,) = add_synthetic(desk)
    do_synthetic(desk, synthetic_id, "accept")
    (decision,) = decisions.list_decisions(desk.session, project_id=desk.project_id)
    assert not {"is_flagged", "comment"} & (decision.before.keys() | decision.after.keys())
    assert do_synthetic(desk, synthetic_id, "undo").state is State.PENDING


def test_stale_synthetic_sentence_is_a_conflict(desk: Desk) -> None:
    (synthetic_id,) = add_synthetic(desk)
    do_synthetic(desk, synthetic_id, "accept")
    with pytest.raises(ConflictError, match="you saw version 1, it is at 2"):
        apply_synthetic_event(
            desk.session, project_id=desk.project_id, user_id=desk.user_id, synthetic_id=synthetic_id, version=1,
            event={"kind": "reject"},
        )  # fmt: skip


def test_accepting_many_synthetic_sentences_is_one_step(desk: Desk) -> None:
    ids = add_synthetic(desk, 5)
    desk.do("flag")
    accepted = apply_synthetic_batch(
        desk.session, project_id=desk.project_id, user_id=desk.user_id, synthetic_ids=ids, event={"kind": "accept"}
    )
    assert accepted == 5
    assert len(undo(desk.session, desk.project_id, desk.user_id).restored) == 5
    assert synthetic.count_synthetic(desk.session, desk.project_id) == {"CID": {State.PENDING: 5}}
    assert undo(desk.session, desk.project_id, desk.user_id).restored == (("sentence", desk.sentence_id),)


def test_change_and_decision_stand_or_fall_together(engine: Engine, desk: Desk) -> None:
    version = desk.view().version
    desk.session.commit()
    with pytest.raises(RuntimeError), session_scope(engine) as session:
        apply_sentence_event(
            session, project_id=desk.project_id, user_id=desk.user_id, sentence_id=desk.sentence_id,
            version=version, event={"kind": "accept"},
        )  # fmt: skip
        raise RuntimeError
    assert desk.view().state is State.PENDING
    assert desk.log() == []
