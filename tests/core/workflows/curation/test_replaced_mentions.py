"""A mention that takes the place of a deleted one: the project stays readable, and undo brings everything back."""

import pytest
import sqlalchemy as sa

from core.domain import Document, Mention, Relation, Sentence, Source, Span, State
from core.workflows.curation import curate
from core.workflows.curation.undo import undo
from core.workflows.data_out.export import ExportFilter, export_project
from core.workflows.projects import create_project
from core.workflows.retraining.retrain_data import collect_documents
from db.queries import annotations, documents, intake, users
from db.queries.annotations import SentenceView
from db.session import Session
from db.tables import MentionRow, RelationRow

TEXT = "Aspirin sodium raises warfarin levels."
SHORT, LONG = Span(0, 7), Span(0, 14)


class Desk:
    """A sentence with two suggested mentions, and a suggested relation from the first to the second."""

    def __init__(self, session: Session, template: str, label: str, *mentions: tuple[Span, str]) -> None:
        self.session = session
        self.project_id = create_project(session, "p", template=template)
        self.user_id = users.get_or_add_user(session, "ada")
        head, tail = (Mention(*one, score=0.9, state=State.PENDING, source=Source.MODEL) for one in mentions)
        link = Relation(head, tail, label, 0.7, State.PENDING, Source.MODEL)
        document = Document("d", TEXT, (Sentence(Span(0, len(TEXT))),), (head, tail), (link,))
        document_id = intake.store_document(session, self.project_id, document, source_name="s")
        (self.sentence_id,) = documents.list_sentence_ids(session, [document_id])
        session.commit()
        self.head, self.tail = (mention.id for mention in self.view().mentions)

    def view(self) -> SentenceView:
        return annotations.get_sentence_view(self.session, self.sentence_id)

    def do(self, kind: str, **fields: object) -> None:
        curate.apply_sentence_event(
            self.session, project_id=self.project_id, user_id=self.user_id, sentence_id=self.sentence_id,
            version=self.view().version, event={"kind": kind, **fields},
        )  # fmt: skip
        self.session.commit()

    def read_everywhere(self) -> Document:
        """Read the project as export and training do, and return its document."""
        export_project(self.session, self.project_id, ExportFilter(gold_only=False), format_name="jsonl")
        collect_documents(self.session, self.project_id)
        (document,) = documents.stream_documents(self.session, self.project_id)
        return document


@pytest.fixture
def drugs(session: Session) -> Desk:
    return Desk(session, "drug-drug", "EFFECT", (SHORT, "Drug"), (LONG, "Drug"))


def test_mention_resized_onto_a_deleted_one_leaves_the_project_readable(drugs: Desk) -> None:
    drugs.do("delete_mention", mention_id=drugs.head)
    drugs.do("resize_mention", mention_id=drugs.tail, start=0, end=7)
    drugs.do("accept")
    document = drugs.read_everywhere()
    assert [(one.span, one.state) for one in document.mentions] == [(SHORT, State.REJECTED), (SHORT, State.CORRECTED)]
    assert document.relations == ()


def test_mention_that_gets_the_type_of_a_deleted_one_leaves_the_project_readable(session: Session) -> None:
    desk = Desk(session, "chemical-protein", "CPR:3", (SHORT, "Chemical"), (SHORT, "Gene"))
    desk.do("delete_mention", mention_id=desk.head)
    desk.do("set_type", mention_id=desk.tail, entity_type="Chemical")
    desk.do("accept")
    assert desk.read_everywhere().relations == ()


def test_undo_brings_the_relation_of_a_replaced_mention_back_as_it_was(drugs: Desk) -> None:
    before = (drugs.view().mentions, drugs.view().relations)
    drugs.do("delete_mention", mention_id=drugs.head)
    drugs.do("resize_mention", mention_id=drugs.tail, start=0, end=7)
    for _ in range(2):
        undo(drugs.session, drugs.project_id, drugs.user_id)
    assert (drugs.view().mentions, drugs.view().relations) == before


def test_accepted_relation_that_came_with_a_rejected_mention_goes_when_another_takes_its_place(drugs: Desk) -> None:
    drugs.session.execute(sa.update(MentionRow).where(MentionRow.id == drugs.head).values(state=State.REJECTED))
    drugs.session.execute(sa.update(RelationRow).values(state=State.ACCEPTED))
    drugs.session.commit()
    drugs.do("resize_mention", mention_id=drugs.tail, start=0, end=7)
    assert drugs.read_everywhere().relations == ()


@pytest.mark.parametrize("state", [State.REJECTED, State.ACCEPTED])
def test_project_that_holds_such_a_relation_already_is_read_without_it(drugs: Desk, state: State) -> None:
    drugs.session.execute(sa.update(MentionRow).values(end=SHORT.end))
    drugs.session.execute(sa.update(MentionRow).where(MentionRow.id == drugs.head).values(state=State.REJECTED))
    drugs.session.execute(sa.update(RelationRow).values(state=state))
    drugs.session.commit()
    assert drugs.read_everywhere().relations == ()
    drugs.do("accept")
    assert drugs.session.scalars(sa.select(RelationRow.id)).all() == []
