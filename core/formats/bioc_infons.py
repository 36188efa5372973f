"""Infons of a BioC file beyond the domain: kept as metadata of the document, and written where they still fit.

An entry names its passage by where it starts, its annotation by type and span, its relation by label and ends. Its
value is a JSON object: the infons, and for a relation the roles of its two nodes.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.domain import Document, DocumentFact, Mention, Relation
from core.formats.fragments import KEY as FRAGMENTS_KEY
from core.formats.fragments import name_place
from core.formats.pubtator_lines import decode_concepts
from core.formats.tally import PREFIX as TALLY_PREFIX
from core.formats.title import TITLE_END_KEY

PREFIX = "bioc "
COLLECTION_KEY = f"{PREFIX}collection"
SENTENCE_PREFIX = f"{PREFIX}sentence "
PASSAGE = re.compile(rf"{PREFIX}passage (\d{{1,9}})")
TYPE_KEY = "type"
LABEL_KEYS = ("type", "relation")
CONCEPT_KEYS = ("identifier", "MESH", "mesh", "NCBI Gene", "concept_id")
CONCEPT_PAIRS = (("entity1", "entity2"), ("role1", "role2"), ("Chemical", "Disease"))
NO_CONCEPTS = ("-", "-1", "None", "")
ROLES = ("head", "tail")
# An infon stands for a metadata entry only where no XML parser alters it.
PLAIN = re.compile(r"(?!\s)[ -~\xa1-\ud7ff\ue000-\ufffd]+(?<!\s)")
# Metadata that readers wrote for our own writers.
OWN_KEYS = (TITLE_END_KEY, FRAGMENTS_KEY)
OWN_PREFIXES = (PREFIX, TALLY_PREFIX, "brat ")
Infons = dict[str, str]


def read_infons(infons: Mapping[str, str | None]) -> Infons:
    """Return the infons of an element, an empty one as an empty string."""
    return {key: value or "" for key, value in infons.items()}


def read_concepts(infons: Infons) -> tuple[str, ...]:
    """Return the concept ids that an annotation's infons give."""
    found = [one for key in CONCEPT_KEYS for one in decode_concepts(infons.get(key, ""))]
    return tuple(dict.fromkeys(one for one in found if one not in NO_CONCEPTS))


def read_label(infons: Infons) -> str:
    """Return the label that a relation's infons give, or ""."""
    return next((infons[key] for key in LABEL_KEYS if infons.get(key)), "")


def read_pair(infons: Infons) -> tuple[str, str] | None:
    """Return the two concepts that a relation's infons name: entity1 and entity2, or any two that are alone."""
    for keys in CONCEPT_PAIRS:
        if all(infons.get(key) for key in keys):
            return infons[keys[0]], infons[keys[1]]
    label_key = next((key for key in LABEL_KEYS if infons.get(key)), "")
    others = [value for key, value in infons.items() if key != label_key]
    return (others[0], others[1]) if len(others) == 2 and all(others) else None


def name_passage(start: int) -> str:
    """Return the key of a passage's entry."""
    return f"{PREFIX}passage {start}"


def name_sentence(start: int) -> str:
    """Return the key of a sentence's entry."""
    return f"{SENTENCE_PREFIX}{start}"


def is_carried(key: str) -> bool:
    """Return whether an entry is of a collection or sentence: of these we write none, so the extras carry it."""
    return key == COLLECTION_KEY or key.startswith(SENTENCE_PREFIX)


def name_mention(mention: Mention) -> str:
    """Return the key of an annotation's entry."""
    return f"{PREFIX}annotation {name_place(mention)}"


def name_relation(relation: Relation) -> str:
    """Return the key of the entry of a relation between annotations."""
    return f"{PREFIX}relation {relation.label}:{name_place(relation.head)}>{name_place(relation.tail)}"


def name_fact(fact: DocumentFact) -> str:
    """Return the key of the entry of a relation between concepts."""
    return f"{PREFIX}fact {fact.label}:{fact.head_concept}>{fact.tail_concept}"


def mention_infons(mention: Mention) -> Infons:
    """Return the infons that say what a mention is, without those kept."""
    if not mention.concept_ids:
        return {TYPE_KEY: mention.entity_type}
    columns = [sign.join(mention.concept_ids) for sign in ("|", ",")]
    column = next((one for one in columns if decode_concepts(one) == mention.concept_ids), columns[1])
    return {TYPE_KEY: mention.entity_type, CONCEPT_KEYS[0]: column}


def fact_infons(fact: DocumentFact) -> Infons:
    """Return the infons that say what a fact is, without those kept."""
    return {TYPE_KEY: fact.label, "entity1": fact.head_concept, "entity2": fact.tail_concept}


def keep(key: str, infons: Infons, roles: tuple[str, ...] = ROLES) -> tuple[str, str]:
    """Return the metadata entry of an element."""
    value: dict[str, Any] = {"infons": infons} | ({} if roles == ROLES else {"roles": roles})
    return key, json.dumps(value, ensure_ascii=False)


def without_needless(document: Document) -> Document:
    """Return a document without entries that only say what its mentions do, now that their extras are known."""
    needless = {keep(name_mention(mention), mention_infons(mention)) for mention in document.mentions}
    return replace(document, metadata=tuple(entry for entry in document.metadata if entry not in needless))


class KeptInfons:
    """The entries of a document, each given out once; those left at the end name elements that are gone.

    Args:
        document: The document.
        clean: Returns a key or value as the format can hold it.
    """

    def __init__(self, document: Document, clean: Callable[[str], str]) -> None:
        self._clean = clean
        self._entries: dict[str, dict[str, Any]] = {}
        for key, value in document.metadata:
            if key.startswith(PREFIX) and not is_carried(key):
                self._entries.setdefault(key, _parse(value))

    def __len__(self) -> int:
        return len(self._entries)

    def passage_starts(self) -> list[int]:
        """Return where the passages start, in order."""
        return sorted(int(match[1]) for match in map(PASSAGE.fullmatch, self._entries) if match)

    def take(self, key: str) -> tuple[Infons, tuple[str, str]]:
        """Return infons and roles of an element; none and the usual roles where nothing is kept."""
        entry = self._entries.pop(key, {})
        infons = {self._clean(name): self._clean(value) for name, value in entry.get("infons", {}).items()}
        roles = [self._clean(one) for one in entry.get("roles", ROLES)]
        return infons, (roles[0], roles[1]) if roles else ROLES


def collection_infons(metadata: Iterable[tuple[str, str]]) -> Infons:
    """Return the infons of the collection that a document came from."""
    entries = [_parse(value) for key, value in metadata if key == COLLECTION_KEY]
    return entries[0].get("infons", {}) if entries else {}


def plain_entries(metadata: Iterable[tuple[str, str]]) -> Infons:
    """Return the metadata entries that can stand as infons of the document and come back the same."""
    found: Infons = {}
    for key, value in metadata:
        if PLAIN.fullmatch(key) and PLAIN.fullmatch(value) and not (key in OWN_KEYS or key.startswith(OWN_PREFIXES)):
            found.setdefault(key, value)
    return found


def _parse(value: str) -> dict[str, Any]:
    """Return what an entry says; nothing of one that is no longer as it was written."""
    try:
        entry = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    infons, roles = (entry.get("infons"), entry.get("roles", [])) if isinstance(entry, dict) else (None, None)
    is_whole = (
        isinstance(infons, dict)
        and all(isinstance(one, str) for one in infons.values())
        and isinstance(roles, list)
        and len(roles) in (0, 2)
        and all(isinstance(one, str) for one in roles)
    )
    return entry if is_whole else {}
