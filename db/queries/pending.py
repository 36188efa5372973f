"""Which of some cards of a review queue nobody has decided."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from core.domain import State
from db.tables import SentenceRow, SyntheticRow

# Ids that are asked for together.
CHUNK = 1_000


def find_pending_sentences(session: Session, sentence_ids: Sequence[int]) -> set[int]:
    """Return those of the sentences that are still to be reviewed."""
    return _find_pending(session, SentenceRow, sentence_ids)


def find_pending_synthetic(session: Session, synthetic_ids: Sequence[int]) -> set[int]:
    """Return those of the synthetic sentences that are still to be reviewed."""
    return _find_pending(session, SyntheticRow, synthetic_ids)


def _find_pending(session: Session, table: type[SentenceRow] | type[SyntheticRow], ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        chosen = col(table.id).in_(ids[start : start + CHUNK])
        found |= set(session.exec(select(table.id).where(chosen, table.state == State.PENDING)))
    return found
