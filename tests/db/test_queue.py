"""Review queue: orders, random share, pages, indexes."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.domain import Document, Sentence, SentencePrediction, Span, Split, State
from db.queries import documents, intake, queue, queue_streams
from db.queries.label_quota import label_query
from db.queries.predictions import store_predictions
from db.queries.queue import QueueCursor, QueueFilter, QueueOrder, get_queue_page, is_random_turn
from db.session import Engine, Session
from db.tables import SentenceRow


def add_sentences(session: Session, project_id: int, number: int, *, split: Split = Split.TRAIN) -> list[int]:
    text = " ".join(f"{split} sentence {position:05d}." for position in range(number))
    length = len(f"{split} sentence 00000.")
    spans = [Span(position * (length + 1), position * (length + 1) + length) for position in range(number)]
    document = Document(f"{split}-{number}", text, tuple(Sentence(span) for span in spans), split=split)
    document_id = intake.store_document(session, project_id, document, source_name="")
    return documents.list_sentence_ids(session, [document_id])


def set_order(session: Session, sentence_id: int, *, uncertainty: float | None, shuffle: float) -> None:
    session.exec(
        sa.update(SentenceRow).where(sa.column("id") == sentence_id).values(uncertainty=uncertainty, shuffle=shuffle)
    )


def walk(session: Session, chosen: QueueFilter, *, limit: int) -> list[int]:
    found: list[int] = []
    cursor: QueueCursor | None = None
    while True:
        page = get_queue_page(session, chosen, limit=limit, after=cursor)
        assert len(page.sentence_ids) <= limit
        found += page.sentence_ids
        cursor = page.next
        if cursor is None:
            return found


def test_least_certain_sentences_come_first_and_unread_ones_last(session: Session, project_id: int) -> None:
    ids = add_sentences(session, project_id, 4)
    for sentence_id, uncertainty in zip(ids, [0.1, None, 0.9, 0.5], strict=True):
        set_order(session, sentence_id, uncertainty=uncertainty, shuffle=0.5)
    assert walk(session, QueueFilter(project_id), limit=10) == [ids[2], ids[3], ids[0], ids[1]]


def test_every_seventh_card_or_so_is_random() -> None:
    turns = [position for position in range(100) if is_random_turn(position)]
    assert len(turns) == 15
    assert turns[:3] == [6, 13, 19]


def test_random_share_is_mixed_in_at_its_turns(session: Session, project_id: int) -> None:
    ids = add_sentences(session, project_id, 10)
    for number, sentence_id in enumerate(ids):
        set_order(session, sentence_id, uncertainty=1 - number / 10, shuffle=0.01 if number == 9 else 0.5)
    assert walk(session, QueueFilter(project_id), limit=10) == [*ids[:6], ids[9], *ids[6:9]]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_of_any_size_give_the_same_order_with_every_sentence_once(
    session: Session, project_id: int, limit: int
) -> None:
    ids = add_sentences(session, project_id, 60)
    for number, sentence_id in enumerate(ids):
        uncertainty = None if number % 5 == 0 else (number * 7 % 11) / 11
        set_order(session, sentence_id, uncertainty=uncertainty, shuffle=(number * 13 % 60) / 60)
    whole = walk(session, QueueFilter(project_id), limit=1000)
    assert sorted(whole) == ids
    assert walk(session, QueueFilter(project_id), limit=limit) == whole


def test_who_always_takes_the_first_card_sees_the_same_order(session: Session, project_id: int) -> None:
    ids = add_sentences(session, project_id, 30)
    for number, sentence_id in enumerate(ids):
        set_order(session, sentence_id, uncertainty=number / 30, shuffle=number / 30)
    whole = walk(session, QueueFilter(project_id), limit=100)
    seen = []
    for _ in ids:
        (first,) = get_queue_page(session, QueueFilter(project_id), limit=1).sentence_ids
        seen.append(first)
        session.exec(sa.update(SentenceRow).where(sa.column("id") == first).values(state=State.ACCEPTED))
    assert seen == whole


def test_filters_by_state_split_document_and_flag(session: Session, project_id: int) -> None:
    train, dev = add_sentences(session, project_id, 3), add_sentences(session, project_id, 2, split=Split.DEV)
    session.exec(sa.update(SentenceRow).where(sa.column("id") == dev[0]).values(is_flagged=True))
    session.exec(sa.update(SentenceRow).where(sa.column("id") == train[0]).values(state=State.ACCEPTED))
    document_id = session.exec(sa.select(SentenceRow.document_id).where(sa.column("id") == dev[0])).scalar_one()

    def ids(**fields: object) -> list[int]:
        chosen = QueueFilter(project_id, **fields)  # type: ignore[arg-type]
        assert queue.count_queue(session, chosen) == len(walk(session, chosen, limit=100))
        return sorted(walk(session, chosen, limit=2))

    assert ids() == [*train[1:], *dev]
    assert ids(state=State.ACCEPTED) == [train[0]]
    assert ids(state=None) == [*train, *dev]
    assert ids(split=Split.DEV) == dev
    assert ids(document_id=document_id, order=QueueOrder.TEXT) == dev
    assert ids(is_flagged=True) == [dev[0]]


def test_one_page_of_a_long_queue_reads_few_rows_in_few_queries(
    engine: Engine, session: Session, project_id: int
) -> None:
    add_sentences(session, project_id, 2000)
    session.commit()
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    page = get_queue_page(session, QueueFilter(project_id), limit=40)
    assert len(page.sentence_ids) == 40
    assert len(statements) <= 4
    assert all("LIMIT" in statement for statement in statements if "count" not in statement)


def add_many(session: Session, project_id: int, number: int) -> int:
    """Add sentences of one document, whose order values are spread; return the document's id."""
    (sentence_id,) = add_sentences(session, project_id, 1)
    session.execute(
        sa.text(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number}) INSERT INTO sentence "
            '(document_id, project_id, position, start, "end", state, is_flagged, comment, version, uncertainty, '
            'disagreement, shuffle, updated_at) SELECT document_id, project_id, i, start, "end", state, is_flagged, '
            "comment, version, (i * 7919 % 100003) / 100003.0, (i * 7927 % 100019) / 100019.0, "
            "(i * 10007 % 100019) / 100019.0, updated_at FROM sentence, n WHERE id = :id"
        ),
        {"id": sentence_id},
    )
    return session.exec(sa.select(SentenceRow.document_id).where(sa.column("id") == sentence_id)).scalar_one()


@pytest.mark.parametrize("is_analysed", [False, True])
def test_every_order_of_a_long_queue_is_read_through_an_index_without_sorting(
    session: Session, project_id: int, is_analysed: bool
) -> None:
    document_id = add_many(session, project_id, 20_000)
    session.commit()
    if is_analysed or session.get_bind().dialect.name == "postgresql":  # Postgres does so by itself.
        session.execute(sa.text("ANALYZE"))
    orders = {order: QueueFilter(project_id, order=order, split=Split.TRAIN) for order in QueueOrder}
    labels, text = orders[QueueOrder.LABELS], orders[QueueOrder.TEXT]
    for query, index in (
        (queue_streams.value_query(orders[QueueOrder.UNCERTAINTY], None, 40), "ix_sentence_queue"),
        (queue_streams.value_query(orders[QueueOrder.UNCERTAINTY], (0.5, 99), 40), "ix_sentence_queue"),
        (queue_streams.value_query(orders[QueueOrder.DISAGREEMENT], None, 40), "ix_sentence_disagreement"),
        (queue_streams.random_query(orders[QueueOrder.UNCERTAINTY], (0.05, 99), 40), "ix_sentence_shuffle"),
        (queue_streams.random_query(orders[QueueOrder.RANDOM], None, 40), "ix_sentence_shuffle"),
        (queue_streams.text_query(text, 99, 40), "sentence"),
        (queue_streams.text_query(replace(text, state=State.ACCEPTED), 0, 40), "sentence"),
        (queue_streams.text_query(replace(text, state=None, is_flagged=True), 0, 40), "sentence"),
        (queue_streams.text_query(replace(text, document_id=document_id), 0, 40), "sentence"),
        (queue_streams.text_query(replace(text, search="sentence"), 0, 40), "sentence"),
        (queue_streams.rest_query(orders[QueueOrder.UNCERTAINTY], 0, 40), "sentence"),
    ):
        plan = explain(session, query)
        assert index in plan
        assert "temp b-tree" not in plan.lower()
    plan = explain(session, label_query(labels, "CID", ["WITH"], 99, 40))
    assert "temp b-tree" not in plan.lower()
    assert session.get_bind().dialect.name == "postgresql" or "ix_relation_labels" in plan


def explain(session: Session, query: sa.Select[tuple[object, ...]]) -> str:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    prefix = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    compiled = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    return "\n".join(str(row) for row in session.execute(sa.text(f"{prefix} {compiled}".replace(":", "\\:"))))


def test_disagreement_and_random_orders_and_their_random_share(session: Session, project_id: int) -> None:
    ids = add_sentences(session, project_id, 4)
    for number, sentence_id in enumerate(ids):
        values = {"disagreement": None if number == 0 else number / 10, "shuffle": 0.9 - number / 10}
        session.exec(sa.update(SentenceRow).where(sa.column("id") == sentence_id).values(**values))
    disputed = QueueFilter(project_id, order=QueueOrder.DISAGREEMENT)
    assert walk(session, disputed, limit=2) == [ids[3], ids[2], ids[1], ids[0]]
    by_chance = QueueFilter(project_id, order=QueueOrder.RANDOM)
    assert walk(session, by_chance, limit=3) == ids[::-1]
    assert [one.has_random_share for one in (disputed, by_chance)] == [True, False]


def test_search_narrows_every_order(session: Session, project_id: int) -> None:
    ids = add_sentences(session, project_id, 12)
    for order in QueueOrder:
        chosen = QueueFilter(project_id, order=order, search='"sentence 00003"')
        assert walk(session, chosen, limit=5) == [ids[3]]
        assert queue.count_queue(session, chosen) == 1


def test_prediction_puts_a_sentence_in_its_place(session: Session, project_id: int) -> None:
    ids = add_sentences(session, project_id, 3)
    for sentence_id in ids:
        set_order(session, sentence_id, uncertainty=None, shuffle=0.5)
    store_predictions(session, {ids[2]: SentencePrediction((), (), uncertainty=0.4)}, predicted_by="m")
    assert walk(session, QueueFilter(project_id), limit=9) == [ids[2], ids[0], ids[1]]
