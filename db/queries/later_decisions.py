"""What other people decided about a row since, and still stand by; a step below that cannot be taken back alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from db.queries.decisions import NO_VERDICTS, DecisionView, stands
from db.tables import Decision, UserAccount


@dataclass(frozen=True, slots=True)
class LaterDecision:
    """The newest later decision of somebody else on the same row."""

    user_name: str
    action: str


def find_later_decisions(session: Session, part: Sequence[DecisionView]) -> dict[int, LaterDecision]:
    """Return what somebody else decided later about the rows of decisions, by the id of the earlier decision.

    A flag or a comment is no verdict, so it stands in nobody's way.

    Args:
        session: An open session.
        part: Some hundred decisions of one person on rows of one kind, each row named once.
    """
    if not part:
        return {}
    by_row = {one.target_id: one for one in part}
    query = (
        select(Decision.id, Decision.target_id, Decision.action, UserAccount.name)
        .join(UserAccount, col(UserAccount.id) == col(Decision.user_id))
        .where(Decision.target_kind == part[0].target_kind, col(Decision.target_id).in_(by_row))
        .where(Decision.user_id != part[0].user_id, col(Decision.action).not_in(NO_VERDICTS), *stands())
        .order_by(col(Decision.id))
    )
    return {
        by_row[row_id].id: LaterDecision(name, action)
        for decision_id, row_id, action, name in session.exec(query)
        if decision_id > by_row[row_id].id
    }
