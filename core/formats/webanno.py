"""Reads WebAnno TSV 3 (INCEpTION): tokens with columns of span layers and of relation layers.

Offsets count UTF-16 units. A span that covers several tokens, or stands beside another of its layer, carries a number
in brackets; a relation stands at its target and names its source's token. The first feature of a layer that is
called value, label, category or type is the type of its spans, else its first.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from core.domain import Corpus, Schema, Sentence, Span, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document

HEADER = "#FORMAT=WebAnno TSV 3"
LAYER = re.compile(r"#T_(SP|RL|CH)=(\S+)")
TEXT = "#Text="
TOKEN = re.compile(r"(\d+-\d+)(\.\d+)?\t(\d{1,9})-(\d{1,9})\t([^\t]*)\t?(.*)")
BASE_COLUMN = "BT_"
NAMED = ("value", "label", "category", "type", "entitytype", "concept")
CONCEPT_FEATURES = ("identifier", "conceptid")
ESCAPED = re.compile(r"\\(->|.)")
ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
CELL_SPLIT = re.compile(r"(?<!\\)\|")
NUMBERED = re.compile(r"(.*?)\[(\d+)\]", re.DOTALL)
SOURCE_TOKEN = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)_(\d+)\])?")
NO_VALUE = "*"
LEFT_OUT = "coreference chains"


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the header and the columns of its features."""

    kind: str
    name: str
    features: tuple[str, ...]
    first_column: int

    def find_column(self, names: tuple[str, ...]) -> int | None:
        """Return the column of the first feature called one of these names."""
        lowered = [feature.casefold() for feature in self.features]
        return next((self.first_column + lowered.index(name) for name in names if name in lowered), None)

    @property
    def type_column(self) -> int:
        """The column that says the type of a span or the label of a relation."""
        found = self.find_column(NAMED)
        return self.first_column if found is None else found

    @property
    def short_name(self) -> str:
        """The last part of the layer's name, for spans without a value."""
        return self.name.rpartition(".")[2]


@dataclass(slots=True)
class TokenRow:
    """A token: where the file says it stands and what it says of it."""

    id: str
    line: int
    start: int
    end: int
    word: str
    cells: list[str]


@dataclass(slots=True)
class Block:
    """A sentence: its text and its tokens."""

    text: str
    line: int
    rows: list[TokenRow] = field(default_factory=list)


def read_webanno(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read the one document of a file.

    Raises:
        FormatError: The file does not begin as one of this format, or a line is broken.
    """
    if not text.lstrip().startswith(HEADER):
        raise FormatError(f"The file does not begin with {HEADER}. Choose the right format.", line=1)
    layers, blocks = _parse(text)
    reader = _DocumentReader(source, layers, blocks)
    stated = reader.read()
    for kind, number in reader.counts.items():
        log.add(Severity.NOTED, f"Left out: {number} {kind}.")
    with log.refusing(blocks[0].line if blocks else 1):
        return Corpus(documents=(make_document(stated, log, SchemaCheck(schema, log)),))
    return Corpus()


def _parse(text: str) -> tuple[list[Layer], list[Block]]:
    layers: list[Layer] = []
    blocks: list[Block] = []
    column = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        match = LAYER.match(line)
        if match:
            name, *features = match[2].split("|")
            layers.append(Layer(match[1], name, tuple(features), column))
            column += max(1, len(features))
        elif line.startswith(TEXT):
            piece = _unescape(line.removeprefix(TEXT))
            if blocks and not blocks[-1].rows:
                blocks[-1].text += f"\n{piece}"
            else:
                blocks.append(Block(piece, number))
        elif line.strip() and not line.startswith("#"):
            token = TOKEN.fullmatch(line)
            if token is None or not blocks:
                raise FormatError(f"{shorten(line)} is no token under a {TEXT} line. Correct the file.", line=number)
            cells = token[6].removesuffix("\t").split("\t") if token[6] else []
            if token[2] is None or cells:
                row_id = token[1] + (token[2] or "")
                row = TokenRow(row_id, number, int(token[3]), int(token[4]), _unescape(token[5]), cells)
                blocks[-1].rows.append(row)
    return layers, [block for block in blocks if block.rows]


def _unescape(value: str) -> str:
    return ESCAPED.sub(lambda match: ESCAPES.get(match[1], match[1]), value)


class _DocumentReader:
    """States what the tokens of a file say."""

    def __init__(self, source: str, layers: list[Layer], blocks: list[Block]) -> None:
        self.layers = layers
        self.blocks = blocks
        self.counts = Counter[str]()
        self.stated = StatedDocument(source, "", line=1)
        self.places: dict[str, tuple[int, int]] = {}
        self.spans: dict[tuple[str, str, str], list[str]] = {}
        self.mentions: dict[str, tuple[int, int, str, tuple[str, ...]]] = {}

    def read(self) -> StatedDocument:
        sentences = [self._add_block(block) for block in self.blocks]
        self.stated.sentences = tuple(Sentence(span, State.ACCEPTED) for span in sentences)
        rows = [row for block in self.blocks for row in block.rows]
        for layer in self.layers:
            self.counts[LEFT_OUT] += layer.kind == "CH"
            if layer.kind == "SP":
                for row in rows:
                    self._add_spans(layer, row)
        for mention_id, (start, end, entity_type, concepts) in self.mentions.items():
            self.stated.mentions.append(StatedMention(mention_id, start, end, entity_type, concept_ids=concepts))
        for layer in self.layers:
            if layer.kind == "RL":
                for row in rows:
                    self._add_relations(layer, row)
        self.counts = +self.counts
        return self.stated

    def _add_block(self, block: Block) -> Span:
        """Put a sentence behind the text and place its tokens in it; the file's own offsets say how far apart."""
        first = block.rows[0]
        lead = max(0, block.text.find(first.word))
        length = len(self.stated.text.encode("utf-16-le", "surrogatepass")) // 2
        gap = first.start - lead - length
        filling = "" if not self.stated.text else " " * gap if 0 < gap < 10 else "\n"
        start = len(self.stated.text) + len(filling)
        self.stated.text += filling + block.text
        place = start
        for row in block.rows:
            is_part = "." in row.id
            found = self.stated.text.find(row.word, self.places[row.id.partition(".")[0]][0] if is_part else place)
            if found < 0:
                raise FormatError(f"{shorten(row.word)} is not in its sentence. Correct the file.", line=row.line)
            self.places[row.id] = (found, found + len(row.word))
            place = place if is_part else found + len(row.word)
        return Span(start, start + max(1, len(block.text)))

    def _add_spans(self, layer: Layer, row: TokenRow) -> None:
        """Begin the spans of a layer at a token, or let them go on there."""
        values = _split_cell(row.cells, layer.type_column)
        concept_column = layer.find_column(CONCEPT_FEATURES)
        concepts = _split_cell(row.cells, concept_column) if concept_column is not None else []
        start, end = self.places[row.id]
        for position, (value, number) in enumerate(values):
            key = f"{layer.name} {number}" if number else f"{layer.name} {row.id} {position}"
            concept = concepts[position][0] if position < len(concepts) else ""
            entity_type = layer.short_name if value in ("", NO_VALUE) else value
            found = (concept,) if concept not in ("", NO_VALUE) else ()
            known = self.mentions.get(key)
            first, last = (min(known[0], start), max(known[1], end)) if known else (start, end)
            self.mentions[key] = (first, last, *(known[2:] if known else (entity_type, found)))
            self.spans.setdefault((layer.name, row.id, number), []).append(key)
            self.spans.setdefault(("", row.id, number), []).append(key)

    def _add_relations(self, layer: Layer, row: TokenRow) -> None:
        base = next((place for place, one in enumerate(layer.features) if one.startswith(BASE_COLUMN)), None)
        if base is None:
            return
        layer_name = layer.features[base].removeprefix(BASE_COLUMN)
        sources = _split_cell(row.cells, layer.first_column + base, is_reference=True)
        labels = _split_cell(row.cells, layer.type_column) if layer.type_column != layer.first_column + base else []
        for position, (reference, _) in enumerate(sources):
            match = SOURCE_TOKEN.fullmatch(reference)
            if match is None:
                raise FormatError(f"{shorten(reference)} names no token. Correct the file.", line=row.line)
            label = labels[position][0] if position < len(labels) else ""
            head = self._find(layer_name, match[1], match[2])
            tail = self._find(layer_name, row.id, match[3])
            if not head or not tail or head == tail:
                self.counts["relations of spans that no layer holds"] += 1
                continue
            name = layer.short_name if label in ("", NO_VALUE) else label
            self.stated.relations.append(StatedRelation(name, head, tail))

    def _find(self, layer: str, token: str, number: str | None) -> str:
        wanted = "" if number in (None, "0") else str(number)
        for name in (layer, ""):
            found = self.spans.get((name, token, wanted))
            if found:
                return found[0]
        return ""


def _split_cell(cells: list[str], column: int, *, is_reference: bool = False) -> list[tuple[str, str]]:
    """Return value and number of every annotation in a cell; a reference keeps its brackets."""
    cell = cells[column] if column < len(cells) else "_"
    found = []
    for part in CELL_SPLIT.split(cell) if cell not in ("_", "") else []:
        match = None if is_reference else NUMBERED.fullmatch(part)
        found.append((_unescape(match[1]), match[2]) if match else (_unescape(part), ""))
    return found
