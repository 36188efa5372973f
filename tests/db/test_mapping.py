"""Row ↔ domain type, there and back."""

import pytest
import sqlalchemy as sa
from sqlmodel import select

from core.domain import (
    Document,
    DocumentFact,
    Mention,
    Relation,
    Schema,
    Sentence,
    Source,
    Span,
    Split,
    State,
    SyntheticSentence,
)
from db.mapping import draw_share
from db.queries import documents, intake, projects, synthetic
from db.session import Session
from db.tables import DocumentRow, MentionRow, RelationRow, SentenceRow, SyntheticRow

TEXT = "Älter 😀 aspirin caused rash. Codeine did not cause\nfever."


def mention(surface: str, entity_type: str, **fields: object) -> Mention:
    start = TEXT.index(surface)
    return Mention(Span(start, start + len(surface)), entity_type, **fields)  # type: ignore[arg-type]


def exact(document: Document) -> str:
    """Everything of a document, also what equality leaves out."""
    return repr(document)


@pytest.fixture
def document() -> Document:
    aspirin = mention("aspirin", "Chemical", concept_ids=("D1", "D2"), names=("a", "b"), score=0.25)
    rash = mention("rash", "Disease", state=State.CORRECTED, source=Source.MODEL)
    fever = mention("fever", "Disease", state=State.REJECTED, source=Source.CURATOR)
    return Document(
        "doc-1",
        TEXT,
        sentences=(
            Sentence(Span(0, 29), State.ACCEPTED, is_flagged=True, comment="odd"),
            Sentence(Span(30, len(TEXT)), State.PENDING),
        ),
        mentions=(aspirin, rash, fever),
        relations=(
            Relation(aspirin, rash, "CID", 0.5, State.ACCEPTED, Source.PROJECTED),
            Relation(aspirin, fever, "CID", None, State.PENDING, Source.MODEL),
        ),
        facts=(DocumentFact("CID", "D1", "D9"),),
        split=Split.DEV,
        metadata=(("journal", "J"), ("year", "1999")),
    )


def test_document_comes_back_exactly(session: Session, project_id: int, document: Document) -> None:
    intake.store_document(session, project_id, document, source_name="x.txt")
    session.commit()
    session.expunge_all()
    (stored,) = documents.stream_documents(session, project_id)
    assert exact(stored) == exact(document)


def test_mentions_know_their_sentence_and_a_relation_across_sentences_has_none(
    session: Session, project_id: int, document: Document
) -> None:
    intake.store_document(session, project_id, document, source_name="")
    first, second = session.exec(select(SentenceRow.id).order_by(sa.text("position"))).all()
    assert session.exec(select(MentionRow.sentence_id).order_by(sa.text("id"))).all() == [first, first, second]
    assert session.exec(select(RelationRow.sentence_id).order_by(sa.text("id"))).all() == [first, None]


def test_relation_of_equal_mentions_joins_the_live_one(session: Session, project_id: int) -> None:
    dead, live = mention("aspirin", "Chemical", state=State.REJECTED), mention("aspirin", "Chemical")
    rash = mention("rash", "Disease")
    both = Document("d", TEXT, mentions=(dead, live, rash), relations=(Relation(live, rash, "CID"),))
    intake.store_document(session, project_id, both, source_name="")
    (stored,) = documents.stream_documents(session, project_id)
    assert exact(stored) == exact(both)
    assert stored.relations[0].head.state is State.ACCEPTED


def test_ids_of_removed_sentences_and_mentions_are_not_given_again(
    session: Session, project_id: int, document: Document
) -> None:
    tables = (SentenceRow, MentionRow)

    def store() -> list[set[int]]:
        intake.store_document(session, project_id, document, source_name="")
        return [set(session.scalars(sa.select(table.id))) for table in tables]

    before = store()
    session.execute(sa.delete(DocumentRow))
    after = store()
    assert all(old and new and not old & new for old, new in zip(before, after, strict=True))


def test_same_text_is_stored_once_a_project(session: Session, project_id: int, document: Document) -> None:
    document_id = intake.store_document(session, project_id, document, source_name="")
    text_hash = documents.get_text_hash(TEXT)
    found = documents.find_stored_hashes(session, project_id, [text_hash, documents.get_text_hash("other")])
    assert found == {text_hash: document_id}
    with pytest.raises(sa.exc.IntegrityError):
        intake.store_document(session, project_id, document, source_name="")


def test_schema_comes_back_in_order(session: Session, project_id: int, schema: Schema) -> None:
    assert projects.get_schema(session, project_id) == schema


def test_row_without_parts_is_a_bare_document(session: Session, project_id: int) -> None:
    intake.store_document(session, project_id, Document("d", "text"), source_name="")
    (stored,) = documents.stream_documents(session, project_id)
    assert stored == Document("d", "text")


def test_synthetic_sentence_comes_back_exactly(session: Session, project_id: int) -> None:
    sentence = SyntheticSentence(
        "$CHEMICAL$ caused $DISEASE$ twice.",
        "CID",
        Mention(Span(0, 10), "Chemical", source=Source.MODEL),
        Mention(Span(18, 27), "Disease", source=Source.MODEL),
        State.CORRECTED,
        "fluent",
        (("seed", "3"),),
        head_name="aspirin",
        tail_name="nausea",
        agreement=0.75,
        disagreement=0.125,
        novelty=0.5,
        nearest_gold="$CHEMICAL$ caused $DISEASE$ once.",
        is_flagged=True,
        comment="Who?",
    )
    assert synthetic.add_synthetic(session, project_id, [sentence, sentence]) == 1
    assert synthetic.add_synthetic(session, project_id, [sentence]) == 0
    session.expunge_all()
    (stored,) = synthetic.stream_synthetic(session, project_id)
    assert repr(stored) == repr(sentence)


def test_synthetic_text_can_only_ever_train(session: Session, project_id: int) -> None:
    sentence = SyntheticSentence("$A$ $B$", "CID", Mention(Span(0, 3), "Chemical"), Mention(Span(4, 7), "Disease"))
    synthetic.add_synthetic(session, project_id, [sentence])
    with pytest.raises(sa.exc.IntegrityError, match="split_is_train"):
        session.exec(sa.update(SyntheticRow).values(split=Split.TEST))


def test_share_depends_on_the_key_alone_and_lies_in_0_to_1() -> None:
    shares = [draw_share("text", position) for position in range(1000)]
    assert shares[3] == draw_share("text", 3)
    assert 0 <= min(shares) and max(shares) < 1
    assert 100 < sum(share < 0.15 for share in shares) < 200
