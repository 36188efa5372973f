"""Writes brat standoff: a zip archive with a `.txt` and an `.ann` file a document, and annotation.conf.

What brat has no line for (states, scores, facts, sentences) goes into one note without a target, which brat ignores.
"""

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from core.domain import Corpus, Document
from core.errors import FormatError
from core.formats.archives import pack_zip
from core.formats.base import WriteResult
from core.formats.brat import CONCEPT, EXTRAS_PREFIX
from core.formats.brat_lines import (
    IDS,
    METADATA_PREFIX,
    NORMALISATION,
    ROLES,
    USUAL_ROLES,
    name_relation,
    restore_line,
)
from core.formats.extras import Extras
from core.formats.fragments import find_fragments, join_fragments, name_place
from core.formats.losses import EVERYTHING, Losses, keep_standing

UNWRITABLE_NAME = re.compile(r"[\s:@>\[\]]")
BREAKING = re.compile(r"[\r\n\t]")
UNSAFE = re.compile(r"[^\w.-]+")
RESOURCE = re.compile(r"[^\s:]+:\S+")
ID = re.compile(r"[TR]\d{1,9}")
ROLE = re.compile(r"[^\s:]+")
MAX_NAME = 100


def write_brat(corpus: Corpus) -> WriteResult:
    """Write an archive that brat opens as one collection.

    Raises:
        FormatError: An entity type or label holds a space, a colon or a sign that brat's lines use.
    """
    losses = Losses()
    losses.count_corpus(corpus)
    files: dict[str, bytes] = {}
    written = []
    names: set[str] = set()
    for document in corpus.documents:
        kept = keep_standing(document, losses, holds=EVERYTHING)
        written.append(kept)
        stem = _make_stem(document.id, names)
        mark = codecs.BOM_UTF8 if kept.text.startswith("\ufeff") else b""  # or a reader takes the text's own for one
        files[f"{stem}.txt"] = mark + kept.text.encode()
        files[f"{stem}.ann"] = "".join(f"{line}\n" for line in _make_lines(kept, losses)).encode()
    files["annotation.conf"] = _make_configuration(written).encode()
    return losses.make_result("brat", pack_zip(files), written)


def _make_lines(document: Document, losses: Losses) -> list[str]:
    """Return the lines of one document: mentions, relations, concepts, kept lines, extras."""
    places = {mention: name_place(mention) for mention in document.mentions}
    relations = {one: name_relation(one.label, places[one.head], places[one.tail]) for one in document.relations}
    own_ids, roles = (_read_entry(document, key) for key in (IDS, ROLES))
    ids = _choose_ids("T", places.values(), own_ids) | _choose_ids("R", relations.values(), own_ids)
    fragments = find_fragments(document)
    lines = []
    for mention, place in places.items():
        _check_name(mention.entity_type, "Entity type")
        standing = fragments.get(mention, ((mention.span.start, mention.span.end),))
        where = ";".join(f"{start} {end}" for start, end in standing)
        surface = join_fragments(document.text, standing)
        lines.append(f"{ids[place]}\t{mention.entity_type} {where}\t{BREAKING.sub(' ', surface)}")
    for relation, place in relations.items():
        _check_name(relation.label, "Label")
        head, tail = ids[places[relation.head]], ids[places[relation.tail]]
        first, second = _choose_roles(roles.get(place))
        lines.append(f"{ids[place]}\t{relation.label} {first}:{head} {second}:{tail}")
    kept = _kept_lines(document, ids, losses)
    return [
        *lines,
        *_concept_lines(document, [ids[place] for place in places.values()], kept),
        *kept,
        _extras_line(document),
    ]


def _read_entry(document: Document, key: str) -> dict[str, Any]:
    """Return what a metadata entry of the reader says by place; nothing where it is gone or damaged."""
    value = dict(document.metadata).get(key, "{}")
    try:
        entry = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _choose_ids(kind: str, places: Iterable[str], own: Mapping[str, Any]) -> dict[str, str]:
    """Return an id for each place: the one that it came with, else its number, else the next free one."""
    names = list(dict.fromkeys(places))
    ids: dict[str, str] = {}
    for place in names:
        stated = own.get(place)
        if isinstance(stated, str) and ID.fullmatch(stated) and stated[0] == kind and stated not in ids.values():
            ids[place] = stated
    taken = set(ids.values())
    free = (one for number in count(len(names) + 1) if (one := f"{kind}{number}") not in taken)
    for number, place in enumerate(names, start=1):
        if place not in ids:
            usual = f"{kind}{number}"
            ids[place] = usual if usual not in taken else next(free)
    return ids


def _choose_roles(stated: Any) -> tuple[str, str]:  # noqa: ANN401 (any JSON value)
    if isinstance(stated, list) and len(stated) == 2 and all(isinstance(o, str) and ROLE.fullmatch(o) for o in stated):
        return stated[0], stated[1]
    return USUAL_ROLES


def _concept_lines(document: Document, ids: list[str], kept: list[str]) -> list[str]:
    """Return a normalisation for each concept id that fits on a line and has none; the extras hold the others."""
    matches = [match for line in kept if (match := NORMALISATION.fullmatch(line))]
    stated = {(match[1], match[2].removeprefix(f"{CONCEPT}:")) for match in matches}
    taken = {line.partition("\t")[0] for line in kept}
    free = (one for number in count(1) if (one := f"N{number}") not in taken)
    lines: list[str] = []
    for mention_id, mention in zip(ids, document.mentions, strict=True):
        for concept_id in mention.concept_ids:
            name = concept_id if RESOURCE.fullmatch(concept_id) else f"{CONCEPT}:{concept_id}"
            if (mention_id, concept_id) not in stated and not any(character.isspace() for character in name):
                lines.append(f"{next(free)}\tReference {mention_id} {name}\t")
    return lines


def _kept_lines(document: Document, ids: dict[str, str], losses: Losses) -> list[str]:
    """Return the lines that came in beside mentions and relations and are still true."""
    concepts = {ids[name_place(mention)]: mention.concept_ids for mention in document.mentions}
    lines = []
    for key, value in document.metadata:
        if not key.startswith(METADATA_PREFIX) or key in (IDS, ROLES):
            continue
        line = restore_line(key, value, ids)
        match = NORMALISATION.fullmatch(line or "")
        if line is None:
            losses.dropped["brat lines about mentions that are gone"] += 1
        elif match and match[1] in concepts and match[2].removeprefix(f"{CONCEPT}:") not in concepts[match[1]]:
            losses.dropped["brat lines about concepts that are gone"] += 1
        else:
            lines.append(line)
    return lines


def _extras_line(document: Document) -> str:
    """Return the note that holds what brat's lines do not."""
    others = tuple((key, value) for key, value in document.metadata if not key.startswith(METADATA_PREFIX))
    plain = Extras.from_document(replace(document, metadata=others)).to_plain()
    return f"{EXTRAS_PREFIX}{json.dumps(plain, ensure_ascii=True)}"


def _make_configuration(documents: list[Document]) -> str:
    """Return the annotation.conf that lets brat show every type and label of the documents."""
    types = sorted({mention.entity_type for document in documents for mention in document.mentions})
    pairs = sorted(
        {
            (one.label, one.head.entity_type, one.tail.entity_type)
            for document in documents
            for one in document.relations
        }
    )
    relations = [f"{label} Arg1:{head}, Arg2:{tail}" for label, head, tail in pairs]
    sections = ("[entities]", *types, "[relations]", *relations, "[events]", "[attributes]")
    return "".join(f"{line}\n" for line in sections)


def _make_stem(document_id: str, names: set[str]) -> str:
    """Return a file name that every system takes and that is not used yet."""
    base = UNSAFE.sub("_", document_id)[:MAX_NAME].strip(".") or "document"
    stem, number = base, 1
    while stem.casefold() in names:
        number += 1
        stem = f"{base}-{number}"
    names.add(stem.casefold())
    return stem


def _check_name(name: str, kind: str) -> None:
    if not name or UNWRITABLE_NAME.search(name):
        raise FormatError(f'{kind} {name!r} holds a space or one of ":@>[]", which brat cannot hold. Rename it.')
