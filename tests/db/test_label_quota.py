"""The order by labels: the label with the fewest gold relations comes first, and every label gets its share."""

from core.domain import Document, Mention, Relation, Sentence, Source, Span, State
from db.queries import documents, intake, queue
from db.queries.label_quota import MIN_WANTED, get_quotas
from db.queries.queue import QueueCursor, QueueFilter, QueueOrder, get_queue_page
from db.session import Session
from db.tables import SentenceRow

TEXT = "aspirin codeine nausea."


def add_sentence(session: Session, project_id: int, *labels: str, state: State = State.PENDING) -> int:
    """Store a document of one sentence outside the random share that suggests, or has, these labels."""
    number = queue.count_queue(session, QueueFilter(project_id, state=None))
    text = f"{TEXT} {number}"
    source = Source.MODEL if state is State.PENDING else Source.CURATOR
    aspirin, codeine, nausea = (
        Mention(Span(TEXT.index(word), TEXT.index(word) + len(word)), kind, state=state, source=source)
        for word, kind in (("aspirin", "Chemical"), ("codeine", "Chemical"), ("nausea", "Disease"))
    )
    tails = {"CID": nausea, "WITH": codeine}
    relations = tuple(Relation(aspirin, tails[label], label, state=state, source=source) for label in labels)
    sentence = Sentence(Span(0, len(text)), state=state)
    document = Document(f"d{number}", text, (sentence,), (aspirin, codeine, nausea), relations)
    document_id = intake.store_document(session, project_id, document, source_name="s")
    (sentence_id,) = documents.list_sentence_ids(session, [document_id])
    row = session.get(SentenceRow, sentence_id)
    assert row is not None
    row.shuffle = 0.5
    session.flush()
    return sentence_id


def walk(session: Session, project_id: int, *, limit: int) -> list[int]:
    found: list[int] = []
    cursor: QueueCursor | None = None
    chosen = QueueFilter(project_id, order=QueueOrder.LABELS)
    while not found or cursor is not None:
        page = get_queue_page(session, chosen, limit=limit, after=cursor)
        found += page.sentence_ids
        cursor = page.next
    return found


def test_poor_label_catches_up_before_both_take_turns(session: Session, project_id: int) -> None:
    for _ in range(2):
        add_sentence(session, project_id, "CID", state=State.ACCEPTED)
    plain = add_sentence(session, project_id)
    cid = [add_sentence(session, project_id, "CID") for _ in range(3)]
    goes_with = [add_sentence(session, project_id, "WITH") for _ in range(4)]
    order = [*goes_with[:3], cid[0], goes_with[3], cid[1], cid[2], plain]
    assert walk(session, project_id, limit=100) == order
    for limit in (1, 2, 3):
        assert walk(session, project_id, limit=limit) == order


def test_sentence_with_two_labels_comes_once_for_the_poorer_one(session: Session, project_id: int) -> None:
    add_sentence(session, project_id, "CID", state=State.ACCEPTED)
    cid = add_sentence(session, project_id, "CID")
    both = add_sentence(session, project_id, "CID", "WITH")
    assert walk(session, project_id, limit=2) == [both, cid]


def test_every_label_wants_as_many_as_the_richest_has_and_twenty_at_least(session: Session, project_id: int) -> None:
    add_sentence(session, project_id, "CID", state=State.ACCEPTED)
    quotas = get_quotas(session, project_id)
    assert [(one.label, one.gold, one.wanted) for one in quotas] == [("WITH", 0, MIN_WANTED), ("CID", 1, MIN_WANTED)]
    for _ in range(MIN_WANTED):
        add_sentence(session, project_id, "CID", state=State.ACCEPTED)
    assert [one.wanted for one in get_quotas(session, project_id)] == [MIN_WANTED + 1] * 2
