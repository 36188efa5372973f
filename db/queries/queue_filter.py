"""Which sentences the review queue holds, and in which order."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from core.domain import Split, State
from db.queries.search import matches
from db.tables import SentenceRow

RANDOM_SHARE = 0.15


class QueueOrder(StrEnum):
    """What comes first among the sentences that wait for review.

    The first three follow what models said, and every seventh or so of their cards is one drawn at random.
    LABELS is explained in `db.queries.label_quota`.
    """

    UNCERTAINTY = "uncertainty"
    DISAGREEMENT = "disagreement"
    LABELS = "labels"
    RANDOM = "random"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which sentences are in the queue; None takes all.

    Args:
        order: What comes first; sentences of every state are read in text order whatever it says.
        search: Words and phrases that a sentence must hold; empty takes all.
    """

    project_id: int
    state: State | None = State.PENDING
    split: Split | None = None
    document_id: int | None = None
    is_flagged: bool | None = None
    order: QueueOrder = QueueOrder.UNCERTAINTY
    search: str = ""

    @property
    def in_text_order(self) -> bool:
        """Whether sentences come as their documents stand."""
        return self.order is QueueOrder.TEXT or self.state is None

    @property
    def has_random_share(self) -> bool:
        """Whether models say what comes first, so that some cards are drawn at random."""
        return not self.in_text_order and self.order is not QueueOrder.RANDOM


def conditions(queue: QueueFilter) -> list[sa.ColumnElement[bool]]:
    """Return what a sentence of the queue fulfils."""
    found: list[Any] = [SentenceRow.project_id == queue.project_id]
    if queue.document_id is not None:
        found = [SentenceRow.document_id == queue.document_id, unindexed(SentenceRow.project_id) == queue.project_id]
    if queue.state is not None:
        found.append(SentenceRow.state == queue.state)
    if queue.is_flagged is not None:
        found.append(SentenceRow.is_flagged == queue.is_flagged)
    if queue.split is not None:
        found.append(SentenceRow.split == queue.split)
    if queue.search:
        found.append(matches(queue.project_id, queue.search))
    return found


def is_outside_random_share() -> sa.ColumnElement[bool]:
    """Return the condition that a sentence is not one of those drawn at random."""
    is_outside: sa.ColumnElement[bool] = unindexed(SentenceRow.shuffle) >= RANDOM_SHARE
    return is_outside


def unindexed(column: Any) -> Any:  # noqa: ANN401 - SQLModel types columns as their values
    """Return a number column in a form that no index is used for.

    SQLite gathers no statistics by itself: offered two indexes, it may take the one that leaves all rows to sort.
    """
    return col(column) + 0
