"""The parts of discontinuous mentions, kept as metadata of their document: a mention's span covers all of them."""

import re
from collections.abc import Sequence

from core.domain import Document, Mention

KEY = "fragments"
PART = re.compile(r"(\d{1,9}) (\d{1,9})")
Fragments = tuple[tuple[int, int], ...]


def name_place(mention: Mention) -> str:
    """Return what names a mention in metadata, where ids are none: its type and span."""
    return f"{mention.entity_type}@{mention.span.start}:{mention.span.end}"


def keep_fragments(mention: Mention, fragments: Sequence[tuple[int, int]]) -> tuple[str, str]:
    """Return the metadata entry of a mention's parts, half-open and in code points."""
    return KEY, f"{name_place(mention)}\t{';'.join(f'{start} {end}' for start, end in fragments)}"


def find_fragments(document: Document) -> dict[Mention, Fragments]:
    """Return the parts of the mentions that still stand as their source stated them."""
    by_place = dict(value.rsplit("\t", 1) for key, value in document.metadata if key == KEY and "\t" in value)
    found = {}
    for mention in document.mentions:
        fragments = _parse(by_place.get(name_place(mention), ""))
        if fragments and (fragments[0][0], fragments[-1][1]) == (mention.span.start, mention.span.end):
            found[mention] = fragments
    return found


def _parse(value: str) -> Fragments:
    matches = [PART.fullmatch(part) for part in value.split(";")]
    return tuple((int(match[1]), int(match[2])) for match in matches if match) if all(matches) else ()
