"""Documents are read as they are at one moment, whatever is written meanwhile on another connection."""

from collections.abc import Callable

import sqlalchemy as sa

from core.domain import Document, Mention, Relation, Sentence, SentencePrediction, Source, Span, State
from db.queries import documents, edits, intake
from db.queries.predictions import store_predictions
from db.session import Engine, Session, session_scope

TEXT = "Aspirin caused rash."


def store(session: Session, project_id: int, number: int) -> list[int]:
    stored = [
        intake.store_document(
            session, project_id, Document(f"d{n}", f"{TEXT} {n}", (Sentence(Span(0, 20)),)), source_name="s"
        )
        for n in range(number)
    ]
    session.commit()
    return documents.list_sentence_ids(session, stored)


def predict(session: Session, sentence_ids: list[int], label: str) -> None:
    head = Mention(Span(0, 7), "Chemical", state=State.PENDING, source=Source.MODEL)
    tail = Mention(Span(15, 19), "Disease", state=State.PENDING, source=Source.MODEL)
    told = SentencePrediction((head, tail), (Relation(head, tail, label, 0.9),))
    store_predictions(session, dict.fromkeys(sentence_ids, told), predicted_by="m")


def after_each_select(reader: Session, engine: Engine, write: Callable[[Session], None]) -> list[str]:
    """Write on a connection of its own after every statement of the reader; return the list that these go to."""
    statements: list[str] = []

    def follow(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)
        with session_scope(engine) as writer:
            write(writer)

    sa.event.listen(reader.connection(), "after_cursor_execute", follow)
    return statements


def test_predictions_that_are_stored_during_a_read_do_not_tear_it(
    engine: Engine, session: Session, project_id: int
) -> None:
    ids = store(session, project_id, 3)
    predict(session, ids, "CID")
    session.commit()
    with session_scope(engine) as reader:
        statements = after_each_select(reader, engine, lambda writer: predict(writer, ids, "CID"))
        read = list(documents.stream_documents(reader, project_id))
        assert statements
    assert [(len(one.mentions), [link.label for link in one.relations]) for one in read] == [(2, ["CID"])] * 3


def test_sentences_and_what_is_marked_in_them_are_of_one_moment(
    engine: Engine, session: Session, project_id: int
) -> None:
    ids = store(session, project_id, 2)
    states = [State.ACCEPTED, State.CORRECTED, State.PENDING]

    def move_on(writer: Session) -> None:
        states.append(states.pop(0))
        for loaded in edits.load_sentences(writer, ids).values():
            mention = Mention(Span(0, 7), "Chemical", state=states[0], source=Source.CURATOR)
            held = next(iter(loaded.annotation.mentions), -1)
            edits.save_annotation(writer, loaded, edits.Annotation(states[0], mentions={held: mention}))

    move_on(session)
    session.commit()
    with session_scope(engine) as reader:
        after_each_select(reader, engine, move_on)
        (first, second) = documents.stream_documents(reader, project_id)
    found = [(one.sentences[0].state, [mention.state for mention in one.mentions]) for one in (first, second)]
    assert found == [(State.CORRECTED, [State.CORRECTED])] * 2


def test_reader_that_has_written_sees_its_own_writes_and_can_take_them_back(session: Session, project_id: int) -> None:
    ids = store(session, project_id, 2)
    predict(session, ids, "CID")
    assert [len(one.relations) for one in documents.stream_documents(session, project_id)] == [1, 1]
    session.rollback()
    assert [len(one.relations) for one in documents.stream_documents(session, project_id)] == [0, 0]


def test_reader_can_write_after_somebody_else_did(engine: Engine, session: Session, project_id: int) -> None:
    ids = store(session, project_id, 2)
    with session_scope(engine) as reader:
        assert len(list(documents.stream_documents(reader, project_id))) == 2
        with session_scope(engine) as writer:
            predict(writer, ids[:1], "CID")
        predict(reader, ids[1:], "CID")
    assert [len(one.relations) for one in documents.stream_documents(session, project_id)] == [1, 1]


def test_documents_are_read_in_order_and_all_of_them_over_several_batches(session: Session, project_id: int) -> None:
    store(session, project_id, documents.STREAM_SIZE + 5)
    read = [one.id for one in documents.stream_documents(session, project_id)]
    assert read == [f"d{number}" for number in range(documents.STREAM_SIZE + 5)]
