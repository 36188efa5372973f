"""The lines of a PubTator file: text, mention, relation; each decoded and encoded alone.

Text      `ID|t|title` and `ID|a|abstract`; offsets count title, one character, abstract.
Mention   `ID start end surface type concept names`, tab-separated. Several concepts are joined by "|",
          the single names inside a composite mention likewise; "-1" is no concept.
Relation  `ID label head tail`, tab-separated. Two concept ids state a fact about the document. Our
          extension: `@start:end` (or `@start:end:type`) names a mention, and "fact-only" as fifth
          column says that a fact's relations are stated one by one, or that there are none.
"""

import re
from collections.abc import Container, Set
from dataclasses import dataclass

from core.domain import DocumentFact, Mention, Relation, Span
from core.errors import FormatError
from core.formats.projection import NO_CONCEPT

FACT_ONLY = "fact-only"
TEXT_LINE = re.compile(r"([^|\t]+)\|([ta])\|(.*)")
NUMBER = re.compile(r"-?[0-9]{1,15}")
MENTION_REFERENCE = re.compile(r"@([0-9]{1,15}):([0-9]{1,15})(?::(.+))?")
# Identifiers of sequence variants (tmVar) hold "|" themselves: "c|SUB|A|123|G".
VARIANT = re.compile(r"[cgmnpr]?\|")
UNWRITABLE = re.compile(r"[\t\r\n\0]")


@dataclass(frozen=True, slots=True)
class MentionLine:
    """A mention as a file states it, before its offsets are checked."""

    start: int
    end: int
    surface: str
    entity_type: str
    concept_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class MentionReference:
    """A relation's argument that names a mention by its span; the type only where spans are shared."""

    start: int
    end: int
    entity_type: str | None = None


@dataclass(frozen=True, slots=True)
class RelationLine:
    """A relation as a file states it; `extra` is what other columns say."""

    label: str
    head: str
    tail: str
    extra: tuple[str, ...] = ()


def decode_line(columns: list[str]) -> MentionLine | RelationLine:
    """Decode the columns of an annotation line.

    Raises:
        FormatError: The columns fit neither a mention nor a relation.
    """
    is_number = [NUMBER.fullmatch(column) is not None for column in columns[1:3]]
    if all(is_number) and len(columns) > 4:
        return _decode_mention(columns)
    if not is_number[0] and len(columns) in (4, 5):
        label, head, tail, *extra = (column.strip() for column in columns[1:])
        if label and head and tail:
            return RelationLine(label, head, tail, tuple(filter(None, extra)))
    raise FormatError(
        f"{len(columns)} tab-separated columns that are neither a mention (ID, start, end, surface, type, "
        "concept) nor a relation (ID, label, head, tail). Correct or remove the line."
    )


def is_mentioned(concept: str, concept_ids: Container[str]) -> bool:
    """Return whether a fact's concept, or every part of a composite one, is among concept ids."""
    parts = decode_concepts(concept)
    return concept in concept_ids or (bool(parts) and all(part in concept_ids for part in parts))


def _decode_mention(columns: list[str]) -> MentionLine:
    start, end, surface, entity_type, concepts, names = (*columns[1:], "", "")[:6]
    if len(columns) > 7 or not entity_type:
        fault = "no entity type" if not entity_type else f"{len(columns)} columns"
        raise FormatError(f"A mention with {fault}; it has 5 to 7 columns. Correct or remove the line.")
    return MentionLine(
        start=int(start),
        end=int(end),
        surface=surface,
        entity_type=entity_type,
        concept_ids=decode_concepts(concepts),
        names=decode_names(names),
        score=_decode_score(names),
    )


def decode_concepts(column: str) -> tuple[str, ...]:
    """Return the concept ids of a column; "-1" alone and an empty column are none.

    Ids are joined by "|", in newer corpora by ","; the id of a sequence variant keeps its "|".
    """
    concept_ids: list[str] = []
    for part in column.split(","):
        concept_ids += [part] if VARIANT.match(part.strip()) else part.split("|")
    stripped = tuple(concept_id.strip() for concept_id in concept_ids if concept_id.strip())
    return () if stripped == (NO_CONCEPT,) else stripped


def decode_names(column: str) -> tuple[str, ...]:
    """Return the single names inside a composite mention."""
    return () if not column.strip() or _decode_score(column) is not None else tuple(column.split("|"))


def _decode_score(column: str) -> float | None:
    """Return the score that tools write where composite mentions have names."""
    try:
        score = float(column)
    except ValueError:
        return None
    return score if 0.0 <= score <= 1.0 else None


def decode_reference(argument: str) -> MentionReference | None:
    """Return the mention that a relation's argument names, or None where it is a concept."""
    match = MENTION_REFERENCE.fullmatch(argument)
    return MentionReference(int(match[1]), int(match[2]), match[3]) if match else None


def encode_concepts(concept_ids: tuple[str, ...]) -> str | None:
    """Return the column that decodes to these concept ids, or None where there is none."""
    columns = (NO_CONCEPT,) if not concept_ids else ("|".join(concept_ids), ",".join(concept_ids))
    return next((column for column in columns if _is_clean(column) and decode_concepts(column) == concept_ids), None)


def encode_names(names: tuple[str, ...]) -> str | None:
    """Return the column that decodes to these names, or None where there is none."""
    column = "|".join(names)
    return column if _is_clean(column) and decode_names(column) == names else None


def encode_fact(document_id: str, fact: DocumentFact, *, is_fact_only: bool) -> str | None:
    """Return the line of a fact, or None where a concept id cannot be written.

    Raises:
        FormatError: The label cannot be written.
    """
    check_label(fact.label)
    concepts = (fact.head_concept, fact.tail_concept)
    if any(not concept or concept != concept.strip() or not _is_clean(concept) for concept in concepts):
        return None
    if any(decode_reference(concept) for concept in concepts):
        return None
    return "\t".join([document_id, fact.label, *concepts, *([FACT_ONLY] if is_fact_only else [])])


def encode_mention(document_id: str, mention: Mention, surface: str) -> str:
    """Return the line of a mention whose concept ids and names can be written."""
    concepts = encode_concepts(mention.concept_ids) or NO_CONCEPT
    columns = [document_id, str(mention.span.start), str(mention.span.end), surface, mention.entity_type, concepts]
    return "\t".join([*columns, encode_names(mention.names) or ""] if mention.names else columns)


def encode_relation(document_id: str, relation: Relation, *, shared_spans: Set[Span]) -> str:
    """Return the line of a relation between mentions; names the type where several share a span."""
    references = [
        f"@{mention.span.start}:{mention.span.end}{f':{mention.entity_type}' if mention.span in shared_spans else ''}"
        for mention in (relation.head, relation.tail)
    ]
    return "\t".join([document_id, relation.label, *references])


def check_label(label: str) -> None:
    """Refuse a label that a reader would take for something else.

    Raises:
        FormatError: The label is a number, or holds a tab, a line break or surrounding spaces.
    """
    if NUMBER.fullmatch(label):
        raise FormatError(f"Label {label!r} is a number, which PubTator reads as an offset. Rename it or use JSONL.")
    check_name(label, "Label")


def check_name(name: str, kind: str) -> None:
    """Refuse a name that would break its line.

    Raises:
        FormatError: The name holds a tab, a line break or surrounding spaces, or is empty.
    """
    if not name or name != name.strip() or not _is_clean(name):
        fault = "is empty or holds a tab, a line break or surrounding spaces"
        raise FormatError(f"{kind} {name!r} {fault}, which PubTator cannot hold. Rename it or use JSONL.")


def _is_clean(column: str) -> bool:
    return UNWRITABLE.search(column) is None
