"""Which sentences of the review queue are there by chance and not because a model was unsure."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from db.queries.queue import RANDOM_SHARE
from db.tables import SentenceRow


def find_random_share(session: Session, sentence_ids: Sequence[int]) -> frozenset[int]:
    """Return the sentences that belong to the queue's random share.

    Args:
        session: An open session.
        sentence_ids: A page of them, some dozens.
    """
    query = select(SentenceRow.id).where(col(SentenceRow.id).in_(sentence_ids), col(SentenceRow.shuffle) < RANDOM_SHARE)
    return frozenset(session.exec(query))
