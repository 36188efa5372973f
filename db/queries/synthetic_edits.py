"""What a curator can change of a synthetic sentence, as one value, saved with a version check and recorded."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from core.domain import State
from core.errors import ConflictError
from db.queries.synthetic import SyntheticView
from db.tables import SyntheticRow


@dataclass(frozen=True, slots=True)
class SyntheticEdit:
    """Everything about a synthetic sentence that a curator can change."""

    label: str
    text: str
    head_start: int
    head_end: int
    head_type: str
    tail_start: int
    tail_end: int
    tail_type: str
    state: State
    reason: str
    original_text: str | None
    is_flagged: bool = False
    comment: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the values as JSON, for a decision; no flag and no comment are left out, as in older decisions."""
        values = {name: getattr(self, name) for name in _EDITED if name not in _YOUNGER or getattr(self, name)}
        return values | {"state": self.state.value}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "SyntheticEdit":
        """Return the values that a decision recorded."""
        return SyntheticEdit(**(dict(data) | {"state": State(data["state"])}))


_EDITED = tuple(field.name for field in fields(SyntheticEdit))
_YOUNGER = ("is_flagged", "comment")


def to_edit(view: SyntheticView) -> SyntheticEdit:
    """Return what a curator can change of a view."""
    return SyntheticEdit(**{name: getattr(view, name) for name in _EDITED})


def save_synthetic(session: Session, view: SyntheticView, after: SyntheticEdit) -> None:
    """Store a changed synthetic sentence if nobody changed it since it was read.

    Raises:
        ConflictError: It changed; nothing was stored.
    """
    written = session.exec(
        sa.update(SyntheticRow)
        .where(col(SyntheticRow.id) == view.id, col(SyntheticRow.version) == view.version)
        .values(version=view.version + 1, **(asdict(after) | {"state": after.state}))
    )
    if written.rowcount != 1:
        raise ConflictError(
            f"Synthetic sentence {view.id} was changed elsewhere since version {view.version}; "
            "nothing was overwritten. Load it again and repeat the change."
        )
