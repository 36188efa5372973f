"""Examples of a label: approved, in the training split, one a sentence, with head and tail where they stand."""

from core.domain import Document, Mention, Relation, Sentence, Source, Span, Split, State
from db.queries import intake
from db.queries.gold_examples import list_gold_examples
from db.session import Session

TEXT = "It rained. Aspirin caused rash and fever."


def add(
    session: Session, project_id: int, name: str, *, split: Split = Split.TRAIN, state: State = State.ACCEPTED
) -> None:
    text = f"{TEXT} {name}"
    aspirin, rash, fever = (
        Mention(Span(text.index(word), text.index(word) + len(word)), kind, source=Source.MODEL)
        for word, kind in (("Aspirin", "Chemical"), ("rash", "Disease"), ("fever", "Disease"))
    )
    sentences = (Sentence(Span(0, 10), State.ACCEPTED), Sentence(Span(11, len(text)), State.ACCEPTED))
    links = tuple(Relation(aspirin, tail, "CID", state=state) for tail in (rash, fever))
    document = Document(name, text, sentences, (aspirin, rash, fever), links, split=split)
    intake.store_document(session, project_id, document, source_name="s")


def test_examples_are_approved_training_sentences_each_once(session: Session, project_id: int) -> None:
    add(session, project_id, "one")
    add(session, project_id, "two")
    add(session, project_id, "held out", split=Split.TEST)
    add(session, project_id, "suggested", state=State.PENDING)
    found = list_gold_examples(session, project_id, ["CID", "WITH"])
    assert found["WITH"] == []
    assert [one.text.rpartition(" ")[2] for one in found["CID"]] == ["two", "one"]
    example = found["CID"][0]
    assert example.text[slice(*example.head)] == "Aspirin"
    assert example.text[slice(*example.tail)] in ("rash", "fever")


def test_no_more_than_asked_for_and_no_endless_sentence(session: Session, project_id: int) -> None:
    for number in range(5):
        add(session, project_id, f"number{number}")
    add(session, project_id, "long" * 200)
    found = list_gold_examples(session, project_id, ["CID"], num_each=2)
    assert [one.text.rpartition(" ")[2] for one in found["CID"]] == ["number4", "number3"]
