"""The queue of sentences under review: begun where a link says, else where the filters say."""

from collections.abc import Sequence
from functools import partial

from db.queries import queue
from db.queries.queue import QueueCursor, QueueFilter, QueueOrder
from db.session import Session
from pages.components.review_queue import ReviewQueue, find_queue, start_queue
from pages.components.sentence_filters import PAGE, Choice

PAGE_SIZE = 80


def open_queue(session: Session, choice: Choice) -> ReviewQueue[QueueCursor]:
    """Return the queue that this tab is in the middle of, or a new one; an empty one is always looked up anew."""
    known: ReviewQueue[QueueCursor] | None = find_queue(PAGE, choice)
    if known is not None and known.ids:
        return known
    fresh: ReviewQueue[QueueCursor] = start_queue(PAGE, choice, counted=queue.count_queue(session, choice.queue))
    start = _find_start(session, choice)
    fill(session, fresh, choice, until=start)
    if start is not None:
        fresh.go_to(start)
    return fresh


def fill(session: Session, cards: ReviewQueue[QueueCursor], choice: Choice, *, until: int | None = None) -> None:
    """Load what lies ahead of the place reached, or everything up to one sentence."""
    cards.fill(partial(_load, session, choice.queue), until=until)


def _load(session: Session, chosen: QueueFilter, after: QueueCursor | None) -> tuple[Sequence[int], QueueCursor | None]:
    page = queue.get_queue_page(session, chosen, limit=PAGE_SIZE, after=after)
    return page.sentence_ids, page.next


def _find_start(session: Session, choice: Choice) -> int | None:
    """Return the sentence that the link names, or the first of its document that nobody has reviewed."""
    if choice.sentence_id is not None or not choice.is_linked:
        return choice.sentence_id
    pending = QueueFilter(choice.queue.project_id, document_id=choice.queue.document_id, order=QueueOrder.TEXT)
    ids = queue.get_queue_page(session, pending, limit=1).sentence_ids
    return ids[0] if ids else None
