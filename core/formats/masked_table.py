"""Writes masked instances as TSV or CSV: index, sentence and label first, as other relation code trains on them.

One row a candidate pair of a reviewed sentence; the two mentions are masks such as $CHEMICAL$, their names stand in
columns further right. In CSV a cell that a spreadsheet would run as a formula gets an apostrophe in front.
"""

import csv
import io
import re
from collections.abc import Iterator

from core.domain import NO_RELATION, Corpus, Document, Instance, Mention, RelationLabel, Schema, Split
from core.domain import EntityType as Type
from core.formats.base import ExportReport, WriteResult
from core.formats.losses import Losses, keep_standing
from core.formats.one_per_sentence import CutSentence, cut_sentences
from core.nlp.masking import mark_instance

COLUMNS = ("index", "sentence", "label", "head", "tail", "head_type", "tail_type", "document", "split", "origin")
FORMULA = re.compile(r"'*[=+\-@\t\r]")
BREAKING = re.compile(r"\r\n|[\t\r\n]")
Row = tuple[str, ...]


def write_masked_tsv(corpus: Corpus) -> WriteResult:
    """Write tab-separated rows without quotes; tabs and line breaks inside cells become spaces."""
    losses = Losses()
    rows, counted = _make_rows(corpus, losses)
    lines = []
    for row in (COLUMNS, *rows):
        cells = [BREAKING.sub(" ", cell) for cell in row]
        losses.changed["cells with tabs or line breaks"] += sum(a != b for a, b in zip(row, cells, strict=True))
        lines.append("\t".join(cells))
    return _make_result("masked-tsv", "".join(f"{line}\n" for line in lines), losses, counted)


def write_masked_csv(corpus: Corpus) -> WriteResult:
    """Write comma-separated rows that no spreadsheet runs as formulas."""
    losses = Losses()
    rows, counted = _make_rows(corpus, losses)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in (COLUMNS, *rows):
        cells = [escape_formula(cell) for cell in row]
        losses.changed["cells that a spreadsheet would run"] += sum(a != b for a, b in zip(row, cells, strict=True))
        writer.writerow(cells)
    return _make_result("masked-csv", buffer.getvalue(), losses, counted)


def escape_formula(cell: str) -> str:
    """Return a cell that a spreadsheet shows instead of running it.

    Source:
        OWASP, "CSV Injection": cells that begin with = + - @, a tab or a carriage return.
    """
    return f"'{cell}" if FORMULA.match(cell) else cell


def _make_result(format_name: str, text: str, losses: Losses, counted: tuple[int, int, int]) -> WriteResult:
    num_documents, num_relations, num_synthetic = counted
    report = ExportReport(
        format_name=format_name,
        num_documents=num_documents,
        num_relations=num_relations,
        num_synthetic=num_synthetic,
        dropped=dict(+losses.dropped),
        changed=dict(+losses.changed),
    )
    return WriteResult(text.encode(), report)


def _make_rows(corpus: Corpus, losses: Losses) -> tuple[list[Row], tuple[int, int, int]]:
    """Return the rows, and the number of documents, relations and synthetic sentences in them."""
    schema = corpus.schema or _make_schema(corpus)
    rows: list[Row] = []
    num_relations = 0
    for document in corpus.documents:
        kept = keep_standing(document, losses, holds={"splits", "sentences", "states"})
        for sentence in cut_sentences(kept, losses):
            if not sentence.state.is_gold:
                losses.dropped["sentences without review"] += 1
                losses.dropped["relations of sentences without review"] += len(sentence.relations)
                continue
            found = list(_label_pairs(sentence, schema, losses))
            num_relations += sum(label != NO_RELATION for _, _, label in found)
            rows += [_make_row(len(rows) + number, one, document, sentence, schema) for number, one in enumerate(found)]
    for one in corpus.synthetic:
        types = (one.head.entity_type, one.tail.entity_type)
        names = (one.head_name, one.tail_name)
        index = str(len(rows))
        rows.append((index, one.text, one.label, *names, *types, "", Split.TRAIN.value, "synthetic"))
    return rows, (len(corpus.documents), num_relations, len(corpus.synthetic))


def _label_pairs(sentence: CutSentence, schema: Schema, losses: Losses) -> Iterator[tuple[Mention, Mention, str]]:
    """Yield every candidate pair with each of its labels; a symmetric label's pair has one order only."""
    labels: dict[tuple[Mention, Mention], list[str]] = {}
    symmetric: set[tuple[Mention, Mention]] = set()
    for relation in sentence.relations:
        head, tail = relation.head, relation.tail
        label = schema.find_label(relation.label)
        if label is not None and label.is_symmetric:
            head, tail = sorted((head, tail), key=lambda one: (one.span, one.entity_type))
            symmetric.add((tail, head))
        labels.setdefault((head, tail), []).append(relation.label)
    for head, tail in schema.candidates(sentence.mentions):
        found = labels.pop((head, tail), [])
        if head.span.overlaps(tail.span):
            losses.dropped["pairs of overlapping mentions"] += 1
            losses.dropped["relations of overlapping mentions"] += len(found)
        elif found or (head, tail) not in symmetric:
            yield from ((head, tail, label) for label in found or [NO_RELATION])
    paired = {mention for pair in schema.candidates(sentence.mentions) for mention in pair}
    losses.dropped["mentions in no pair"] += len(set(sentence.mentions) - paired)
    losses.dropped["relations that the schema does not allow"] += sum(map(len, labels.values()))


def _make_row(
    index: int, pair: tuple[Mention, Mention, str], document: Document, sentence: CutSentence, schema: Schema
) -> Row:
    head, tail, label = pair
    marked = mark_instance(Instance(str(index), sentence.text, head, tail), schema, marking="masks")
    names = (head.span.text(sentence.text), tail.span.text(sentence.text))
    types = (head.entity_type, tail.entity_type)
    return (str(index), marked.text, label, *names, *types, document.id, document.split.value, "curated")


def _make_schema(corpus: Corpus) -> Schema:
    """Return a schema of what the relations of a corpus join."""
    pairs: dict[str, dict[tuple[str, str], None]] = {}
    types: dict[str, None] = {}
    for document in corpus.documents:
        types |= dict.fromkeys(mention.entity_type for mention in document.mentions)
        for one in document.relations:
            pairs.setdefault(one.label, {})[(one.head.entity_type, one.tail.entity_type)] = None
    labels = tuple(RelationLabel(name, tuple(found)) for name, found in pairs.items())
    return Schema(tuple(Type(name) for name in types), labels)
