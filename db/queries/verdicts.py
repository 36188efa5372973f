"""What two or more people left of the same sentence; for how far they agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from db.queries.decisions import NO_VERDICTS, SENTENCE, SYNTHETIC, stands
from db.tables import Decision


@dataclass(frozen=True, slots=True)
class SharedRow:
    """A sentence, or a synthetic one, that more than one person decided on.

    Args:
        kind: "sentence" or "synthetic".
        id: The row.
        after: Its JSON as each person last left it, by user id.
    """

    kind: str
    id: int
    after: Mapping[int, Mapping[str, Any]]


def stream_shared(session: Session, project_id: int) -> Iterator[SharedRow]:
    """Yield the rows of a project that more than one person decided on; what was taken back does not count."""
    target = col(Decision.target_kind), col(Decision.target_id)
    counting = [
        col(Decision.project_id) == project_id,
        col(Decision.target_kind).in_([SENTENCE, SYNTHETIC]),
        col(Decision.action).not_in(NO_VERDICTS),
        *stands(),
    ]
    users = sa.func.count(sa.distinct(col(Decision.user_id)))
    shared = sa.select(*target).where(*counting).group_by(*target).having(users > 1).subquery()
    query = (
        sa.select(*target, col(Decision.user_id), col(Decision.after))
        .join(shared, sa.and_(shared.c.target_kind == target[0], shared.c.target_id == target[1]))
        .where(*counting)
        .order_by(*target, col(Decision.id))
    )
    for (kind, row_id), rows in groupby(session.execute(query), key=lambda row: (row[0], row[1])):
        yield SharedRow(kind, row_id, {user_id: after for _, _, user_id, after in rows})
