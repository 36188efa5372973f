"""Reads PubTator files: title, abstract, mentions, facts, and mention relations of our extension."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from core.domain import Corpus, Document, DocumentFact, Mention, Relation, Schema, Span
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, locate, shorten
from core.formats.offsets import CODE_POINTS, OffsetMap, find_offset_map
from core.formats.projection import make_fact_only
from core.formats.pubtator_lines import (
    FACT_ONLY,
    TEXT_LINE,
    MentionLine,
    MentionReference,
    RelationLine,
    decode_line,
    decode_reference,
    is_mentioned,
)
from core.formats.title import TITLE_END_KEY


@dataclass(slots=True)
class Block:
    """The lines of one document: texts, and annotation columns with their line numbers."""

    id: str
    line: int
    title: str | None = None
    abstract: str | None = None
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read_pubtator(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read every document; facts stay facts, `core.formats.projection` makes relations of them."""
    check = SchemaCheck(schema, log)
    documents = []
    first_line_by_id: dict[str, int] = {}
    for block in _split_blocks(text, log):
        with log.refusing(block.line):
            first_line = first_line_by_id.setdefault(block.id, block.line)
            if first_line != block.line:
                fault = f"Document {shorten(block.id)} stands already in line {first_line}"
                raise FormatError(f"{fault}. Remove one of the two or give it another id.")
            documents.append(_DocumentReader(block, log, check).read())
    return Corpus(documents=tuple(documents))


def _split_blocks(text: str, log: IssueLog) -> Iterator[Block]:
    """Yield the documents of a file; a blank line or the text of another document ends one."""
    block: Block | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        match = TEXT_LINE.fullmatch(line)
        is_blank = not line.strip()
        if block is not None and (is_blank or (match and match[1] != block.id)):
            yield block
            block = None
        if is_blank:
            continue
        if block is None and match:
            block = Block(match[1], number)
        with log.refusing(number):
            _add_line(block, number, line)
    if block is not None:
        yield block


def _add_line(block: Block | None, number: int, line: str) -> None:
    """Put one line where it belongs in its document."""
    match = TEXT_LINE.fullmatch(line)
    if block is not None and match:
        part = "title" if match[2] == "t" else "abstract"
        if getattr(block, part) is not None:
            raise FormatError(f"Document {shorten(block.id)} has a second {part}. Remove one of the two.")
        setattr(block, part, match[3])
        return
    columns = line.split("\t")
    if len(columns) < 4:
        raise FormatError(
            f"{shorten(line)} is no PubTator line. Write ID|t|title, ID|a|abstract, or tab-separated columns."
        )
    if block is None:
        raise FormatError("An annotation without a text above it. Put it right under its title and abstract.")
    if columns[0] != block.id:
        raise FormatError(
            f"An annotation of document {shorten(columns[0])} under document {shorten(block.id)}. "
            "Put it under its own title and abstract."
        )
    block.rows.append((number, columns))


class _DocumentReader:
    """Builds the document of one block; every faulty line is refused on its own."""

    def __init__(self, block: Block, log: IssueLog, check: SchemaCheck) -> None:
        if block.title is None:
            message = f"Document {shorten(block.id)} has no title. Add a line {block.id}|t| before the abstract."
            raise FormatError(message)
        self.block = block
        self.log = log
        self.check = check
        self.text = f"{block.title} {block.abstract}" if block.abstract else block.title
        self.title_end = len(block.title) if block.abstract else None
        self.offsets = OffsetMap(self.text, CODE_POINTS)
        self.mentions: dict[Mention, Mention] = {}
        self.mentions_by_span: dict[Span, list[Mention]] = defaultdict(list)
        self.types_by_concept: dict[str, set[str]] = defaultdict(set)
        self.relations: dict[Relation, None] = {}
        self.facts: dict[DocumentFact, bool] = {}

    def read(self) -> Document:
        relation_lines: list[tuple[int, RelationLine]] = []
        mention_lines: list[tuple[int, MentionLine]] = []
        for number, columns in self.block.rows:
            with self.log.refusing(number):
                line = decode_line(columns)
                if isinstance(line, RelationLine):
                    relation_lines.append((number, line))
                else:
                    mention_lines.append((number, line))
        self._find_offsets([line for _, line in mention_lines])
        for number, mention_line in mention_lines:
            with self.log.refusing(number):
                self._add_mention(mention_line, number)
        self._index_mentions()
        for number, line in relation_lines:
            with self.log.refusing(number):
                self._add_relation(line, number)
        metadata = [] if self.title_end is None else [(TITLE_END_KEY, str(self.title_end))]
        if any(self.facts.values()):
            metadata.append(make_fact_only(fact for fact, is_fact_only in self.facts.items() if is_fact_only))
        return Document(
            id=self.block.id,
            text=self.text,
            mentions=tuple(self.mentions.values()),
            relations=tuple(self.relations),
            facts=tuple(self.facts),
            metadata=tuple(metadata),
        )

    def _find_offsets(self, lines: list[MentionLine]) -> None:
        """Tell which unit the offsets of this document count."""
        self.offsets = find_offset_map(self.text, [(line.start, line.end, line.surface) for line in lines])
        if self.offsets.unit != CODE_POINTS:
            message = f"Offsets of {shorten(self.block.id)} count {self.offsets.unit}; converted."
            self.log.add(Severity.REPAIRED, message, line=self.block.line)

    def _add_mention(self, line: MentionLine, number: int) -> None:
        start, end = self.offsets.convert(line.start), self.offsets.convert(line.end)
        span, repair = locate(self.text, start=start, end=end, surface=line.surface)
        if repair:
            self.log.add(Severity.REPAIRED, repair, line=number)
        self.check.check_type(line.entity_type, line=number)
        mention = Mention(span, line.entity_type, line.concept_ids, line.names, line.score)
        known = self.mentions.get(mention)
        if known is not None:
            message = f"{shorten(line.surface)} is stated twice as {line.entity_type}; kept once, concept ids joined."
            self.log.add(Severity.REPAIRED, message, line=number)
            concept_ids = tuple(dict.fromkeys(known.concept_ids + mention.concept_ids))
            mention = replace(known, concept_ids=concept_ids, names=known.names or mention.names)
        self.mentions[mention] = mention

    def _index_mentions(self) -> None:
        for mention in self.mentions.values():
            self.mentions_by_span[mention.span].append(mention)
            for concept_id in mention.concept_ids:
                self.types_by_concept[concept_id].add(mention.entity_type)

    def _add_relation(self, line: RelationLine, number: int) -> None:
        references = [decode_reference(argument) for argument in (line.head, line.tail)]
        is_fact_only = line.extra == (FACT_ONLY,)
        if line.extra and not is_fact_only:
            message = "The fifth column of relation lines is not kept; this is the first line that has one."
            self.log.add_once(Severity.NOTED, message, line=number)
        head, tail = references
        if head is not None and tail is not None:
            relation = Relation(self._find_mention(head), self._find_mention(tail), line.label)
            self.check.check_relation(relation, line=number)
            self._note_double(relation in self.relations, number)
            self.relations[relation] = None
        elif head is None and tail is None:
            fact = DocumentFact(line.label, line.head, line.tail)
            self._check_fact(fact, number, is_fact_only=is_fact_only)
            self._note_double(fact in self.facts, number)
            self.facts.setdefault(fact, is_fact_only)
        else:
            raise FormatError("The line joins a mention (@start:end) with a concept. Name two of the same kind.")

    def _find_mention(self, reference: MentionReference) -> Mention:
        place = f"{reference.start}:{reference.end}"
        span = Span(self.offsets.convert(reference.start), self.offsets.convert(reference.end))
        found = [
            mention
            for mention in self.mentions_by_span.get(span, [])
            if reference.entity_type is None or mention.entity_type == reference.entity_type
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise FormatError(
                f"Several mentions stand at {place}. Name the type as well: @{place}:{found[0].entity_type}."
            )
        kind = f"{reference.entity_type} mention" if reference.entity_type else "mention"
        raise FormatError(f"No {kind} stands at {place}. Add the mention or correct the relation.")

    def _check_fact(self, fact: DocumentFact, number: int, *, is_fact_only: bool) -> None:
        concepts = (fact.head_concept, fact.tail_concept)
        missing = [concept for concept in concepts if not is_mentioned(concept, self.types_by_concept)]
        if missing and not is_fact_only:
            raise FormatError(
                f"No mention of document {shorten(self.block.id)} has the concept {shorten(missing[0])}. "
                f'Add it to a mention, correct the line, or write "{FACT_ONLY}" as its fifth column.'
            )
        self.check.check_fact(fact, self.types_by_concept, line=number)

    def _note_double(self, is_double: bool, number: int) -> None:
        if is_double:
            self.log.add(Severity.REPAIRED, "The relation is stated twice; kept once.", line=number)
