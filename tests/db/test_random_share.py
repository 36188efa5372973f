"""Sentences drawn at random are told apart from uncertain ones by the share they were given."""

from core.domain import Document, Sentence, Span
from db.queries.intake import store_document
from db.queries.queue import RANDOM_SHARE, QueueFilter, QueueOrder, get_queue_page
from db.queries.random_share import find_random_share
from db.session import Session
from db.tables import SentenceRow


def test_random_share_holds_the_sentences_below_the_limit(session: Session, project_id: int) -> None:
    text = "a b c"
    document = Document("d", text, tuple(Sentence(Span(start, start + 1)) for start in (0, 2, 4)))
    store_document(session, project_id, document, source_name="s")
    ids = get_queue_page(session, QueueFilter(project_id, order=QueueOrder.TEXT)).sentence_ids
    for sentence_id, shuffle in zip(ids, (0.0, RANDOM_SHARE, 0.9), strict=True):
        row = session.get(SentenceRow, sentence_id)
        assert row is not None
        row.shuffle = shuffle
    session.flush()
    assert find_random_share(session, ids) == {ids[0]}
    assert find_random_share(session, ids[1:]) == frozenset()
