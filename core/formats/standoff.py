"""What annotation tools state about a text, and the document that comes of it: offsets checked, names checked.

Readers of foreign formats fill a StatedDocument; `make_document` does the rest in one way for all of them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.domain import Document, DocumentFact, Mention, Relation, Sentence, Source, Span, Split, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, check_sentence_order, locate, shorten
from core.formats.fragments import Fragments, keep_fragments, locate_fragments
from core.formats.offsets import CODE_POINTS, OffsetMap, find_offset_map, is_same_but_space
from core.formats.tally import make_tally

DISCONTINUOUS = "discontinuous mentions"
Metadata = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class StatedMention:
    """A mention as a file states it; `id` counts only inside its document.

    Args:
        id: What relations call it.
        start: In whatever unit the file counts.
        end: Exclusive.
        entity_type: Name of the type.
        surface: The characters that should stand there; None where the file does not say.
        concept_ids: Identifiers of what is mentioned.
        names: Single names inside a composite mention.
        score: In [0, 1].
        state: What was decided about it.
        source: Who made it.
        fragments: Its parts where it has several, which the span covers; its surface is theirs, joined by a space.
    """

    id: str
    start: int
    end: int
    entity_type: str
    surface: str | None = None
    concept_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    score: float | None = None
    state: State = State.ACCEPTED
    source: Source = Source.IMPORT
    fragments: Fragments = ()


@dataclass(frozen=True, slots=True)
class StatedRelation:
    """A relation as a file states it; head and tail are ids of stated mentions."""

    label: str
    head: str
    tail: str
    score: float | None = None
    state: State = State.ACCEPTED
    source: Source = Source.IMPORT


@dataclass(slots=True)
class StatedDocument:
    """Everything that a file states about one text; `line` is where it begins, `place` names it in messages."""

    id: str
    text: str
    line: int = 1
    place: str = ""
    mentions: list[StatedMention] = field(default_factory=list)
    relations: list[StatedRelation] = field(default_factory=list)
    facts: list[DocumentFact] = field(default_factory=list)
    sentences: tuple[Sentence, ...] = ()
    split: Split = Split.TRAIN
    metadata: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def make_document(
    stated: StatedDocument,
    log: IssueLog,
    check: SchemaCheck,
    *,
    describe: Callable[[Mapping[str, Mention]], Metadata] | None = None,
) -> Document:
    """Return the document; repairs go to the log.

    Args:
        stated: What the file states.
        log: Takes repairs.
        check: Refuses what the project's schema does not have.
        describe: Returns the metadata that name mentions; takes the mentions, where they came to stand, by their ids.

    Raises:
        FormatError: The text is empty, an offset does not fit it, or an id is missing or given twice.
    """
    if not stated.text.strip():
        raise FormatError(f"{stated.place}Document {shorten(stated.id)} has no text. Remove it or give it text.")
    mentions = _MentionMaker(stated, log, check)
    relations = _make_relations(stated, mentions.by_id, log, check)
    facts = tuple(dict.fromkeys(stated.facts))
    types = _types_by_concept(mentions.distinct.values())
    for fact in facts:
        check.check_fact(fact, types, line=stated.line)
    check_sentence_order(stated.sentences)
    return Document(
        id=stated.id,
        text=stated.text,
        sentences=stated.sentences,
        mentions=tuple(mentions.distinct.values()),
        relations=relations,
        facts=facts,
        split=stated.split,
        metadata=(
            *stated.metadata,
            *make_tally(stated.counts),
            *(keep_fragments(mention, parts) for mention, parts in mentions.parts.items() if parts),
            *(describe(mentions.by_id) if describe else ()),
        ),
    )


class _MentionMaker:
    """Places the mentions of one document.

    Attributes:
        by_id: The mention that each id names.
        distinct: Every mention once, by its span and type.
        parts: Where the parts of discontinuous mentions stand; none where a mention is stated without gaps too.
    """

    def __init__(self, stated: StatedDocument, log: IssueLog, check: SchemaCheck) -> None:
        self.stated = stated
        self.log = log
        self.by_id: dict[str, Mention] = {}
        self.distinct: dict[Mention, Mention] = {}
        self.parts: dict[Mention, Fragments] = {}
        offsets = self._find_offsets()
        for one in stated.mentions:
            if one.id in self.by_id:
                raise FormatError(f"{stated.place}Mention id {shorten(one.id)} is given twice. Give each its own id.")
            check.check_type(one.entity_type, line=stated.line)
            self.by_id[one.id] = self._add(self._make(one, offsets))
        stated.counts[DISCONTINUOUS] += sum(bool(parts) for parts in self.parts.values())

    def _find_offsets(self) -> OffsetMap:
        spans = [(one.start, one.end, one.surface) for one in self.stated.mentions if not one.fragments]
        offsets = find_offset_map(self.stated.text, [(s, e, surface) for s, e, surface in spans if surface is not None])
        if offsets.unit != CODE_POINTS:
            self._say(Severity.REPAIRED, f"Offsets of {shorten(self.stated.id)} count {offsets.unit}; converted.")
        return offsets

    def _make(self, one: StatedMention, offsets: OffsetMap) -> Mention:
        parts = tuple((offsets.convert(first), offsets.convert(last)) for first, last in one.fragments)
        try:
            if parts:
                span, parts = self._locate_parts(parts, one.surface)
            else:
                span = self._locate(one.surface, offsets.convert(one.start), offsets.convert(one.end))
        except FormatError as error:
            raise FormatError(f"{self.stated.place}Document {shorten(self.stated.id)}: {error.message}") from error
        names = one.names or ((one.surface,) if parts and one.surface else ())
        mention = Mention(span, one.entity_type, one.concept_ids, names, one.score, one.state, one.source)
        if parts:
            covered = shorten(span.text(self.stated.text))
            self._say(Severity.NOTED, f"{shorten(one.surface or one.id)} has gaps; its mention covers {covered}.")
        self.parts[mention] = parts and self.parts.get(mention, parts)  # the first stated, as its name is
        return mention

    def _locate(self, surface: str | None, start: int, end: int) -> Span:
        text = self.stated.text
        if surface is not None and 0 <= start < end <= len(text):
            surface = None if is_same_but_space(text[start:end], surface) else surface
        span, repair = locate(text, start=start, end=end, surface=surface)
        if repair:
            self._say(Severity.REPAIRED, repair)
        return span

    def _locate_parts(self, parts: Fragments, surface: str | None) -> tuple[Span, Fragments]:
        """Return the span that covers the parts of a mention, and where they stand."""
        parts, repair = locate_fragments(self.stated.text, parts, surface=surface)
        span, _ = locate(self.stated.text, start=parts[0][0], end=parts[-1][1], surface=None)
        if repair:
            self._say(Severity.REPAIRED, repair)
        return span, parts

    def _add(self, mention: Mention) -> Mention:
        known = self.distinct.get(mention)
        if known is None:
            self.distinct[mention] = mention
            return mention
        surface = shorten(mention.span.text(self.stated.text))
        self._say(Severity.REPAIRED, f"{surface} is stated twice as {mention.entity_type}; kept once.")
        concept_ids = tuple(dict.fromkeys(known.concept_ids + mention.concept_ids))
        self.distinct[mention] = replace(known, concept_ids=concept_ids, names=known.names or mention.names)
        return self.distinct[mention]

    def _say(self, severity: Severity, message: str) -> None:
        self.log.add(severity, f"{self.stated.place}{message}", line=self.stated.line)


def _make_relations(
    stated: StatedDocument, by_id: dict[str, Mention], log: IssueLog, check: SchemaCheck
) -> tuple[Relation, ...]:
    relations: dict[Relation, None] = {}
    for one in stated.relations:
        for mention_id in (one.head, one.tail):
            if mention_id not in by_id:
                fault = f"Relation {shorten(one.label)} joins the missing mention {shorten(mention_id)}"
                raise FormatError(f"{stated.place}{fault}. Add the mention or correct the id.")
        relation = Relation(by_id[one.head], by_id[one.tail], one.label, one.score, one.state, one.source)
        check.check_relation(relation, line=stated.line)
        if relation in relations:
            message = f"{stated.place}The relation {shorten(one.label)} is stated twice; kept once."
            log.add(Severity.REPAIRED, message, line=stated.line)
        relations.setdefault(relation)
    return tuple(relations)


def _types_by_concept(mentions: Iterable[Mention]) -> dict[str, set[str]]:
    types: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        for concept_id in mention.concept_ids:
            types[concept_id].add(mention.entity_type)
    return types
