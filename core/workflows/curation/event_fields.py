"""Fields of an event that a page sends: taken out with their type checked, for nothing in it is trusted."""

from collections.abc import Mapping
from typing import Any

from core.errors import DomainError

Event = Mapping[str, Any]
MAX_COMMENT_LENGTH = 4_000


def take_integer(event: Event, name: str) -> int:
    """Return a number of an event.

    Raises:
        DomainError: The field is missing or no integer.
    """
    value = event.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise DomainError(f"Event {event.get('kind')} needs an integer {name!r}, got {value!r}.")
    return value


def find_integer(event: Event, name: str) -> int | None:
    """Return a number of an event, or None where the field is missing."""
    return None if event.get(name) is None else take_integer(event, name)


def take_text(event: Event, name: str, *, max_length: int = 10_000) -> str:
    """Return a text of an event.

    Raises:
        DomainError: The field is missing, no text or too long.
    """
    value = event.get(name)
    if not isinstance(value, str):
        raise DomainError(f"Event {event.get('kind')} needs a text {name!r}, got {value!r}.")
    if len(value) > max_length:
        raise DomainError(f"The {name} has {len(value)} characters; at most {max_length} are kept. Shorten it.")
    return value


def take_kind(event: Event, known: Mapping[str, object]) -> str:
    """Return the kind of an event.

    Raises:
        DomainError: The kind is missing or unknown.
    """
    kind = event.get("kind")
    if kind not in known:
        raise DomainError(f"Unknown event kind {kind!r}; known: {', '.join(known)}.")
    return str(kind)
