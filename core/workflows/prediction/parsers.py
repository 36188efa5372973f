"""Which dependency parser there is; spaCy is loaded only when one is asked for."""

from importlib.metadata import entry_points
from pathlib import Path

from core.errors import ParserNotFoundError
from core.nlp.dependency import AUTO, PARSER_REMEDY, Parser, describe_parser
from core.settings import Settings
from core.starter import PARSER_STARTER, find_starter

__all__ = [
    "AUTO",
    "PARSER_REMEDY",
    "describe_default_parser",
    "explain_missing",
    "find_parsers",
    "has_workers_elsewhere",
    "load_parser",
]

# The group under which every spaCy pipeline package registers itself.
_PACKAGE_GROUP = "spacy_models"


def find_parsers() -> list[str]:
    """Return the names of the parsers that seem to be on this machine, without loading spaCy."""
    shipped = [PARSER_STARTER] if find_starter(PARSER_STARTER) else []
    return shipped + sorted({point.name for point in entry_points(group=_PACKAGE_GROUP)})


def explain_missing(name: str) -> str:
    """Return why no parser of that name would be found on this machine; empty where one seems to be here."""
    found = find_parsers()
    if name == AUTO:
        return "" if found else f"No dependency parser is installed here. {PARSER_REMEDY}"
    is_here = name in found or (Path(name) / "config.cfg").is_file()
    return "" if is_here else f"There is no spaCy pipeline {name!r} here. {PARSER_REMEDY}"


def has_workers_elsewhere(settings: Settings) -> bool:
    """Return whether workers of other machines, which may have other parsers, can take the jobs."""
    return not settings.resolved_database_url.startswith("sqlite")


def load_parser(name: str = AUTO) -> Parser:
    """Load a parser by name.

    Raises:
        ParserNotFoundError: There is none of that name.
    """
    # spaCy takes seconds to load, and only one architecture reads parses.
    from core.nlp import parser

    return parser.load_parser(name)


def describe_default_parser() -> str:
    """Return name and version of the parser that is used unless another is named, or that there is none."""
    try:
        return describe_parser(load_parser())
    except ParserNotFoundError:
        return "none"
