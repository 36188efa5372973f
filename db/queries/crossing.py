"""Relations across sentences: no card shows them, so they follow the mentions that they join.

Such a relation is rejected with the first of its two mentions, and comes back when neither is rejected any more. The
state that it had is kept by the decision that rejected it, under "crossing" (see `db.queries.edits`).
"""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from core.domain import Mention, Source, State
from db.queries.decisions import SENTENCE
from db.tables import Decision, MentionRow, RelationRow

_SIZE = 500  # a statement of SQLite bears some thousand values
Mentions = Mapping[int, Mention]


def follow_mentions(session: Session, changes: Iterable[tuple[Mentions, Mentions]]) -> dict[int, State]:
    """Reject the relations across sentences of mentions that were rejected; bring back those of revived ones.

    Args:
        session: The session of the change itself, after the mentions were stored.
        changes: The mentions of sentences before and after, by id.

    Returns:
        The states that relations had before they were rejected here, by id.
    """
    rejected: list[int] = []
    revived: list[int] = []
    for before, after in changes:
        for mention_id in before.keys() & after.keys():
            was, is_now = (side[mention_id].state is State.REJECTED for side in (before, after))
            if was is not is_now:
                (revived if was else rejected).append(mention_id)
    former: dict[int, State] = {}
    for first in range(0, len(rejected), _SIZE):
        former |= _reject(session, rejected[first : first + _SIZE])
    for first in range(0, len(revived), _SIZE):
        _restore(session, revived[first : first + _SIZE])
    return former


def list_held_mentions(session: Session, sentence_ids: Sequence[int]) -> set[int]:
    """Return the mentions of sentences that a decided or imported relation across sentences names."""
    inside = sa.select(col(MentionRow.id)).where(col(MentionRow.sentence_id).in_(sentence_ids))
    is_open = sa.and_(col(RelationRow.state) == State.PENDING, col(RelationRow.source) == Source.MODEL)
    ends = [
        sa.select(end).where(col(RelationRow.sentence_id).is_(None), ~is_open, end.in_(inside))
        for end in (col(RelationRow.head_id), col(RelationRow.tail_id))
    ]
    return set(session.execute(sa.union(*ends)).scalars())


def _reject(session: Session, mention_ids: Sequence[int]) -> dict[int, State]:
    rows = session.execute(_lock_crossing(mention_ids).where(col(RelationRow.state) != State.REJECTED)).all()
    _set_state(session, [row.id for row in rows], State.REJECTED)
    return {row.id: row.state for row in rows}


def _restore(session: Session, mention_ids: Sequence[int]) -> None:
    locked = session.execute(_lock_crossing(mention_ids).where(col(RelationRow.state) == State.REJECTED)).all()
    if not locked:
        return
    head, tail = sa.orm.aliased(MentionRow), sa.orm.aliased(MentionRow)
    query: sa.Select[int, int | None, int | None] = (
        sa.select(col(RelationRow.id), col(head.sentence_id).label("head"), col(tail.sentence_id).label("tail"))
        .join(head, col(head.id) == col(RelationRow.head_id))
        .join(tail, col(tail.id) == col(RelationRow.tail_id))
        .where(col(RelationRow.id).in_([row.id for row in locked]))
        .where(col(head.state) != State.REJECTED, col(tail.state) != State.REJECTED)
    )
    live = session.execute(query).all()
    sentence_ids = {sentence_id for row in live for sentence_id in (row.head, row.tail) if sentence_id is not None}
    for relation_id, state in _find_former(session, {row.id for row in live}, sentence_ids).items():
        _set_state(session, [relation_id], state)


def _find_former(session: Session, relation_ids: set[int], sentence_ids: Iterable[int]) -> dict[int, State]:
    """Return the states that the newest decisions that rejected relations found them in."""
    query = (
        sa.select(col(Decision.after))
        .where(col(Decision.target_kind) == SENTENCE, col(Decision.target_id).in_(sentence_ids))
        .order_by(col(Decision.id))
    )
    return {
        item["id"]: State(item["state"])
        for after in session.execute(query).scalars()
        for item in after.get("crossing", ())
        if item["id"] in relation_ids
    }


def _lock_crossing(mention_ids: Sequence[int]) -> sa.Select[int, State]:
    """Select relations across sentences of mentions; on a server nobody else changes them before this ends."""
    ends = sa.or_(col(RelationRow.head_id).in_(mention_ids), col(RelationRow.tail_id).in_(mention_ids))
    return (
        sa.select(col(RelationRow.id), col(RelationRow.state))
        .where(col(RelationRow.sentence_id).is_(None), ends)
        .order_by(col(RelationRow.id))
        .with_for_update()
    )


def _set_state(session: Session, relation_ids: Sequence[int], state: State) -> None:
    if relation_ids:
        chosen = sa.update(RelationRow).where(col(RelationRow.id).in_(relation_ids)).values(state=state)
        session.execute(chosen.execution_options(synchronize_session=False))
