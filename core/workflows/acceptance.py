"""How synthetic sentences fared: what the filters removed, and what curators made of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain import NO_RELATION, JobKind, JobState, State
from core.evaluation.intervals import wilson_interval
from core.generation.filters import Removal
from db.queries import jobs, projects, synthetic
from db.session import Session


@dataclass(frozen=True, slots=True)
class LabelStanding:
    """Synthetic sentences of one label by what was decided.

    Args:
        label: A label of the schema, or NO_RELATION.
        pending: Nobody has decided.
        accepted: Accepted as they are, or after an edit.
        edited: Those among the accepted whose text or label a curator changed.
        rejected: Not used.
    """

    label: str
    pending: int = 0
    accepted: int = 0
    edited: int = 0
    rejected: int = 0

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
    names = [*projects.get_schema(session, project_id).label_names, NO_RELATION]
    return [_standing(name, counts.get(name, {})) for name in names]


def _standing(label: str, counts: Mapping[State, int]) -> LabelStanding:
    edited = counts.get(State.CORRECTED, 0)
    return LabelStanding(
        label,
        pending=counts.get(State.PENDING, 0),
        accepted=counts.get(State.ACCEPTED, 0) + edited,
        edited=edited,
        rejected=counts.get(State.REJECTED, 0),
    )


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
