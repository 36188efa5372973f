"""Documents that an import brought to the wrong place: another split, or away with all that hangs on them."""

import pytest

from core.domain import Document, Mention, Relation, Sentence, Span, Split, State
from core.errors import NotFoundError
from core.workflows.curation.curate import apply_sentence_event
from core.workflows.curation.undo import undo
from core.workflows.documents.edit_documents import move_documents, remove_documents
from core.workflows.projects import create_project
from db.queries import annotations, browse_documents, documents, history, intake, projects, users
from db.queries.browse_documents import DocumentFilter
from db.session import Session

TEXT = "Aspirin caused nausea."


def make_document(number: int) -> Document:
    text = f"{TEXT} Patient {number} left."
    head, tail = Mention(Span(0, 7), "Chemical"), Mention(Span(15, 21), "Disease")
    sentences = (Sentence(Span(0, 22), State.ACCEPTED), Sentence(Span(23, len(text))))
    return Document(f"doc-{number}", text, sentences, (head, tail), (Relation(head, tail, "CID"),))


@pytest.fixture
def project_id(session: Session) -> int:
    project_id = create_project(session, "p", template="chemical-disease")
    for number in range(3):
        intake.store_document(session, project_id, make_document(number), source_name="f")
    return project_id


def ids_of(session: Session, project_id: int, words: str = "") -> list[int]:
    return browse_documents.list_document_ids(session, DocumentFilter(project_id, search=words))


def test_documents_and_their_sentences_move_to_a_split(session: Session, project_id: int) -> None:
    first, second, _ = ids_of(session, project_id)
    assert move_documents(session, project_id, [first, second], Split.TEST) == 2
    moved = list(documents.stream_documents(session, project_id, splits=[Split.TEST]))
    assert [one.id for one in moved] == ["doc-0", "doc-1"]
    assert documents.count_documents(session, project_id) == {Split.TRAIN: 1, Split.TEST: 2}
    in_test = projects.get_class_balance(session, project_id, split=Split.TEST)
    assert {row.label: row.gold for row in in_test}["CID"] == 2


def test_a_removed_document_is_found_and_counted_nowhere_and_may_come_again(session: Session, project_id: int) -> None:
    first, *rest = ids_of(session, project_id)
    assert ids_of(session, project_id, "patient 0") == [first]
    assert remove_documents(session, project_id, [first]) == 1
    assert ids_of(session, project_id) == rest
    assert ids_of(session, project_id, "patient 0") == []
    assert len(ids_of(session, project_id, "aspirin")) == 2
    assert sum(projects.count_project(session, project_id).sentences.values()) == 4
    intake.store_document(session, project_id, make_document(0), source_name="again")
    assert len(ids_of(session, project_id, "patient 0")) == 1


def test_what_was_decided_in_a_removed_document_does_not_stand_in_the_way_of_undo(
    session: Session, project_id: int
) -> None:
    user_id = users.get_or_add_user(session, "ada")
    first, second, _ = ids_of(session, project_id)
    views = annotations.get_sentence_views(session, documents.list_sentence_ids(session, [first, second]))
    open_ones = [view for view in views if view.state is State.PENDING]
    for view in reversed(open_ones):
        apply_sentence_event(
            session, project_id=project_id, user_id=user_id, sentence_id=view.id, version=view.version,
            event={"kind": "accept"},
        )  # fmt: skip
    remove_documents(session, project_id, [first])
    assert len(history.list_steps(session, project_id=project_id, user_id=user_id)) == 1
    undo(session, project_id, user_id)
    assert annotations.get_sentence_view(session, open_ones[1].id).state is State.PENDING


def test_documents_of_another_project_are_left_alone(session: Session, project_id: int) -> None:
    other = create_project(session, "q", template="chemical-disease")
    for action in (remove_documents, lambda *given: move_documents(*given, Split.DEV)):
        with pytest.raises(NotFoundError, match="has none of these documents"):
            action(session, other, ids_of(session, project_id))
    assert documents.count_documents(session, project_id) == {Split.TRAIN: 3}
