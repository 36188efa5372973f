"""Reads WebAnno TSV 3 (INCEpTION): tokens with columns of span layers, their slots, and relation layers.

Offsets count UTF-16 units. A span that covers several tokens, or stands beside another of its layer, carries a number
in brackets; a relation stands at its target and names its source's token; a slot is a relation from its span to what
fills it, labelled by the role. The first feature of a layer that is called value, label, category or type is the type
of its spans, else its first. Parts of speech, lemmas and the like are no mentions.

Source: the INCEpTION user guide, "WebAnno TSV 3.3 File format".
"""

import re
from collections import Counter

from core.domain import Corpus, Schema, Sentence, Span, State
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten
from core.formats.offsets import OffsetMap
from core.formats.standoff import StatedDocument, StatedMention, StatedRelation, make_document
from core.formats.webanno_lines import (
    CONCEPT_FEATURES,
    HEADER,
    NO_VALUE,
    Block,
    Layer,
    TokenRow,
    parse_lines,
    read_value,
    split_cell,
)

REFERENCE = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)(?:_(\d+))?\])?")
LINGUISTIC = re.compile(r"de\.tudarmstadt\.ukp\.dkpro\.core\.api\.(lexmorph|segmentation|syntax|transform|morph)\.")
UTF16 = "UTF-16 units"
CHAINS = "links of coreference chains"
WITHOUT_TEXT = "spans without characters"
UNHELD = "relations of spans that no layer holds"
MOVED = "Tokens do not stand where their offsets say; they were found by their words."
MAX_GAP = 10


def read_webanno(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read the one document of a file.

    Raises:
        FormatError: The file does not begin as one of this format, or a line is broken.
    """
    if not text.lstrip().startswith(HEADER):
        raise FormatError(f"The file does not begin with {HEADER}. Choose the right format.", line=1)
    layers, blocks = parse_lines(text)
    reader = _DocumentReader(source, layers, blocks, log)
    stated = reader.read()
    for kind, number in (+reader.counts).items():
        log.add(Severity.NOTED, f"Left out: {number} {kind}.")
    with log.refusing(blocks[0].line if blocks else 1):
        return Corpus(documents=(make_document(stated, log, SchemaCheck(schema, log)),))
    return Corpus()


class _DocumentReader:
    """States what the tokens of a file say."""

    def __init__(self, source: str, layers: list[Layer], blocks: list[Block], log: IssueLog) -> None:
        self.layers = layers
        self.blocks = blocks
        self.log = log
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
            for row in rows:
                self._read_cells(layer, row)
        held = {key for key, (start, end, *_) in self.mentions.items() if start < end}
        self.counts[WITHOUT_TEXT] += len(self.mentions) - len(held)
        for mention_id, (start, end, entity_type, concepts) in self.mentions.items():
            if mention_id in held:
                self.stated.mentions.append(StatedMention(mention_id, start, end, entity_type, concept_ids=concepts))
        for layer in self.layers:
            for row in rows:
                self._add_slots(layer, row, held)
                self._add_relations(layer, row, held)
        return self.stated

    def _read_cells(self, layer: Layer, row: TokenRow) -> None:
        """Begin the spans of a layer at a token, or count what is left out of it."""
        if layer.kind == "CH":
            self.counts[CHAINS] += len(split_cell(row.cells, layer.first_column))
        elif layer.kind == "SP" and LINGUISTIC.match(layer.name):
            self.counts[f"annotations of the layer {layer.short_name}"] += len(
                split_cell(row.cells, layer.first_column)
            )
        elif layer.kind == "SP":
            self._add_spans(layer, row)
        used = {layer.type_column, layer.find_column(CONCEPT_FEATURES)}
        for column, name in layer.values.items():
            if layer.kind != "CH" and not LINGUISTIC.match(layer.name) and column not in used:
                found = sum(read_value(raw)[0] != "" for raw in split_cell(row.cells, column))
                self.counts[f"values of the feature {name} of {layer.short_name}"] += found

    def _add_block(self, block: Block) -> Span:
        """Put a sentence behind the text and place its tokens in it; the file's own offsets say how far apart."""
        first = block.rows[0]
        lead = _count_units(block.text[: max(0, block.text.find(first.word))])
        gap = first.start - lead - _count_units(self.stated.text)
        filling = "" if not self.stated.text else " " * gap if 0 <= gap < MAX_GAP else "\n"
        start = len(self.stated.text) + len(filling)
        self.stated.text += filling + block.text
        offsets = OffsetMap(block.text, UTF16)
        place = 0
        for row in block.rows:
            bounds = [offsets.convert(offset - first.start + lead) for offset in (row.start, row.end)]
            if block.text[bounds[0] : bounds[1]] != row.word:
                bounds = self._find_word(block, row, self.places.get(row.token_id, (place + start, 0))[0] - start)
            self.places[row.id] = (start + bounds[0], start + bounds[1])
            place = place if "." in row.id else bounds[1]
        return Span(start, start + max(1, len(block.text)))

    def _find_word(self, block: Block, row: TokenRow, place: int) -> list[int]:
        """Return where a token stands whose offsets are wrong: at the next place that has its word."""
        found = block.text.find(row.word, place)
        if found < 0:
            raise FormatError(f"{shorten(row.word)} is not in its sentence. Correct the file.", line=row.line)
        self.log.add_once(Severity.REPAIRED, MOVED, line=row.line)
        return [found, found + len(row.word)]

    def _add_spans(self, layer: Layer, row: TokenRow) -> None:
        """Begin the spans of a layer at a token, or let them go on there."""
        columns = [column for column in (layer.type_column, layer.first_column) if column is not None]
        concepts = split_cell(row.cells, layer.find_column(CONCEPT_FEATURES))
        start, end = self.places[row.id]
        for position, raw in enumerate(split_cell(row.cells, columns[0])):
            value, number = read_value(raw)
            entity_type = value if layer.type_column is not None and value else layer.short_name
            key = f"{layer.name} {number}" if number else f"{layer.name} {row.id} {position}"
            concept = read_value(concepts[position])[0] if position < len(concepts) else ""
            known = self.mentions.get(key)
            first, last = (min(known[0], start), max(known[1], end)) if known else (start, end)
            rest = known[2:] if known else (entity_type, (concept,) if concept else ())
            self.mentions[key] = (first, last, *rest)
            for name in (layer.name, ""):
                self.spans.setdefault((name, row.id, number), []).append(key)

    def _add_slots(self, layer: Layer, row: TokenRow, held: set[str]) -> None:
        """Relate the spans of a layer to what fills their slots."""
        for column in layer.slots:
            fillers = split_cell(row.cells, column + 1)
            for position, raw in enumerate(split_cell(row.cells, column)):
                number = read_value(raw)[1]
                hosts = self.spans.get((layer.name, row.id, number)) or self.spans.get((layer.name, row.id, ""), [])
                host = hosts[position if not number and position < len(hosts) else 0] if hosts else ""
                targets = split_cell(fillers[position : position + 1], 0, sign=";")
                for role, reference in zip(split_cell([raw], 0, sign=";"), targets, strict=False):
                    match = REFERENCE.fullmatch(reference)
                    if reference == NO_VALUE:
                        continue
                    if match is None:
                        raise FormatError(f"{shorten(reference)} names no token. Correct the file.", line=row.line)
                    target = self._find(layer.features[column + 1 - layer.first_column], match[1], match[2])
                    self._relate(read_value(role)[0] or layer.short_name, host, target, held)

    def _add_relations(self, layer: Layer, row: TokenRow, held: set[str]) -> None:
        if layer.kind != "RL" or layer.base_column is None:
            return
        labels = split_cell(row.cells, layer.type_column)
        for position, reference in enumerate(split_cell(row.cells, layer.base_column)):
            match = REFERENCE.fullmatch(reference)
            if match is None:
                raise FormatError(f"{shorten(reference)} names no token. Correct the file.", line=row.line)
            label = read_value(labels[position])[0] if position < len(labels) else ""
            head = self._find(layer.base_layer, match[1], match[2])
            tail = self._find(layer.base_layer, row.id, match[3])
            self._relate(label or layer.short_name, head, tail, held)

    def _relate(self, label: str, head: str, tail: str, held: set[str]) -> None:
        if not {head, tail} <= held or head == tail:
            self.counts[UNHELD] += 1
        else:
            self.stated.relations.append(StatedRelation(label, head, tail))

    def _find(self, layer: str, token: str, number: str | None) -> str:
        wanted = "" if number in (None, "0") else str(number)
        for name in (layer, ""):
            found = self.spans.get((name, token, wanted))
            if found:
                return found[0]
        return ""


def _count_units(text: str) -> int:
    """Return how many UTF-16 units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
