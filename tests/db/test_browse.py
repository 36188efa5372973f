"""The tables of sentences and documents: filters, order, pages and counts."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.domain import Document, Mention, Relation, Sentence, Source, Span, Split, State
from core.workflows.curation import curate
from db.columns import utc_now
from db.queries import browse, browse_documents, documents, intake, users
from db.queries.browse import SentenceFilter, SentenceSort
from db.queries.browse_documents import DocumentFilter, DocumentSort
from db.session import Session
from db.tables import SentenceRow

FIRST = "Aspirin caused nausea. Codeine relieved pain. Nothing here."
SECOND = "Ibuprofen caused a rash."


@pytest.fixture
def ids(session: Session, project_id: int) -> list[int]:
    """Four sentences of two documents; the first has a suggested relation, the last a gold one and is dev."""
    model = {"state": State.PENDING, "source": Source.MODEL}
    aspirin = Mention(Span(0, 7), "Chemical", **model)
    nausea = Mention(Span(15, 21), "Disease", **model)
    spans = (Span(0, 22), Span(23, 45), Span(46, 59))
    first = Document(
        "b%_1", FIRST, tuple(map(Sentence, spans)), (aspirin, nausea),
        (Relation(aspirin, nausea, "CID", score=0.8, **model),),
    )  # fmt: skip
    ibuprofen, rash = Mention(Span(0, 9), "Chemical"), Mention(Span(19, 23), "Disease")
    second = Document(
        "a2", SECOND, (Sentence(Span(0, 24), State.ACCEPTED),), (ibuprofen, rash),
        (Relation(ibuprofen, rash, "CID", source=Source.IMPORT),), split=Split.DEV,
    )  # fmt: skip
    stored = [intake.store_document(session, project_id, one, source_name="s") for one in (first, second)]
    found = documents.list_sentence_ids(session, stored)
    for sentence_id, value in zip(found, (0.2, None, 0.9, 0.5), strict=True):
        values = {"uncertainty": value, "disagreement": value}
        session.exec(sa.update(SentenceRow).where(sa.column("id") == sentence_id).values(**values))
    session.commit()
    return found


def listed(session: Session, chosen: SentenceFilter, *, sort: SentenceSort = SentenceSort.TEXT) -> list[int]:
    lines = browse.list_sentences(session, chosen, sort=sort)
    assert browse.count_sentences(session, chosen) == len(lines)
    return [line.id for line in lines]


def test_each_filter_takes_its_sentences(session: Session, project_id: int, ids: list[int]) -> None:
    user_id = users.get_or_add_user(session)
    curate.apply_sentence_event(
        session, project_id=project_id, user_id=user_id, sentence_id=ids[1], version=1, event={"kind": "flag"}
    )

    def places(**fields: object) -> list[int]:
        return [ids.index(one) for one in listed(session, SentenceFilter(project_id, **fields))]  # type: ignore[arg-type]

    assert places() == [0, 1, 2, 3]
    assert places(search="caused") == [0, 3]
    assert places(state=State.ACCEPTED) == [3]
    assert places(label="CID") == [0, 3]
    assert places(label="WITH") == []
    assert places(split=Split.DEV) == [3]
    assert places(source=Source.MODEL) == [0]
    assert places(source=Source.IMPORT, label="CID") == [3]
    assert places(reviewer_id=user_id) == [1]
    assert places(reviewer_id=user_id + 1) == []
    assert places(min_score=0.8) == [0]
    assert places(min_score=0.81) == []
    assert places(max_score=0.8, label="CID") == [0]
    assert places(min_uncertainty=0.5) == [2, 3]
    assert places(is_flagged=True) == [1]
    assert places(changed_from=utc_now() - timedelta(hours=1)) == [0, 1, 2, 3]
    assert places(changed_before=utc_now() - timedelta(hours=1)) == []
    assert places(search="caused", state=State.PENDING, label="CID") == [0]


def test_order_puts_the_highest_first_and_sentences_without_a_value_last(
    session: Session, project_id: int, ids: list[int]
) -> None:
    for sort in (SentenceSort.UNCERTAINTY, SentenceSort.DISAGREEMENT):
        assert listed(session, SentenceFilter(project_id), sort=sort) == [ids[2], ids[3], ids[0], ids[1]]


def test_line_tells_document_labels_and_last_reviewer(session: Session, project_id: int, ids: list[int]) -> None:
    user_id = users.get_or_add_user(session)
    curate.apply_sentence_event(
        session, project_id=project_id, user_id=user_id, sentence_id=ids[0], version=1, event={"kind": "flag"}
    )
    (line,) = browse.list_sentences(session, SentenceFilter(project_id, search="aspirin"))
    assert (line.text, line.external_id, line.labels) == ("Aspirin caused nausea.", "b%_1", ("CID",))
    assert (line.reviewer_id, line.is_flagged, line.split) == (user_id, True, Split.TRAIN)


def test_pages_follow_each_other_and_long_counts_stop(session: Session, project_id: int, ids: list[int]) -> None:
    chosen = SentenceFilter(project_id)
    pages = [browse.list_sentences(session, chosen, offset=offset, limit=2) for offset in (0, 2, 4)]
    assert [[line.id for line in page] for page in pages] == [ids[:2], ids[2:], []]
    assert browse.count_sentences(session, chosen, limit=2) == 3


@pytest.mark.usefixtures("ids")
def test_documents_are_found_by_name_and_by_words(session: Session, project_id: int) -> None:
    def names(sort: DocumentSort = DocumentSort.STORED, **fields: object) -> list[str]:
        chosen = DocumentFilter(project_id, **fields)  # type: ignore[arg-type]
        lines = browse_documents.list_documents(session, chosen, sort=sort)
        assert browse_documents.count_documents(session, chosen) == len(lines)
        return [line.external_id for line in lines]

    assert names() == ["b%_1", "a2"]
    assert names(DocumentSort.NAME) == names(DocumentSort.NEWEST) == ["a2", "b%_1"]
    assert names(search="%_") == ["b%_1"]
    assert names(search="A2") == ["a2"]
    assert names(search="caused") == ["b%_1", "a2"]
    assert names(search="codeine rel") == ["b%_1"]
    assert names(split=Split.DEV) == ["a2"]
    assert names(is_open=True) == ["b%_1"]
    assert names(is_open=False) == ["a2"]
    (line,) = browse_documents.list_documents(session, DocumentFilter(project_id, is_open=True))
    assert (line.sentences, line.reviewed, line.flagged, line.length) == (3, 0, 0, len(FIRST))
