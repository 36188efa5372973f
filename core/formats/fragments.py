"""The parts of discontinuous mentions, kept as metadata of their document: a mention's span covers all of them."""

import re
from collections.abc import Sequence

from core.domain import Document, Mention
from core.errors import FormatError
from core.formats.checks import REMEDY, REPAIR_DISTANCE, locate, shorten
from core.formats.offsets import is_same_but_space

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
    """Return the parts, in order, of the mentions that still stand as their source stated them."""
    by_place = dict(value.rsplit("\t", 1) for key, value in document.metadata if key == KEY and "\t" in value)
    found = {}
    for mention in document.mentions:
        fragments = tuple(sorted(_parse(by_place.get(name_place(mention), ""))))
        if fragments and (fragments[0][0], fragments[-1][1]) == (mention.span.start, mention.span.end):
            found[mention] = fragments
    return found


def join_fragments(text: str, fragments: Sequence[tuple[int, int]]) -> str:
    """Return what the parts of a mention read, joined by a space, as tools state it."""
    return " ".join(text[start:end] for start, end in fragments)


def locate_fragments(text: str, fragments: Fragments, *, surface: str | None) -> tuple[Fragments, str]:
    """Return the parts of a stated surface, and what was repaired ("" where nothing was).

    Wrong parts are moved together by the one shift of at most REPAIR_DISTANCE characters that makes them read the
    surface; where there is none, each is moved alone, as `locate` moves a mention without gaps.

    Args:
        text: The text.
        fragments: Where the parts should stand, half-open and in code points.
        surface: What they should read, joined by a space or with what stands between them; None where the file does
            not say.

    Raises:
        FormatError: The parts read something else, and what they should read is not there.
    """
    if surface is None or _reads(text, fragments, surface):
        return fragments, ""
    near = range(-REPAIR_DISTANCE, REPAIR_DISTANCE + 1)
    places = [moved for shift in near if _fits(text, moved := _move(fragments, shift), surface)]
    moved = places[0] if len(places) == 1 else ()
    if not places:
        moved = _move_each(text, fragments, surface)
    if not moved:
        raise FormatError(_explain(text, fragments, surface, num_places=len(places)))
    return moved, f"{shorten(surface)} moved from {_name_parts(fragments)} to {_name_parts(moved)}."


def _list_readings(text: str, fragments: Fragments) -> tuple[str, str]:
    """Return what tools state of parts: these alone, or all that they span."""
    return join_fragments(text, fragments), text[fragments[0][0] : fragments[-1][1]]


def _reads(text: str, fragments: Fragments, surface: str) -> bool:
    """Return whether parts read a surface, in whatever order, and however white space was treated in joining them."""
    joined, spanned = _list_readings(text, fragments)
    is_spelt = _spell(surface) in (_spell(joined), _spell(spanned))
    return is_spelt or sorted(surface.split()) == sorted(joined.split())


def _fits(text: str, fragments: Fragments, surface: str) -> bool:
    is_inside = all(0 <= start < end <= len(text) for start, end in fragments)
    return is_inside and any(is_same_but_space(one, surface) for one in _list_readings(text, fragments))


def _move(fragments: Fragments, shift: int) -> Fragments:
    return tuple((start + shift, end + shift) for start, end in fragments)


def _move_each(text: str, fragments: Fragments, surface: str) -> Fragments:
    """Return the parts, each where its share of the surface stands; nothing where one is not found or out of order."""
    moved: list[tuple[int, int]] = []
    for (start, end), piece in zip(fragments, _cut_surface(surface, fragments), strict=False):
        try:
            span, _ = locate(text, start=start, end=end, surface=piece)
        except FormatError:
            return ()
        moved.append((span.start, span.end))
    return tuple(moved) if len(moved) == len(fragments) and moved == sorted(moved) else ()


def _cut_surface(surface: str, fragments: Fragments) -> list[str]:
    """Return the share of each part in a surface; nothing where their lengths do not add up to its own."""
    pieces, place = [], 0
    for start, end in fragments:
        pieces.append(surface[place : place + end - start])
        place += end - start + 1
    return pieces if place == len(surface) + 1 else []


def _spell(surface: str) -> str:
    """Return a surface without white space."""
    return "".join(surface.split())


def _explain(text: str, fragments: Fragments, surface: str, *, num_places: int) -> str:
    fault = (
        f"Parts {_name_parts(fragments)} of {shorten(surface)} end beyond the text of {len(text)} characters"
        if fragments[-1][1] > len(text)
        else f"Parts {_name_parts(fragments)} hold {shorten(join_fragments(text, fragments))}, not {shorten(surface)}"
    )
    places = f"{num_places} times" if num_places else "nowhere"
    return f"{fault}; these stand {places} within {REPAIR_DISTANCE} characters. {REMEDY}"


def _name_parts(fragments: Fragments) -> str:
    return ";".join(f"{start}:{end}" for start, end in fragments)


def _parse(value: str) -> Fragments:
    matches = [PART.fullmatch(part) for part in value.split(";")]
    return tuple((int(match[1]), int(match[2])) for match in matches if match) if all(matches) else ()
