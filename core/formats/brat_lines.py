"""The lines of a brat `.ann` file, and how those that the domain has no place for are kept as metadata.

Text bound `T1 Type start end[;start end] surface`, relation `R1 Label Arg1:T1 Arg2:T2`, equivalence `* Equiv T1 T2`,
normalisation `N1 Reference T1 Resource:id name`. Events (E), attributes (A, M), notes (#) and what N lines say beyond
an id become metadata: ids of mentions and relations in them are replaced by what these say, [Type@start:end] or
[Label:Type@start:end>Type@start:end], so that a writer finds them again. So do ids and roles that it would not choose.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import FormatError
from core.formats.checks import shorten

METADATA_PREFIX = "brat "
TEXT_BOUND = re.compile(r"(T[^\t]*)\t([^\t ]+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)(?:\t(.*))?")
RELATION = re.compile(r"(R[^\t]*)\t([^\t ]+) ([^\t :]+):(\S+) ([^\t :]+):(\S+)\s*")
NORMALISATION = re.compile(r"N[^\t]*\t\S+ (\S+) ([^\t]+?)(?:\t(.*))?")
IDS, ROLES = f"{METADATA_PREFIX}ids", f"{METADATA_PREFIX}roles"
USUAL_ROLES = ("Arg1", "Arg2")
KEPT_KINDS = {"E": "events", "A": "attributes", "M": "attributes", "#": "notes", "*": "equivalences"}
REFERENCE = re.compile(r"(?<![^\s:])([TR]\d+)(?!\S)")
PLACE = re.compile(r"\[([^\[\]\s]+@\d+:\d+)\]")
TAIL_ROLES = {"arg2", "object", "tail"}


@dataclass(frozen=True, slots=True)
class RelationLine:
    """An R line; `roles` are those of head and tail."""

    id: str
    label: str
    head: str
    tail: str
    roles: tuple[str, str]


@dataclass(frozen=True, slots=True)
class TextBound:
    """A mention's line; fragments are half-open and in order."""

    id: str
    entity_type: str
    fragments: tuple[tuple[int, int], ...]
    surface: str | None


def parse_text_bound(line: str) -> TextBound:
    """Return the parts of a T line.

    Raises:
        FormatError: The line is not one.
    """
    match = TEXT_BOUND.fullmatch(line)
    if match is None:
        raise FormatError(f"{shorten(line)} is no text-bound line. Write id, tab, type start end, tab, text.")
    pairs = [part.split(" ") for part in match[3].split(";")]
    fragments = tuple((int(start), int(end)) for start, end in pairs)
    return TextBound(match[1], match[2], fragments, match[4])


def parse_relation(line: str) -> RelationLine:
    """Return the parts of an R line.

    Raises:
        FormatError: The line is not one.
    """
    match = RELATION.fullmatch(line)
    if match is None:
        raise FormatError(f"{shorten(line)} is no relation. Write id, tab, label Arg1:T1 Arg2:T2.")
    if match[3].casefold() in TAIL_ROLES and match[5].casefold() not in TAIL_ROLES:
        return RelationLine(match[1], match[2], match[6], match[4], (match[5], match[3]))
    return RelationLine(match[1], match[2], match[4], match[6], (match[3], match[5]))


def name_relation(label: str, head: str, tail: str) -> str:
    """Return what stands for the id of a relation; head and tail are the places of its mentions."""
    return f"{label}:{head}>{tail}"


def keep_as_metadata(line: str, places: Mapping[str, str]) -> tuple[str, str]:
    """Return the metadata entry of a line; `places` says what stands for the ids of mentions and relations."""
    line_id, _, rest = line.partition("\t")
    parts = rest.split("\t", 1)
    parts[0] = REFERENCE.sub(lambda match: f"[{places[match[1]]}]" if match[1] in places else match[1], parts[0])
    return f"{METADATA_PREFIX}{line_id}", "\t".join(parts)


def restore_line(key: str, value: str, ids: Mapping[str, str]) -> str | None:
    """Return the line of a metadata entry, or None where a mention or relation that it names is gone."""
    parts = value.split("\t", 1)
    if any(match[1] not in ids for match in PLACE.finditer(parts[0])):
        return None
    parts[0] = PLACE.sub(lambda match: ids[match[1]], parts[0])
    return "\t".join((key.removeprefix(METADATA_PREFIX), *parts))
