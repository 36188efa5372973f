"""Reads and writes CoNLL-style lines: a token first, its BIO label last, a blank line between sentences.

Our own files also state the text ("# text = ...") and each token's characters, so that nothing shifts; in others the
tokens are joined by single spaces and every sentence is a document.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.domain import Corpus, Document, Mention, Schema, Sentence, Span, State
from core.errors import FormatError
from core.formats.base import IssueLog, WriteResult
from core.formats.checks import SchemaCheck, check_sentence_order, shorten
from core.formats.losses import Losses, keep_standing
from core.formats.standoff import StatedDocument, StatedMention, make_document
from core.formats.tokens import find_tokens

OUTSIDE = "O"
LABEL = re.compile(r"([BISELU])-(.+)")
COMMENT = re.compile(r"# (id|text) = (.*)")
DOCUMENT_START = "-DOCSTART-"


@dataclass(slots=True)
class Block:
    """The token rows of one document or sentence: line, token, stated place if any, label."""

    line: int
    id: str = ""
    text: str | None = None
    rows: list[tuple[int, str, Span | None, str]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)


def read_conll(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document a sentence, or as our own files state them."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for number, block in enumerate(_split_blocks(text, log), start=1):
        with log.refusing(block.line):
            documents.append(make_document(_state_block(block, f"{source}-{number}"), log, check))
    return Corpus(documents=tuple(documents))


def _split_blocks(text: str, log: IssueLog) -> Iterator[Block]:
    """Yield documents of our own files, sentences of others."""
    block = Block(1)
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        comment = COMMENT.fullmatch(line)
        if comment and comment[1] == "id":
            if block.rows:
                yield block
            block = Block(number, _decode_comment(comment[2], number))
        elif comment:
            block.text = _decode_comment(comment[2], number)
        elif not line.strip() or line.startswith(DOCUMENT_START):
            if block.text is not None:
                block.breaks.append(len(block.rows))
            elif block.rows:
                yield block
                block = Block(number + 1)
        elif not line.startswith("#") or "\t" in line:
            with log.refusing(number):
                block.rows.append(_read_row(line, number, has_places=block.text is not None))
    if block.rows:
        yield block


def _decode_comment(value: str, line: int) -> str:
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError):
        return value
    if not isinstance(decoded, str):
        return value
    if "\0" in decoded:
        raise FormatError("The comment holds a NUL character. Remove it.", line=line)
    return decoded


def _read_row(line: str, number: int, *, has_places: bool) -> tuple[int, str, Span | None, str]:
    columns = line.split("\t") if "\t" in line else line.split()
    if len(columns) < 2 or not (columns[-1] == OUTSIDE or LABEL.fullmatch(columns[-1])):
        raise FormatError(f"{shorten(line)} is no token with a BIO label. Write token, tab, O or B-Type or I-Type.")
    place = None
    if has_places:
        if len(columns) != 4 or not all(re.fullmatch(r"\d{1,9}", column) for column in columns[1:3]):
            raise FormatError(f"{shorten(line)} has no place. Write token, start, end, label between tabs.")
        place = Span(int(columns[1]), int(columns[2]))
    return number, columns[0], place, columns[-1]


def _state_block(block: Block, name: str) -> StatedDocument:
    text, places = block.text, [place for _, _, place, _ in block.rows if place is not None]
    if text is None:
        text, places = _join(token for _, token, _, _ in block.rows)
    stated = StatedDocument(block.id or name, text, line=block.line)
    for start, end, entity_type in _find_runs([row[3] for row in block.rows]):
        span = Span(places[start].start, places[end - 1].end)
        stated.mentions.append(StatedMention(str(len(stated.mentions)), span.start, span.end, entity_type))
    if block.text is None:
        stated.sentences = (Sentence(Span(0, len(text)), State.ACCEPTED),)
        return stated
    cuts = sorted({0, *block.breaks, len(places)})
    parts = [places[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]
    stated.sentences = tuple(Sentence(Span(part[0].start, part[-1].end), State.ACCEPTED) for part in parts)
    check_sentence_order(stated.sentences)
    return stated


def _join(tokens: Iterator[str]) -> tuple[str, list[Span]]:
    """Return the tokens with single spaces between them, and where each stands."""
    words, places, end = list(tokens), [], -1
    for word in words:
        places.append(Span(end + 1, end + 1 + len(word)))
        end = places[-1].end
    return " ".join(words), places


def _find_runs(labels: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield (first, after last, type) of every labelled run of tokens; I and E go on only after their own type."""
    start, current = 0, ""
    for position, label in enumerate([*labels, OUTSIDE]):
        match = LABEL.fullmatch(label)
        kind, entity_type = (match[1], match[2]) if match else ("O", "")
        if current and (kind not in "IEL" or entity_type != current):
            yield start, position, current
            current = ""
        if entity_type and not current:
            start, current = position, entity_type


def write_conll(corpus: Corpus) -> WriteResult:
    """Write tokens with BIO labels; of overlapping mentions the first and longest is kept, the rest is counted.

    Raises:
        FormatError: An entity type holds a tab or a line break.
    """
    losses = Losses()
    losses.count_corpus(corpus)
    written, lines = [], []
    for document in corpus.documents:
        kept = _keep_flat(keep_standing(document, losses), losses)
        written.append(kept)
        lines += _make_lines(kept)
    return losses.make_result("conll", "".join(f"{line}\n" for line in lines).encode(), written)


def _keep_flat(document: Document, losses: Losses) -> Document:
    """Return the document with mentions that no other overlaps, without the white space at their ends."""
    losses.dropped["relations"] += len(document.relations)
    kept: list[Mention] = []
    for mention in sorted(document.mentions, key=lambda one: (one.span.start, -one.span.end, one.entity_type)):
        if re.search(r"[\t\r\n]", mention.entity_type) or not mention.entity_type:
            raise FormatError(f"Entity type {mention.entity_type!r} does not fit in a column. Rename it.")
        surface = mention.span.text(document.text)
        start = mention.span.start + len(surface) - len(surface.lstrip())
        end = start + len(surface.strip())
        if start == end:
            losses.dropped["mentions without a word"] += 1
        elif kept and start < kept[-1].span.end:
            losses.dropped["overlapping mentions"] += 1
        else:
            losses.changed["mentions with white space at an end"] += surface != surface.strip()
            kept.append(Mention(Span(start, end), mention.entity_type))
    return Document(document.id, document.text, document.sentences, tuple(kept))


def _make_lines(document: Document) -> list[str]:
    lines = [f"# id = {json.dumps(document.id)}", f"# text = {json.dumps(document.text)}"]
    labels = {m.span.start: m for m in document.mentions}
    starts = deque(sorted(sentence.span.start for sentence in document.sentences)[1:])
    current: Mention | None = None
    cuts = [mention.span for mention in document.mentions] + [sentence.span for sentence in document.sentences]
    for token in find_tokens(document.text, cuts):
        if starts and token.start >= starts[0]:
            lines.append("")
            while starts and starts[0] <= token.start:
                starts.popleft()
        if token.start in labels:
            current = labels[token.start]
            label = f"B-{current.entity_type}"
        else:
            current = current if current is not None and token.start < current.span.end else None
            label = f"I-{current.entity_type}" if current is not None else OUTSIDE
        lines.append(f"{token.text(document.text)}\t{token.start}\t{token.end}\t{label}")
    return [*lines, ""]
