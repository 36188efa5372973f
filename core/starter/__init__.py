"""Shipped models and the demo text: names → folders."""

from pathlib import Path

from core.errors import NotFoundError

_FOLDER = Path(__file__).parent
STARTERS = {"starter-chemical-disease": _FOLDER / "chemical_disease"}
DEFAULT_STARTER = "starter-chemical-disease"


def find_starter(name: str) -> Path | None:
    """Return the folder of a shipped model, or None if no starter has that name."""
    return STARTERS.get(name)


def get_starter(name: str) -> Path:
    """Return the folder of a shipped model.

    Raises:
        NotFoundError: No starter has that name.
    """
    path = find_starter(name)
    if path is None:
        raise NotFoundError(f"No starter model {name!r}; shipped: {', '.join(STARTERS)}.")
    return path
