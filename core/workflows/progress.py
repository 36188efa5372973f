"""What the charts of a project show: decisions and pending rows over time, and how suggestions fared."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.evaluation.intervals import wilson_interval
from db.queries import decisions, progress
from db.queries.progress import PendingCount, Period
from db.session import Session

# Up to this long, times are gathered by minutes, by hours; a longer time by days.
_MAX_MINUTES, _MAX_HOURS = timedelta(hours=3), timedelta(days=3)
ACCEPTED, CORRECTED, REJECTED, UNDONE, OTHER = "accepted", "corrected", "rejected", "taken back", "other"
OUTCOMES = (ACCEPTED, REJECTED, CORRECTED, UNDONE, OTHER)
_OUTCOME_BY_ACTION = {
    **dict.fromkeys(("accept", "accept_above"), ACCEPTED),
    **dict.fromkeys(("reject", "delete_mention", "delete_relation"), REJECTED),
    **dict.fromkeys(("edit", "relabel", "add_mention", "set_type", "resize_mention"), CORRECTED),
    **dict.fromkeys(("add_relation", "reverse_relation", "set_label"), CORRECTED),
    decisions.UNDO: UNDONE,
}


@dataclass(frozen=True, slots=True)
class Activity:
    """Decisions over time.

    Args:
        period: What `counts` and `pending` are gathered by.
        counts: Decisions by (begin of the period, outcome), the oldest first.
        pending: Rows still pending at the end of each period.
    """

    period: Period
    counts: dict[tuple[datetime, str], int]
    pending: list[PendingCount]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How suggestions, or synthetic sentences, of one name fared.

    Args:
        name: A label or an entity type.
        accepted: Accepted as they were.
        corrected: Accepted after a change.
        rejected: Not used.
    """

    name: str
    accepted: int
    corrected: int
    rejected: int

    @property
    def decided(self) -> int:
        """Those that a person decided."""
        return self.accepted + self.corrected + self.rejected

    @property
    def share(self) -> float | None:
        """Share of the decided ones that was accepted, changed or not, in [0, 1]; None while nothing is decided."""
        return (self.accepted + self.corrected) / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share."""
        return wilson_interval(self.accepted + self.corrected, self.decided)


def get_activity(session: Session, project_id: int, *, kind: str) -> Activity:
    """Return the decisions on a kind of row, "sentence" or "synthetic", in periods that fit their span."""
    period = _choose_period(session, project_id, kind)
    counts: Counter[tuple[datetime, str]] = Counter()
    for one in progress.count_decisions(session, project_id, kind=kind, period=period):
        counts[one.at, _OUTCOME_BY_ACTION.get(one.action, OTHER)] += one.number
    pending = progress.get_burn_down(session, project_id, kind=kind, period=period)
    return Activity(period, dict(counts), pending)


def _choose_period(session: Session, project_id: int, kind: str) -> Period:
    span = progress.get_decision_span(session, project_id, kind=kind)
    length = timedelta() if span is None else span[1] - span[0]
    if length <= _MAX_MINUTES:
        return Period.MINUTE
    return Period.HOUR if length <= _MAX_HOURS else Period.DAY


def get_suggestion_acceptance(session: Session, project_id: int) -> list[Acceptance]:
    """Return how the decided suggestions of models fared, relation labels first, then entity types."""
    found = progress.count_suggestions(session, project_id)
    return [Acceptance(one.name, one.accepted, one.corrected, one.rejected) for one in found]
