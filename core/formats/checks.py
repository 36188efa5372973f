"""Checks that every annotated format makes: offsets against text, names against a schema."""

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise

from core.domain import Document, DocumentFact, Relation, RelationLabel, Schema, Sentence, Span
from core.errors import FormatError, SchemaError, SpanError
from core.formats.base import IssueLog, Severity

REPAIR_DISTANCE = 20
MAX_DOCUMENT_CHARACTERS = 1_000_000
REMEDY = "Correct the offsets; they count characters from 0, end exclusive."


def shorten(text: str, *, limit: int = 60) -> str:
    """Return text as it may stand in a message: quoted, at most `limit` characters of it."""
    return repr(text if len(text) <= limit else f"{text[:limit]}…")


def check_length(document: Document) -> None:
    """Refuse a text that is no single document: one review queue, one transaction and one page must hold it.

    Raises:
        FormatError: The text has more than MAX_DOCUMENT_CHARACTERS characters.
    """
    if len(document.text) > MAX_DOCUMENT_CHARACTERS:
        raise FormatError(
            f"Document {shorten(document.id)} has {len(document.text):,} characters; the limit is "
            f"{MAX_DOCUMENT_CHARACTERS:,}. Split it into its articles, one document each."
        )


def check_sentence_order(sentences: Sequence[Sentence]) -> None:
    """Refuse sentences that overlap or are out of order.

    Raises:
        FormatError: They do or are.
    """
    for left, right in pairwise(sentences):
        if right.span.start < left.span.end:
            spans = f"{left.span.start}:{left.span.end} and {right.span.start}:{right.span.end}"
            raise FormatError(f"Sentences {spans} overlap or are out of order. Sort and separate them.")


def locate(text: str, *, start: int, end: int, surface: str | None) -> tuple[Span, str]:
    """Return the span of a stated surface, and what was repaired ("" where nothing was).

    A wrong span is moved only when the surface occurs exactly once within REPAIR_DISTANCE characters.
    Without a stated surface the span only has to lie in the text.

    Raises:
        FormatError: The span is empty, reversed, or outside the text, or the surface is not there.
    """
    try:
        span = Span(start, end)
    except SpanError as error:
        raise FormatError(f"{error} {REMEDY}") from error
    if end <= len(text):
        found = text[start:end]
        if surface is None or found == surface:
            return span, ""
        if found.strip() == surface.strip() != "":
            return span, f"{shorten(surface)} differs from {shorten(found)} at {start}:{end} in spaces; text kept."
    if surface is None:
        raise FormatError(f"Span {start}:{end} ends beyond the text of {len(text)} characters. {REMEDY}")
    places = _find_near(text, surface, around=start)
    if len(places) == 1:
        moved = Span(places[0], places[0] + len(surface))
        return moved, f"{shorten(surface)} moved from {start}:{end} to {moved.start}:{moved.end}."
    raise FormatError(_explain(text, start=start, end=end, surface=surface, num_places=len(places)))


def _find_near(text: str, surface: str, *, around: int) -> list[int]:
    """Return where a surface starts within REPAIR_DISTANCE characters of a position."""
    if not surface:
        return []
    first, last = max(0, around - REPAIR_DISTANCE), around + REPAIR_DISTANCE
    return [place for place in range(first, last + 1) if text.startswith(surface, place)]


def _explain(text: str, *, start: int, end: int, surface: str, num_places: int) -> str:
    fault = (
        f"Span {start}:{end} of {shorten(surface)} ends beyond the text of {len(text)} characters"
        if end > len(text)
        else f"Span {start}:{end} holds {shorten(text[start:end])}, not {shorten(surface)}"
    )
    places = f"{num_places} times" if num_places else "nowhere"
    return f"{fault}; it stands {places} within {REPAIR_DISTANCE} characters. {REMEDY}"


class SchemaCheck:
    """Refuses entity types and labels that a schema does not allow, each fault once.

    Args:
        schema: What is allowed; None allows everything.
        log: Takes the refusals.
    """

    def __init__(self, schema: Schema | None, log: IssueLog) -> None:
        self.schema = schema
        self.log = log

    def check_type(self, entity_type: str, *, line: int) -> None:
        """Refuse an entity type that the schema does not have."""
        if self.schema is None or entity_type in self.schema.type_names:
            return
        known = ", ".join(self.schema.type_names)
        self._refuse(f"Unknown entity type {shorten(entity_type)}; known: {known}.", "entity type", line)

    def find_label(self, name: str, *, line: int) -> RelationLabel | None:
        """Return the label of that name; refuse one that the schema does not have."""
        if self.schema is None:
            return None
        label = self.schema.find_label(name)
        if label is None:
            known = ", ".join(self.schema.label_names) or "none"
            self._refuse(f"Unknown relation label {shorten(name)}; known: {known}.", "label", line)
        return label

    def check_relation(self, relation: Relation, *, line: int) -> None:
        """Refuse a relation whose label is unknown or may not join its types."""
        if self.schema is None:
            return
        try:
            self.schema.check_relation(relation)
        except SchemaError as error:
            self._refuse(str(error), "label", line)

    def check_fact(self, fact: DocumentFact, types: Mapping[str, Set[str]], *, line: int) -> None:
        """Refuse a fact whose label is unknown, or may join none of the types that its concepts have.

        Args:
            fact: The fact.
            types: Entity types of the document's mentions by concept id.
            line: Where the fact stands.
        """
        if self.schema is None:
            return
        label = self.find_label(fact.label, line=line)
        if label is None:
            return
        heads, tails = types.get(fact.head_concept, set()), types.get(fact.tail_concept, set())
        if heads and tails and not any(label.allows(head, tail) for head in heads for tail in tails):
            pair = f"{'/'.join(sorted(heads))} → {'/'.join(sorted(tails))}"
            self._refuse(f"Label {label.name} may not join {pair}.", "label", line)

    def check_document(self, document: Document, *, line: int) -> None:
        """Refuse what a document uses and the schema does not have."""
        types_by_concept: dict[str, set[str]] = {}
        for mention in document.mentions:
            self.check_type(mention.entity_type, line=line)
            for concept_id in mention.concept_ids:
                types_by_concept.setdefault(concept_id, set()).add(mention.entity_type)
        for relation in document.relations:
            self.check_relation(relation, line=line)
        for fact in document.facts:
            self.check_fact(fact, types_by_concept, line=line)

    def _refuse(self, fault: str, kind: str, line: int) -> None:
        remedy = f"Correct the line, or allow this {kind} in the project's schema and import again."
        self.log.add_once(Severity.REFUSED, f"{fault} {remedy}", line=line)
