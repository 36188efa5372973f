"""Reads the XML of the DDI corpus: a document's sentences, drugs and pairs; `charOffset` ends are INCLUSIVE.

The text is the sentences, one a line. A discontinuous drug ("a-b;c-d") becomes the span that covers its parts and
keeps its stated name; so its pairs stay, but such a span may overlap other drugs.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from core.domain import Corpus, Document, Mention, Relation, Schema, Sentence, Span, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, locate, shorten
from core.formats.offsets import CODE_POINTS, OffsetMap, StatedSpan, find_offset_map
from core.formats.tally import make_tally
from core.formats.xml_tags import Tag, read_tags

OFFSETS = re.compile(r"\d{1,9}-\d{1,9}(?:;\d{1,9}-\d{1,9})*")
SEPARATOR = "\n"
DISCONTINUOUS = "discontinuous mentions"
UNTYPED = "relations without a type"
OVERLAPPING = "relations of overlapping mentions"
WITHOUT_TEXT = "sentences without text"


def read_ddi_xml(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read the one document of a file; its sentences are the file's own.

    Raises:
        FormatError: The XML is broken or holds another kind of document.
    """
    tags = read_tags(text)
    if tags[0].name != "document":
        message = f"The XML begins with <{tags[0].name}>, expected <document>. Choose the right format."
        raise FormatError(message, line=tags[0].line)
    reader = _DocumentReader(log, SchemaCheck(schema, log), _list_spans(tags))
    readings = {"sentence": reader.add_sentence, "entity": reader.add_mention, "pair": reader.add_pair}
    for tag in tags[1:]:
        with log.refusing(tag.line):
            if tag.name not in readings:
                raise FormatError(f"<{tag.name}> is not known here. Remove it or choose the right format.")
            readings[tag.name](tag)
    with log.refusing(tags[0].line):
        return Corpus(documents=(reader.make_document(tags[0].get("id")),))
    return Corpus()


class _DocumentReader:
    """Builds a document tag by tag; drugs and pairs belong to the sentence before them.

    Args:
        log: Takes refusals, repairs and notes.
        check: What is allowed.
        spans: Of each sentence, those of its drugs that have no gaps: from them the unit of offsets is told.
    """

    def __init__(self, log: IssueLog, check: SchemaCheck, spans: Iterable[Sequence[StatedSpan]]) -> None:
        self.log = log
        self.check = check
        self.spans = iter(spans)
        self.offsets = OffsetMap("", CODE_POINTS)
        self.text = ""
        self.sentence = ""
        self.start = 0
        self.sentences: list[Sentence] = []
        self.mentions: dict[str, Mention] = {}
        self.distinct: dict[Mention, None] = {}
        self.relations: dict[Relation, None] = {}
        self.counts = Counter[str]()

    def make_document(self, document_id: str) -> Document:
        if not self.sentences:
            raise FormatError("The document has no sentence with text. Remove it.")
        return Document(
            id=document_id,
            text=self.text,
            sentences=tuple(self.sentences),
            mentions=tuple(self.distinct),
            relations=tuple(self.relations),
            metadata=make_tally(self.counts),
        )

    def add_sentence(self, tag: Tag) -> None:
        spans = next(self.spans)
        self.sentence = tag.get("text")
        self.offsets = find_offset_map(self.sentence, spans)
        if self.offsets.unit != CODE_POINTS:
            message = f"Offsets of the sentence count {self.offsets.unit}; converted."
            self.log.add(Severity.REPAIRED, message, line=tag.line)
        if not self.sentence.strip():
            self.counts[WITHOUT_TEXT] += 1
            return
        self.start = len(self.text) + len(SEPARATOR) if self.text else 0
        self.text += (SEPARATOR if self.text else "") + self.sentence
        self.sentences.append(Sentence(Span(self.start, len(self.text)), State.ACCEPTED))

    def add_mention(self, tag: Tag) -> None:
        offsets, name, mention_id = tag.get("charOffset"), tag.get("text"), tag.get("id")
        if not OFFSETS.fullmatch(offsets):
            raise FormatError(f"{shorten(offsets)} is no charOffset. Write start-end, or start-end;start-end.")
        if mention_id in self.mentions:
            raise FormatError(f"Entity {shorten(mention_id)} stands twice. Remove one of the two.")
        self.check.check_type(tag.get("type"), line=tag.line)
        convert = self.offsets.convert
        parts = [(convert(start), convert(end)) for start, end in _read_parts(offsets)]
        span = self._locate(parts, name, tag)
        names = (name,) if len(parts) > 1 else ()
        mention = Mention(span.shifted(self.start), tag.get("type"), names=names)
        if mention in self.distinct:
            self.log.add(Severity.REPAIRED, f"{shorten(name)} is stated twice; kept once.", line=tag.line)
        self.mentions[mention_id] = mention
        self.distinct.setdefault(mention)

    def _locate(self, parts: list[tuple[int, int]], name: str, tag: Tag) -> Span:
        """Return the span of a drug in its sentence; half-open ends."""
        if len(parts) == 1:
            span, repair = locate(self.sentence, start=parts[0][0], end=parts[0][1], surface=name)
            if repair:
                self.log.add(Severity.REPAIRED, repair, line=tag.line)
            return span
        shift = _find_shift(self.sentence, parts, name)
        span, _ = locate(self.sentence, start=parts[0][0] + shift, end=parts[-1][1] + shift, surface=None)
        if shift:
            self.log.add(Severity.REPAIRED, f"{shorten(name)} moved by {shift} to where its parts are.", line=tag.line)
        self.counts[DISCONTINUOUS] += 1
        covered = shorten(span.text(self.sentence))
        self.log.add(Severity.NOTED, f"{shorten(name)} has gaps; its mention covers {covered}.", line=tag.line)
        return span

    def add_pair(self, tag: Tag) -> None:
        stated, label = tag.get("ddi"), tag.attributes.get("type")
        if stated not in ("true", "false"):
            raise FormatError(f'ddi is {shorten(stated)}. Write "true" or "false".')
        head, tail = self._get_mention(tag.get("e1")), self._get_mention(tag.get("e2"))
        if stated == "false":
            return
        if not label:
            self.counts[UNTYPED] += 1
            message = f'Pair {shorten(tag.get("id"))} is "true" without a type; it is no relation here.'
            self.log.add(Severity.NOTED, message, line=tag.line)
            return
        relation = Relation(head, tail, label)
        self.check.check_relation(relation, line=tag.line)
        if relation in self.relations:
            self.log.add(Severity.REPAIRED, "The relation is stated twice; kept once.", line=tag.line)
        elif head.span.overlaps(tail.span):
            self.counts[OVERLAPPING] += 1
            self.log.add(Severity.NOTED, "The two mentions of this relation overlap; it is kept.", line=tag.line)
        self.relations[relation] = None

    def _get_mention(self, mention_id: str) -> Mention:
        mention = self.mentions.get(mention_id)
        if mention is None or mention.span.start < self.start:
            raise FormatError(f"No entity {shorten(mention_id)} stands in this sentence. Add it or correct the pair.")
        return mention


def _list_spans(tags: Iterable[Tag]) -> list[list[StatedSpan]]:
    """Return the spans that each sentence states for its drugs without gaps."""
    spans: list[list[StatedSpan]] = []
    for tag in tags:
        offsets = tag.attributes.get("charOffset", "")
        if tag.name == "sentence":
            spans.append([])
        elif spans and OFFSETS.fullmatch(offsets) and len(parts := _read_parts(offsets)) == 1:
            spans[-1].append((*parts[0], tag.attributes.get("text", "")))
    return spans


def _read_parts(offsets: str) -> list[tuple[int, int]]:
    """Return the half-open spans of a charOffset."""
    return [(int(start), int(end) + 1) for start, end in (part.split("-") for part in offsets.split(";"))]


def _find_shift(sentence: str, parts: list[tuple[int, int]], name: str) -> int:
    """Return by how many characters, at most one, the parts must move to spell the name; spaces do not count.

    Raises:
        FormatError: They spell something else everywhere.
    """
    wanted = "".join(name.split())
    for shift in (0, 1, -1):
        found = "".join(sentence[max(0, start + shift) : max(0, end + shift)] for start, end in parts)
        if "".join(found.split()) == wanted:
            return shift
    stated = " … ".join(sentence[start:end] for start, end in parts)
    raise FormatError(f"The parts hold {shorten(stated)}, not {shorten(name)}. Correct charOffset; its ends count in.")
