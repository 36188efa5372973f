"""The demo project's schema, documents and masked sentences, read from two marked-up text files.

`demo_corpus.txt` and `demo_synthetic.txt` explain their notation in their first lines.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import accumulate

from core.domain import (
    NO_RELATION,
    Corpus,
    Document,
    EntityType,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    Source,
    Span,
    Split,
    State,
    SyntheticSentence,
)
from core.errors import AlignmentError, FormatError, SchemaError
from core.nlp.masking import locate_masks, masks_for_pair

DEMO_PROVENANCE = (("generator", "written for the demo"),)
DEMO_LABEL = "CID"

CORPUS_FILE = "demo_corpus.txt"
SYNTHETIC_FILE = "demo_synthetic.txt"
COMMENT = "##"
TYPE_BY_MARK = {"C": "Chemical", "D": "Disease"}
LOWEST_SCORE, HIGHEST_SCORE = 0.55, 0.98

HEADER = re.compile(r"# (?P<id>\S+) \| (?P<split>train|dev|test) \| (?P<state>reviewed|open)")
MENTION = re.compile(r"\[(?P<surface>[^\[\]|{}]+)\|(?P<mark>[CD])(?:\|(?P<concept>[CD]\d+))?\]")
PAIRS = re.compile(r" \{(?P<pairs>\d+>\d+(?: \d+>\d+)*)\}$")
MARKUP = re.compile(r"[\[\]|{}]")
SYNTHETIC = re.compile(
    rf"(?P<label>{DEMO_LABEL}|{NO_RELATION}) \| "
    r"(?P<state>pending|accepted|rejected)(?:: (?P<reason>[^|]+))? \| (?P<text>[^|]+)"
)

NumberedLine = tuple[int, str]


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """One line without its markup; spans are in coordinates of `text`, in text order."""

    text: str
    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]


def demo_schema() -> Schema:
    """Return the chemical–disease schema: two entity types and the label CID from Chemical to Disease."""
    chemical = EntityType(
        "Chemical",
        colour="#4477AA",
        guideline="A drug or another chemical, by name or abbreviation; not a protein, not a dose.",
    )
    disease = EntityType(
        "Disease",
        colour="#EE6677",
        guideline="A disease, symptom, injury or adverse effect, by name or abbreviation.",
    )
    induces = RelationLabel(
        DEMO_LABEL,
        legal_types=((chemical.name, disease.name),),
        guideline="The sentence says that the chemical induces the disease; not that it treats it or was measured.",
    )
    return Schema(entity_types=(chemical, disease), relation_labels=(induces,))


def read_demo() -> Corpus:
    """Return the demo's documents, synthetic sentences and schema.

    Sentences of reviewed documents are ACCEPTED. Those of open documents are PENDING with PENDING
    mentions and relations of a model: stand-in suggestions, replaced when the starter model predicts.
    """
    folder = files("core.starter.demo")
    return Corpus(
        documents=parse_documents(folder.joinpath(CORPUS_FILE).read_text(encoding="utf-8")),
        synthetic=parse_synthetic(folder.joinpath(SYNTHETIC_FILE).read_text(encoding="utf-8")),
        schema=demo_schema(),
    )


def parse_documents(text: str) -> tuple[Document, ...]:
    """Read marked-up documents; a document's text is its lines joined by one space.

    Raises:
        FormatError: A line breaks the notation, or a document has no text.
    """
    headers: list[tuple[int, re.Match[str]]] = []
    sentences: list[list[MarkedSentence]] = []
    for number, line in _content_lines(text):
        header = HEADER.fullmatch(line)
        if header:
            headers.append((number, header))
            sentences.append([])
        elif sentences:
            sentences[-1].append(parse_sentence(line, number=number))
        else:
            raise _refuse(CORPUS_FILE, "Text before the first header; start with '# id | split | state'.", number)
    return tuple(_build_document(*pair) for pair in zip(headers, sentences, strict=True))


def parse_sentence(line: str, *, number: int) -> MarkedSentence:
    """Take the markup off one line.

    Raises:
        FormatError: Markup is left over, or a relation joins a missing mention or illegal types.
    """
    pairs = PAIRS.search(line)
    marked = line[: pairs.start()] if pairs else line
    text, mentions = "", []
    position = 0
    for match in MENTION.finditer(marked):
        text += marked[position : match.start()]
        span = Span(len(text), len(text) + len(match["surface"]))
        concept_ids = (match["concept"],) if match["concept"] else ()
        mentions.append(Mention(span, TYPE_BY_MARK[match["mark"]], concept_ids))
        text += match["surface"]
        position = match.end()
    text += marked[position:]
    if MARKUP.search(text) or line.startswith("# "):
        message = f"Broken markup in {line!r}; write [surface|C], [surface|D|D012345], {{1>2}}."
        raise _refuse(CORPUS_FILE, message, number)
    relations = [_build_relation(pair, mentions, number) for pair in (pairs["pairs"].split(" ") if pairs else ())]
    return MarkedSentence(text, tuple(mentions), tuple(relations))


def parse_synthetic(text: str) -> tuple[SyntheticSentence, ...]:
    """Read masked sentences with their labels and states.

    Raises:
        FormatError: A line breaks the notation or does not hold each mask once.
    """
    return tuple(_parse_synthetic_line(line, number) for number, line in _content_lines(text))


def _parse_synthetic_line(line: str, number: int) -> SyntheticSentence:
    match = SYNTHETIC.fullmatch(line)
    if match is None or (match["state"] == State.REJECTED) != bool(match["reason"]):
        message = f"Expected 'label | state | text', a reason only after 'rejected: ', got {line!r}."
        raise _refuse(SYNTHETIC_FILE, message, number)
    head_type, tail_type = TYPE_BY_MARK["C"], TYPE_BY_MARK["D"]
    try:
        head, tail = locate_masks(match["text"], *masks_for_pair(demo_schema(), head_type, tail_type))
    except AlignmentError as error:
        raise _refuse(SYNTHETIC_FILE, str(error), number) from error
    return SyntheticSentence(
        match["text"],
        match["label"],
        Mention(head, head_type),
        Mention(tail, tail_type),
        state=State(match["state"]),
        reason=match["reason"] or "",
        provenance=DEMO_PROVENANCE,
    )


def stand_in_score(*parts: object) -> float:
    """Return a score in [0.55, 0.98] that depends on nothing but the given parts."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return round(LOWEST_SCORE + share * (HIGHEST_SCORE - LOWEST_SCORE), 3)


def _build_document(numbered_header: tuple[int, re.Match[str]], sentences: list[MarkedSentence]) -> Document:
    number, header = numbered_header
    if not sentences:
        raise _refuse(CORPUS_FILE, f"Document {header['id']} has no text; write its title below.", number)
    starts = list(accumulate((len(sentence.text) + 1 for sentence in sentences[:-1]), initial=0))
    placed = [_place(sentence, start) for sentence, start in zip(sentences, starts, strict=True)]
    document = Document(
        id=header["id"],
        text=" ".join(sentence.text for sentence in sentences),
        sentences=tuple(
            Sentence(Span(start, start + len(sentence.text)), State.ACCEPTED)
            for sentence, start in zip(sentences, starts, strict=True)
        ),
        mentions=tuple(mention for sentence in placed for mention in sentence.mentions),
        relations=tuple(relation for sentence in placed for relation in sentence.relations),
        split=Split(header["split"]),
    )
    return _as_suggested(document) if header["state"] == "open" else document


def _place(sentence: MarkedSentence, start: int) -> MarkedSentence:
    """Move the mentions of a sentence to where it starts in its document."""

    def move(mention: Mention) -> Mention:
        return replace(mention, span=mention.span.shifted(start))

    relations = (replace(link, head=move(link.head), tail=move(link.tail)) for link in sentence.relations)
    return replace(sentence, mentions=tuple(map(move, sentence.mentions)), relations=tuple(relations))


def _as_suggested(document: Document) -> Document:
    """Turn approved annotation into what a model might have suggested, with made-up scores."""

    def suggest(mention: Mention) -> Mention:
        score = stand_in_score(document.id, mention.span, mention.entity_type)
        return replace(mention, score=score, state=State.PENDING, source=Source.MODEL)

    relations = (
        replace(
            relation,
            head=suggest(relation.head),
            tail=suggest(relation.tail),
            score=stand_in_score(document.id, relation.head.span, relation.tail.span, relation.label),
            state=State.PENDING,
            source=Source.MODEL,
        )
        for relation in document.relations
    )
    return replace(
        document,
        sentences=tuple(replace(sentence, state=State.PENDING) for sentence in document.sentences),
        mentions=tuple(map(suggest, document.mentions)),
        relations=tuple(relations),
    )


def _build_relation(pair: str, mentions: list[Mention], number: int) -> Relation:
    """Join two mentions of a sentence by their numbers, counted from 1."""
    head, tail = map(int, pair.split(">"))
    if not (1 <= head <= len(mentions) and 1 <= tail <= len(mentions)):
        raise _refuse(CORPUS_FILE, f"{{{pair}}} joins a missing mention; the line has {len(mentions)}.", number)
    try:
        relation = Relation(mentions[head - 1], mentions[tail - 1], DEMO_LABEL)
        demo_schema().check_relation(relation)
    except SchemaError as error:
        raise _refuse(CORPUS_FILE, f"{{{pair}}}: {error}", number) from error
    return relation


def _refuse(source: str, message: str, number: int) -> FormatError:
    return FormatError(message, source=source, line=number)


def _content_lines(text: str) -> Iterator[NumberedLine]:
    """Yield the numbered lines that are neither blank nor comments."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith(COMMENT):
            yield number, line
