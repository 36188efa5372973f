"""Reads and writes spaCy's `DocBin`: mentions as a span group and, where none overlap, as entities.

Relations and what a Doc has no attribute for stand in `user_data`. spaCy is loaded only when such a file is handled,
and never by the web process: writing runs in a child process that is fed JSONL.
"""

import json
import subprocess
import sys
import zlib
from typing import Any

from core.domain import Corpus, Document, Schema, Span
from core.errors import FormatError
from core.formats.base import IssueLog, Severity, WriteResult
from core.formats.checks import SchemaCheck, shorten
from core.formats.extras import EXTRAS_KEY, Extras, apply_extras
from core.formats.jsonl import read_jsonl, write_jsonl
from core.formats.losses import EVERYTHING, Losses, keep_standing
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document
from core.formats.tokens import find_tokens

ATTRIBUTES = ["ORTH", "SPACY", "ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "SENT_START"]
GROUP = "mentions"
RELATIONS_KEY = "dare_relations"
ID_KEY = "dare_id"
MAX_UNPACKED_MEGABYTES = 300
WRITING_SECONDS = 600
MAX_FAULT = 300  # characters of what spaCy says


def write_docbin(corpus: Corpus) -> WriteResult:
    """Write one Doc a document, in a child process so that spaCy and torch stay out of this one.

    Raises:
        FormatError: The child process failed.
    """
    losses = Losses()
    losses.count_corpus(corpus)
    written = [keep_standing(document, losses, holds=EVERYTHING) for document in corpus.documents]
    data = write_jsonl(Corpus(tuple(written))).data
    command = [sys.executable, "-m", "core.formats.docbin"]
    done = subprocess.run(command, input=data, capture_output=True, timeout=WRITING_SECONDS, check=False)
    if done.returncode:
        fault = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        shown = f"{fault[:MAX_FAULT]}…" if len(fault) > MAX_FAULT else fault.rstrip(".")
        raise FormatError(f"spaCy could not write the file: {shown}. Choose another format.")
    return losses.make_result("docbin", done.stdout, written)


def encode_docbin(documents: tuple[Document, ...]) -> bytes:
    """Return the bytes of a DocBin; loads spaCy.

    Raises:
        FormatError: spaCy does not take a document.
    """
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    vocab = Vocab()
    box = DocBin(attrs=ATTRIBUTES, store_user_data=True)
    for document in documents:
        try:
            box.add(_make_doc(document, vocab))
        except ValueError as error:
            fault = " ".join(str(error).split())
            raise FormatError(f"document {shorten(document.id)}: {fault}") from error
    return box.to_bytes()


def _make_doc(document: Document, vocab: Any) -> Any:  # noqa: ANN401 (the library ships no types)
    from spacy.tokens import Doc, SpanGroup

    spans = [mention.span for mention in document.mentions]
    words, spaces = _cut(document.text, spans, [sentence.span for sentence in document.sentences])
    doc = Doc(vocab, words=words, spaces=spaces)
    found: list[Any] = [
        doc.char_span(one.span.start, one.span.end, label=one.entity_type, kb_id="|".join(one.concept_ids))
        for one in document.mentions
    ]
    doc.spans[GROUP] = SpanGroup(doc, name=GROUP, spans=found)
    if not any(a.overlaps(b) for a, b in zip(sorted(spans), sorted(spans)[1:], strict=False)):
        doc.set_ents(found)
    starts = {sentence.span.start for sentence in document.sentences}
    for token in doc if starts else ():
        token.is_sent_start = token.idx in starts or token.i == 0
    numbers = {mention: number for number, mention in enumerate(document.mentions)}
    relations = [[numbers[one.head], numbers[one.tail], one.label] for one in document.relations]
    doc.user_data[ID_KEY] = document.id
    doc.user_data[RELATIONS_KEY] = json.dumps(relations)
    doc.user_data[EXTRAS_KEY] = json.dumps(Extras.from_document(document).to_plain())
    return doc


def _cut(text: str, mentions: list[Span], sentences: list[Span]) -> tuple[list[str], list[bool]]:
    """Return words and whether one space follows each; white space beyond that is a word of its own.

    A space where a mention or sentence starts, or behind which a mention ends, is a word too: spaCy knows no span that
    starts or ends with a space that only follows a word.
    """
    words: list[str] = []
    spaces: list[bool] = []
    place = 0
    spans = [*mentions, *sentences]
    starts, ends = {span.start for span in spans}, {span.end for span in mentions}
    cuts = starts | {span.end for span in spans}
    for token in [*find_tokens(text, spans), Span(len(text), len(text) + 1)]:
        gap = text[place : token.start]
        if gap.startswith(" ") and words and place not in starts and place + 1 not in ends:
            spaces[-1], gap = True, gap[1:]
        for piece in _split_at(gap, token.start - len(gap), cuts):
            words.append(piece)
            spaces.append(False)
        if token.start < len(text):
            words.append(token.text(text))
            spaces.append(False)
        place = token.end
    return words, spaces


def _split_at(gap: str, start: int, cuts: set[int]) -> list[str]:
    """Return white space in pieces that begin and end where mentions do."""
    borders = [0, *(one - start for one in sorted(cuts) if start < one < start + len(gap)), len(gap)]
    return [gap[first:last] for first, last in zip(borders, borders[1:], strict=False) if first < last]


def read_docbin(data: bytes, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document a Doc: the mentions of our own files, else entities and span groups.

    Raises:
        FormatError: The file is damaged or unpacks to more than the limit.
    """
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for number, doc in enumerate(_decode(data), start=1):
        with log.refusing(number):
            documents.append(_read_doc(doc, f"{source}-{number}", number, log, check))
    return Corpus(documents=tuple(documents))


def _decode(data: bytes) -> list[Any]:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    limit = MAX_UNPACKED_MEGABYTES * 2**20
    try:
        unpacked = zlib.decompressobj().decompress(data, limit + 1)
        if len(unpacked) > limit:
            raise FormatError(f"The file unpacks to more than {MAX_UNPACKED_MEGABYTES} MB, the limit. Split it.")
        box = DocBin(store_user_data=True).from_bytes(data)
        return list(box.get_docs(Vocab()))
    except FormatError:
        raise
    except Exception as error:  # a damaged file fails in spaCy's compiled code with whatever it meets first
        message = f"Not a readable DocBin: {type(error).__name__}: {shorten(str(error), limit=100)}. Write it again."
        raise FormatError(message) from error


def _read_doc(doc: Any, name: str, number: int, log: IssueLog, check: SchemaCheck) -> Document:  # noqa: ANN401
    text, data = doc.text, doc.user_data
    if "\0" in text:
        raise FormatError("The text holds a NUL character. Remove it.")
    stated = StatedDocument(str(data.get(ID_KEY, name)), text, line=number)
    groups = [doc.spans[GROUP]] if GROUP in doc.spans else [doc.ents, *doc.spans.values()]
    seen: set[tuple[int, int, str]] = set()
    for span in (one for group in groups for one in group):
        place = (span.start_char, span.end_char, span.label_)
        if place not in seen and span.label_ and span.start_char < span.end_char:
            concepts = tuple(filter(None, span.kb_id_.split("|")))
            stated.mentions.append(StatedMention(str(len(seen)), *place, concept_ids=concepts))
            seen.add(place)
    try:
        relations = json.loads(data.get(RELATIONS_KEY, "[]"))
        stated.relations = [StatedRelation(str(label), str(head), str(tail)) for head, tail, label in relations]
        extras = data.get(EXTRAS_KEY)
    except (ValueError, TypeError, RecursionError) as error:
        raise FormatError(f"The relations in the file are damaged: {error}. Write it again.") from error
    if any(key not in (ID_KEY, RELATIONS_KEY, EXTRAS_KEY) for key in data):
        log.add_once(Severity.NOTED, "Custom attributes of Docs are left out.")
    return apply_extras(make_document(stated, log, check), extras if isinstance(extras, str) else None)


def _main() -> None:
    """Turn JSONL on standard input into a DocBin on standard output; a fault is one line on standard error."""
    corpus = read_jsonl(sys.stdin.buffer.read().decode(), source="stdin", log=IssueLog(), schema=None)
    try:
        data = encode_docbin(corpus.documents)
    except FormatError as error:
        sys.exit(error.message)
    sys.stdout.buffer.write(data)


if __name__ == "__main__":
    _main()
