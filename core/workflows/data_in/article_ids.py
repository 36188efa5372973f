"""Ids of articles as people write them, sorted into the databases they belong to. Asks nobody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import FetchError

MAX_ARTICLES = 10_000
MAX_DIGITS = 10
_SEPARATORS = re.compile(r"[\s,;]+")
_PUBMED = re.compile(rf"(?:pmid:?)?([1-9]\d{{0,{MAX_DIGITS - 1}}})", re.IGNORECASE)
_PMC = re.compile(rf"pmc:?([1-9]\d{{0,{MAX_DIGITS - 1}}})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArticleIds:
    """Ids without a prefix, each once, in the order given.

    Raises:
        FetchError: There are none, or more than MAX_ARTICLES.
    """

    pubmed: tuple[str, ...] = ()
    pmc: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.pubmed and not self.pmc:
            raise FetchError("No id is given; name at least one PubMed id, such as 12345, or PMC id, such as PMC12345.")
        if len(self) > MAX_ARTICLES:
            raise FetchError(f"{len(self):,} ids are given; the limit is {MAX_ARTICLES:,}. Fetch them in parts.")

    def __len__(self) -> int:
        return len(self.pubmed) + len(self.pmc)

    @property
    def source(self) -> str:
        """The databases, for people."""
        return " and ".join(name for name, ids in (("PubMed", self.pubmed), ("PMC", self.pmc)) if ids)


def parse_ids(text: str = "", *, pmc_text: str = "") -> ArticleIds:
    """Read ids separated by white space, commas or semicolons.

    Args:
        text: PubMed ids as plain numbers, PMC ids with "PMC" before the number.
        pmc_text: PMC ids, with "PMC" or without.

    Raises:
        FetchError: Something in it is no id; names it.
    """
    pubmed, pmc = [], []
    for word in _split(text):
        if match := _PMC.fullmatch(word):
            pmc.append(match[1])
        else:
            pubmed.append(_read(_PUBMED, word))
    pmc += [_read(_PMC, word if word.lower().startswith("pmc") else f"pmc{word}") for word in _split(pmc_text)]
    return ArticleIds(tuple(dict.fromkeys(pubmed)), tuple(dict.fromkeys(pmc)))


def _split(text: str) -> Iterator[str]:
    return (word for word in _SEPARATORS.split(text) if word)


def _read(form: re.Pattern[str], word: str) -> str:
    match = form.fullmatch(word)
    if match is None:
        raise FetchError(f"{word[:40]!r} is no id of an article; PubMed ids look like 12345, PMC ids like PMC12345.")
    return match[1]
