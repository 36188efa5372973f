"""Reads SemEval-2010 task 8 text: a numbered, quoted sentence with <e1> and <e2>, its label, a comment.

The direction becomes the order of head and tail: `Cause-Effect(e2,e1)` is Cause-Effect with head e2 and tail e1.
`Other` is no relation.
"""

import re
from dataclasses import dataclass

from core.domain import Corpus, Document, Mention, Relation, Schema, Span, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten
from core.formats.one_sentence import make_sentence_document

ENTITY_TYPE = "Nominal"
OTHER = "Other"
SENTENCE_LINE = re.compile(r"(\d+)\t(.*)")
LABEL_LINE = re.compile(r"([\w-]+)\(e([12]),e([12])\)")
TAG = re.compile(r"<(/?)e([12])>")
COMMENT = "Comment:"


@dataclass(slots=True)
class Block:
    """The lines of one sentence; the label's line is 0 where it has none."""

    number: str
    line: int
    tagged: str
    label: str = ""
    label_line: int = 0
    comment: str = ""


def read_semeval(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read one document a sentence; a sentence without a label waits for review."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    line_by_number: dict[str, int] = {}
    for block in _split_blocks(text, log):
        with log.refusing(block.line):
            first_line = line_by_number.setdefault(block.number, block.line)
            if first_line != block.line:
                raise FormatError(f"Sentence {block.number} stands already in line {first_line}. Number it anew.")
            documents.append(_read_block(block, log, check))
    return Corpus(documents=tuple(documents))


def _split_blocks(text: str, log: IssueLog) -> list[Block]:
    blocks: list[Block] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip("\r")
        match = SENTENCE_LINE.fullmatch(line)
        if match:
            blocks.append(Block(match[1], number, match[2]))
        elif line.strip():
            with log.refusing(number):
                _add_line(blocks[-1] if blocks else None, number, line.strip())
    return blocks


def _add_line(block: Block | None, number: int, line: str) -> None:
    """Put a label or a comment where it belongs."""
    if block is None:
        raise FormatError(f"{shorten(line)} stands before any sentence. A sentence is a number, a tab and its text.")
    if line.startswith(COMMENT):
        block.comment = line.removeprefix(COMMENT).strip()
    elif block.label:
        raise FormatError(f"{shorten(line)} is a second label of sentence {block.number}. Remove one of the two.")
    else:
        block.label, block.label_line = line, number


def _read_block(block: Block, log: IssueLog, check: SchemaCheck) -> Document:
    text, first, second = _strip_tags(block.tagged)
    mentions = {"1": Mention(first, ENTITY_TYPE), "2": Mention(second, ENTITY_TYPE)}
    check.check_type(ENTITY_TYPE, line=block.line)
    relations: list[Relation] = []
    with log.refusing(block.label_line):
        relations = _make_relations(block.label, mentions)
        for relation in relations:
            check.check_relation(relation, line=block.label_line)
    if not block.label:
        message = "Sentences without a label wait for review; this is the first one."
        log.add_once(Severity.NOTED, message, line=block.line)
    return make_sentence_document(
        block.number,
        text,
        mentions.values(),
        relations,
        state=State.ACCEPTED if block.label else State.PENDING,
        metadata=(("comment", block.comment),) if block.comment else (),
    )


def _make_relations(label: str, mentions: dict[str, Mention]) -> list[Relation]:
    """Return the relation that a label states: none for Other or no label."""
    if label in ("", OTHER):
        return []
    match = LABEL_LINE.fullmatch(label)
    if match is None or match[2] == match[3]:
        raise FormatError(f"{shorten(label)} is no label. Write {OTHER}, Name(e1,e2) or Name(e2,e1).")
    return [Relation(mentions[match[2]], mentions[match[3]], match[1])]


def _strip_tags(tagged: str) -> tuple[str, Span, Span]:
    """Return a sentence without its quotes and tags, and the spans of e1 and e2.

    Raises:
        FormatError: A tag is missing, stands twice, or closes nothing.
    """
    body = tagged.strip()
    if len(body) > 1 and body[0] == body[-1] == '"':
        body = body[1:-1]
    places: dict[str, int] = {}
    text, end = "", 0
    for match in TAG.finditer(body):
        text += body[end : match.start()]
        end = match.end()
        if match[0] in places:
            raise FormatError(f"{match[0]} stands twice in {shorten(body)}. Tag one e1 and one e2.")
        places[match[0]] = len(text)
    text += body[end:]
    missing = [tag for tag in ("<e1>", "</e1>", "<e2>", "</e2>") if tag not in places]
    if missing:
        raise FormatError(f"{missing[0]} is missing in {shorten(body)}. Tag one e1 and one e2.")
    return text, Span(places["<e1>"], places["</e1>"]), Span(places["<e2>"], places["</e2>"])
