"""How synthetic sentences fared: what the filters removed, what curators made of the rest, what is still wanted."""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain import NO_RELATION, JobKind, JobState, Split, State
from core.errors import DomainError, SchemaError
from core.evaluation.intervals import wilson_interval
from core.generation.filters import Removal
from db.queries import jobs, projects, quotas, synthetic
from db.session import Session

MAX_WANTED = 1_000_000


@dataclass(frozen=True, slots=True)
class LabelStanding:
    """Synthetic sentences of one label by what was decided.

    Args:
        label: A label of the schema, or NO_RELATION.
        pending: Nobody has decided.
        accepted: Accepted as they are, or after an edit.
        edited: Those among the accepted whose text or label a curator changed.
        rejected: Not used.
        reasons: Number of the rejected by the curator's reason, empty where none was given; most frequent first.
        drawn: Sentences that the finished generations drew, before the filters.
        removed: Number of those that the filters removed by what was wrong, most frequent first.
        wanted: Accepted sentences wanted for the label; where nobody set it, as many as there are gold instances in
            the train split, which is what Algorithm 1 draws at a ratio of 1.
    """

    label: str
    pending: int = 0
    accepted: int = 0
    edited: int = 0
    rejected: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    drawn: int = 0
    removed: tuple[tuple[str, int], ...] = ()
    wanted: int = 0

    @property
    def total(self) -> int:
        """Sentences that were stored for the label."""
        return self.pending + self.decided

    @property
    def decided(self) -> int:
        """Sentences that a curator decided."""
        return self.accepted + self.rejected

    @property
    def acceptance(self) -> float | None:
        """Share of the decided sentences that was accepted, in [0, 1]; None while nothing is decided."""
        return self.accepted / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the acceptance."""
        return wilson_interval(self.accepted, self.decided)

    @property
    def num_removed(self) -> int:
        """Sentences that the filters removed."""
        return sum(number for _, number in self.removed)

    @property
    def progress(self) -> float | None:
        """Share of the wanted sentences that is accepted, in [0, 1]; None where none are wanted."""
        return min(1.0, self.accepted / self.wanted) if self.wanted else None


@dataclass(frozen=True, slots=True)
class LabelYield:
    """What one generation gave for one label.

    Args:
        label: The label.
        generated: Sentences drawn.
        kept: Those that passed the filters.
        removed: Number of the others by what was wrong ("has fewer than 8 words"), most frequent first.
        warnings: What a curator should know, as whole sentences.
    """

    label: str
    generated: int
    kept: int
    removed: tuple[tuple[str, int], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LastGeneration:
    """The newest finished generation of a project."""

    job_id: str
    finished_at: datetime | None
    yields: tuple[LabelYield, ...]
    notes: tuple[str, ...]


def get_standings(session: Session, project_id: int) -> list[LabelStanding]:
    """Return how each label of the schema and NO_RELATION stand, in schema order."""
    counts = synthetic.count_synthetic(session, project_id)
    reasons = synthetic.count_reject_reasons(session, project_id)
    drawn, removed = _add_up_generations(session, project_id)
    wanted = quotas.get_quotas(session, project_id)
    balance = projects.get_class_balance(session, project_id, split=Split.TRAIN)
    return [
        LabelStanding(
            one.label,
            **_count_states(counts.get(one.label, {})),
            reasons=_most_frequent(reasons.get(one.label, {})),
            drawn=drawn[one.label],
            removed=_most_frequent(removed[one.label]),
            wanted=wanted.get(one.label, one.gold),
        )
        for one in balance
    ]


def set_wanted(session: Session, project_id: int, label: str, wanted: int | None) -> None:
    """Store how many accepted sentences are wanted for a label; None goes back to the usual number.

    Raises:
        SchemaError: The project has no such label.
        DomainError: The number is below 0 or above 1,000,000.
    """
    known = [*projects.get_schema(session, project_id).label_names, NO_RELATION]
    if label not in known:
        raise SchemaError(f"Unknown relation label {label!r}; known: {', '.join(known)}.")
    if wanted is not None and not 0 <= wanted <= MAX_WANTED:
        raise DomainError(f"{wanted} sentences cannot be wanted for {label}; it takes 0 to {MAX_WANTED:,}.")
    quotas.set_quota(session, project_id, label, wanted)


def count_accepted(counts: Mapping[State, int]) -> int:
    """Return how many sentences are accepted, as they are or after an edit."""
    return counts.get(State.ACCEPTED, 0) + counts.get(State.CORRECTED, 0)


def _count_states(counts: Mapping[State, int]) -> dict[str, int]:
    return {
        "pending": counts.get(State.PENDING, 0),
        "accepted": count_accepted(counts),
        "edited": counts.get(State.CORRECTED, 0),
        "rejected": counts.get(State.REJECTED, 0),
    }


def _add_up_generations(session: Session, project_id: int) -> tuple[Counter[str], defaultdict[str, Counter[str]]]:
    """Return, by label, what the finished generations of a project drew, and what was wrong with what they removed."""
    drawn: Counter[str] = Counter()
    removed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    done = jobs.list_jobs(
        session, project_id=project_id, kinds=[JobKind.GENERATE], states=[JobState.DONE], limit=sys.maxsize
    )
    for job in done:
        for label, counts in (job.result or {}).get("labels", {}).items():
            drawn[label] += counts.get("generated", 0)
            for reason, number in counts.get("removed", {}).items():
                removed[label][Removal(reason).description] += number
    return drawn, removed


def _most_frequent(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def find_last_generation(session: Session, project_id: int) -> LastGeneration | None:
    """Return what the newest finished generation of a project gave, or None."""
    found = jobs.list_jobs(session, project_id=project_id, kinds=[JobKind.GENERATE], states=[JobState.DONE], limit=1)
    if not found or found[0].result is None:
        return None
    job, result = found[0], found[0].result
    yields = tuple(_yield(label, counts) for label, counts in result.get("labels", {}).items())
    return LastGeneration(job.id, job.finished_at, yields, tuple(result.get("notes", ())))


def _yield(label: str, counts: Mapping[str, Any]) -> LabelYield:
    removed = sorted(counts.get("removed", {}).items(), key=lambda item: -item[1])
    return LabelYield(
        label,
        generated=counts.get("generated", 0),
        kept=counts.get("kept", 0),
        removed=tuple((Removal(reason).description, number) for reason, number in removed),
        warnings=tuple(counts.get("warnings", ())),
    )
