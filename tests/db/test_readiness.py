"""What a training would learn from is counted by split, reviewed sentences only."""

from core.domain import Document, Mention, Relation, Sentence, Span, Split, State
from db.queries import intake, readiness
from db.queries.readiness import SplitData
from db.session import Session

TEXT = "Aspirin caused rash. Codeine caused fever."
FIRST, SECOND = Span(0, 20), Span(21, 42)


def mention(surface: str, entity_type: str) -> Mention:
    start = TEXT.index(surface)
    return Mention(Span(start, start + len(surface)), entity_type)


def store(
    session: Session, project_id: int, *, split: Split, second: State, suffix: str = "", state: State = State.ACCEPTED
) -> None:
    aspirin, rash = mention("Aspirin", "Chemical"), mention("rash", "Disease")
    codeine, fever = mention("Codeine", "Chemical"), mention("fever", "Disease")
    document = Document(
        f"d{suffix}",
        TEXT + suffix,
        (Sentence(FIRST, State.ACCEPTED), Sentence(SECOND, second)),
        (aspirin, rash, codeine, fever),
        (Relation(aspirin, rash, "CID", state=state), Relation(codeine, fever, "CID")),
        split=split,
    )
    intake.store_document(session, project_id, document, source_name="f.txt")


def test_every_split_has_its_own_counts(session: Session, project_id: int) -> None:
    store(session, project_id, split=Split.TRAIN, second=State.CORRECTED)
    store(session, project_id, split=Split.TRAIN, second=State.ACCEPTED, suffix=" More.")
    store(session, project_id, split=Split.TEST, second=State.ACCEPTED, suffix=" Last.")
    found = readiness.get_training_data(session, project_id)
    assert found[Split.TRAIN] == SplitData(documents=2, sentences=4, relations={"CID": 4})
    assert found[Split.DEV] == SplitData(documents=0, sentences=0, relations={})
    assert found[Split.TEST] == SplitData(documents=1, sentences=2, relations={"CID": 2})


def test_open_sentences_and_suggested_relations_do_not_count(session: Session, project_id: int) -> None:
    store(session, project_id, split=Split.TRAIN, second=State.PENDING)
    store(session, project_id, split=Split.TRAIN, second=State.REJECTED, suffix=" More.", state=State.PENDING)
    found = readiness.get_training_data(session, project_id)
    assert found[Split.TRAIN] == SplitData(documents=2, sentences=2, relations={"CID": 1})
