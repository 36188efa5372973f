"""Writes brat standoff: a zip archive with a `.txt` and an `.ann` file a document, and annotation.conf.

What brat has no line for (states, scores, facts, sentences) goes into one note without a target, which brat ignores.
"""

import codecs
import json
import re
from dataclasses import replace

from core.domain import Corpus, Document
from core.errors import FormatError
from core.formats.archives import pack_zip
from core.formats.base import WriteResult
from core.formats.brat import CONCEPT, EXTRAS_PREFIX, FRAGMENTS
from core.formats.brat_lines import METADATA_PREFIX, restore_line
from core.formats.extras import Extras
from core.formats.losses import EVERYTHING, Losses, keep_standing

UNWRITABLE_NAME = re.compile(r"[\s:@>\[\]]")
BREAKING = re.compile(r"[\r\n\t]")
UNSAFE = re.compile(r"[^\w.-]+")
RESOURCE = re.compile(r"[^\s:]+:\S+")
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
    places = {m: f"{m.entity_type}@{m.span.start}:{m.span.end}" for m in document.mentions}
    ids = {place: f"T{number}" for number, place in enumerate(places.values(), start=1)}
    fragments = dict(
        value.split("\t", 1) for key, value in document.metadata if key == f"brat {FRAGMENTS}" and "\t" in value
    )
    lines = []
    for mention, place in places.items():
        _check_name(mention.entity_type, "Entity type")
        stated = fragments.get(place)
        where = stated or f"{mention.span.start} {mention.span.end}"
        surface = mention.names[0] if stated and mention.names else mention.span.text(document.text)
        lines.append(f"{ids[place]}\t{mention.entity_type} {where}\t{BREAKING.sub(' ', surface)}")
    for number, relation in enumerate(document.relations, start=1):
        _check_name(relation.label, "Label")
        head, tail = places[relation.head], places[relation.tail]
        ids[f"{relation.label}:{head}>{tail}"] = f"R{number}"
        lines.append(f"R{number}\t{relation.label} Arg1:{ids[head]} Arg2:{ids[tail]}")
    lines += _concept_lines(document)
    lines += _kept_lines(document, ids, losses)
    return [*lines, _extras_line(document)]


def _concept_lines(document: Document) -> list[str]:
    """Return a normalisation for each concept id that fits on a line; the extras hold the others."""
    lines: list[str] = []
    for number, mention in enumerate(document.mentions, start=1):
        for concept_id in mention.concept_ids:
            name = concept_id if RESOURCE.fullmatch(concept_id) else f"{CONCEPT}:{concept_id}"
            if not any(character.isspace() for character in name):
                lines.append(f"N{len(lines) + 1}\tReference T{number} {name}\t")
    return lines


def _kept_lines(document: Document, ids: dict[str, str], losses: Losses) -> list[str]:
    lines = []
    for key, value in document.metadata:
        if not key.startswith(METADATA_PREFIX) or key == f"{METADATA_PREFIX}{FRAGMENTS}":
            continue
        line = restore_line(key, value, ids)
        if line is None:
            losses.dropped["brat lines about mentions that are gone"] += 1
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
