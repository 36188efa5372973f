"""Shipped models and the demo text: names → folders."""

from pathlib import Path

from core.errors import NotFoundError

_FOLDER = Path(__file__).parent
# Models that find mentions and relations; their encoders are what trainings start from.
STARTERS = {"starter-chemical-disease": _FOLDER / "chemical_disease"}
DEFAULT_STARTER = "starter-chemical-disease"
PARSER_STARTER = "starter-parser"
PARSER_FOLDER = _FOLDER / "parser"


def find_starter(name: str) -> Path | None:
    """Return the folder of a shipped model, or None if no starter has that name or the parser is not there."""
    if name == PARSER_STARTER:
        return PARSER_FOLDER if (PARSER_FOLDER / "config.cfg").is_file() else None
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
