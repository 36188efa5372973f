"""Correct what an import brought: documents that belong into another split, or not into the project at all."""

from collections.abc import Sequence

from core.domain import Split
from core.errors import NotFoundError
from db.queries import document_edits
from db.session import Session


def move_documents(session: Session, project_id: int, document_ids: Sequence[int], split: Split) -> int:
    """Put documents into a split and return how many; those that are gone meanwhile are passed over.

    Synthetic sentences that were written from a document stay what they are; a training leaves out those that repeat
    what is dev or test then.

    Raises:
        NotFoundError: The project has none of them.
    """
    return _require(document_edits.move_documents(session, project_id, document_ids, split), document_ids)


def remove_documents(session: Session, project_id: int, document_ids: Sequence[int]) -> int:
    """Remove documents with all that is marked in them, for good, and return how many.

    Who decided what in them stays on record; nothing of it can be undone.

    Raises:
        NotFoundError: The project has none of them.
    """
    return _require(document_edits.remove_documents(session, project_id, document_ids), document_ids)


def _require(number: int, document_ids: Sequence[int]) -> int:
    if not number:
        named = ", ".join(map(str, document_ids[:5])) or "none"
        raise NotFoundError(f"The project has none of these documents ({named}); look at its list again.")
    return number
