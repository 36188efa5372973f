"""Review a sample, accept the rest above a score: what the sample promises, and the one step that accepts."""

import random
from dataclasses import dataclass

from core.errors import ConflictError, NotEnoughDataError, NotFoundError
from core.evaluation.intervals import wilson_interval
from core.workflows.curation import curate
from db.queries import synthetic, synthetic_sample
from db.queries.synthetic import SyntheticView
from db.session import Session

MIN_REVIEWED = 20
NUM_EXAMPLES = 10
# A sample whose mean agreement lies this much above that of the rest is called easier than it.
_EASIER_BY = 0.05


@dataclass(frozen=True, slots=True)
class Outlook:
    """What accepting every pending sentence of a label above a score would do.

    The interval holds for a sample drawn at random from the sentences above the score; `is_sample_easier` tells
    when the reviewed ones were plainly better placed than the rest, so that it promises too much.

    Args:
        label: The label.
        min_agreement: The score, in [0, 1].
        pending: Sentences that would be accepted.
        reviewed: Sentences above the score that somebody decided one by one.
        unchanged: Those among them that were accepted as they were written.
        is_sample_easier: Whether the reviewed ones agree more with the judges than the pending ones.
    """

    label: str
    min_agreement: float
    pending: int
    reviewed: int
    unchanged: int
    is_sample_easier: bool

    @property
    def missing(self) -> int:
        """Sentences that must still be reviewed one by one before the rest may be accepted."""
        return max(0, MIN_REVIEWED - self.reviewed)

    @property
    def precision(self) -> float | None:
        """Estimated share of good sentences among the pending ones, in [0, 1]; None without a sample."""
        return self.unchanged / self.reviewed if self.reviewed else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the precision."""
        return wilson_interval(self.unchanged, self.reviewed)


def get_outlook(session: Session, project_id: int, *, label: str, min_agreement: float) -> Outlook:
    """Return what accepting the rest of a label above a score would do."""
    counts = synthetic_sample.count_sample(session, project_id, label=label, min_agreement=min_agreement)
    gap = (counts.reviewed_agreement or 0.0) - (counts.pending_agreement or 0.0)
    is_easier = bool(counts.reviewed and counts.pending) and gap > _EASIER_BY
    return Outlook(label, min_agreement, counts.pending, counts.reviewed, counts.unchanged, is_easier)


def draw_examples(session: Session, project_id: int, *, label: str, min_agreement: float) -> list[SyntheticView]:
    """Return a few of the sentences that would be accepted, drawn anew at each call."""
    ids = synthetic.list_ids(session, project_id, label=label, min_agreement=min_agreement)
    drawn = random.sample(ids, min(NUM_EXAMPLES, len(ids)))
    return synthetic.get_synthetic_views(session, drawn, project_id=project_id)


def accept_rest(
    session: Session, project_id: int, user_id: int, *, label: str, min_agreement: float, expected: int | None = None
) -> int:
    """Accept every pending sentence of a label above a score as one step; return how many.

    Args:
        session: An open session; the caller commits, or rolls back when this raises.
        project_id: The project.
        user_id: Who decides.
        label: The label.
        min_agreement: Least agreement of the judges, in [0, 1].
        expected: How many sentences the user was told of; None where nobody was asked.

    Raises:
        NotEnoughDataError: Fewer than 20 sentences above the score were decided one by one.
        NotFoundError: No pending sentence is above the score.
        ConflictError: There are more or fewer than expected, or somebody decided one of them meanwhile.
    """
    outlook = get_outlook(session, project_id, label=label, min_agreement=min_agreement)
    if outlook.missing:
        raise NotEnoughDataError(
            f"Only {outlook.reviewed} sentences of {label} with an agreement of at least {min_agreement:.2f} were "
            f"reviewed one by one; it takes {MIN_REVIEWED} to tell how good the rest is. "
            f"Review {outlook.missing} more of them first."
        )
    if not outlook.pending:
        raise NotFoundError(f"No pending sentence of {label} has an agreement of at least {min_agreement:.2f}.")
    if expected is not None and expected != outlook.pending:
        raise ConflictError(
            f"{outlook.pending} pending sentences are above the score now, and you were told of {expected}; "
            "nothing was accepted. Look at them again and repeat the step."
        )
    ids = synthetic.list_ids(session, project_id, label=label, min_agreement=min_agreement)
    return curate.apply_synthetic_batch(
        session, project_id=project_id, user_id=user_id, synthetic_ids=ids, event={"kind": "accept"}
    )
