"""ChemProt (BioCreative VI): what chemicals do to genes; abstracts, entities and relations in three TSV files."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import find_file, get_file, read_text
from core.corpora.merging import count_types, describe_merge, merge_types
from core.domain import Document, EntityType, Mention, Relation, RelationLabel, Schema, Split
from core.errors import FormatError
from core.formats.checks import locate
from core.formats.tally import make_tally

LABELS = ("CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9")
SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Gene")),
    tuple(RelationLabel(name, (("Chemical", "Gene"),)) for name in LABELS),
)
TYPES = {"CHEMICAL": "Chemical", "GENE-Y": "Gene", "GENE-N": "Gene"}
REPEATED = "evaluated relations stated twice"
UNEVALUATED = "relations of groups that are not evaluated"
FOLDERS = {Split.TRAIN: "chemprot_training", Split.DEV: "chemprot_development", Split.TEST: "chemprot_test*"}
NOTES = (
    "The text is the title, one space and the abstract.",
    f"Only the evaluated groups are relations: {', '.join(LABELS)}. The others are counted and otherwise no relation.",
    "A relation of several sub-labels of one group between the same mentions is one relation.",
)


def read_chemprot(path: Path) -> CorpusSet:
    """Read the training and the development folder; a test folder only where it is there.

    Raises:
        FormatError: A file is missing, or a line is broken.
    """
    found = {split: _read_part(path, folder) for split, folder in FOLDERS.items() if _has_part(path, split, folder)}
    counts = count_types([document for documents in found.values() for document in documents])
    genes = {name: number for name, number in counts.items() if name.startswith("GENE")}
    documents = {split: [merge_types(document, TYPES) for document in found[split]] for split in found}
    return make_corpus_set("chemprot", SCHEMA, documents, (*NOTES, describe_merge("Gene", genes)))


def _has_part(path: Path, split: Split, folder: str) -> bool:
    return split is not Split.TEST or find_file(path, f"{folder}/*abstracts*.tsv") is not None


def _read_part(path: Path, folder: str) -> list[Document]:
    """Return the documents of one folder, with the entity types as published."""
    entities = _group(get_file(path, f"{folder}/*entities*.tsv"), 6)
    relations = _group(get_file(path, f"{folder}/*relations*.tsv"), 6)
    abstracts = get_file(path, f"{folder}/*abstracts*.tsv")
    documents = []
    for number, (document_id, title, abstract) in _read_rows(abstracts, 3):
        text = f"{title} {abstract}"
        try:
            mentions = dict(_make_mention(text, row) for _, row in entities.pop(document_id, []))
            documents.append(_make_document(document_id, text, mentions, relations.pop(document_id, [])))
        except FormatError as error:
            message = f"Document {document_id}: {error.message}"
            raise FormatError(message, source=abstracts.name, line=number) from error
    for orphans in (entities, relations):
        if orphans:
            message = f"No abstract {next(iter(orphans))} for the lines about it. Fetch the folder again."
            raise FormatError(message, source=abstracts.name)
    return documents


def _read_rows(path: Path, num_columns: int) -> Iterator[tuple[int, list[str]]]:
    """Yield line numbers and columns."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        columns = line.removesuffix("\r").split("\t")
        if line.strip() and len(columns) != num_columns:
            message = f"{len(columns)} columns between tabs, expected {num_columns}. Correct the line."
            raise FormatError(message, source=path.name, line=number)
        if line.strip():
            yield number, columns


def _group(path: Path, num_columns: int) -> dict[str, list[tuple[int, list[str]]]]:
    """Return the rows of a file by document."""
    rows: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
    for number, columns in _read_rows(path, num_columns):
        rows[columns[0]].append((number, columns))
    return dict(rows)


def _make_mention(text: str, row: list[str]) -> tuple[str, Mention]:
    _, mention_id, entity_type, start, end, surface = row
    if not (start.isdecimal() and end.isdecimal()):
        raise FormatError(f"{mention_id} stands at {start!r}:{end!r}, which are no offsets. Correct the line.")
    span, repair = locate(text, start=int(start), end=int(end), surface=surface)
    if repair:
        raise FormatError(f"{mention_id}: {repair} The corpus as published needs no repair; fetch it again.")
    return mention_id, Mention(span, entity_type)


def _make_document(
    document_id: str, text: str, mentions: dict[str, Mention], rows: list[tuple[int, list[str]]]
) -> Document:
    counts = Counter[str]()
    relations: dict[Relation, None] = {}
    for number, (_, group, _, _, first, second) in rows:
        head, tail = (mentions.get(argument.partition(":")[2]) for argument in (first, second))
        if head is None or tail is None:
            raise FormatError(f"Line {number} of the relations joins {first} and {second}, of which one is no entity.")
        if group not in LABELS:
            counts[UNEVALUATED] += 1
            continue
        relation = Relation(head, tail, group)
        counts[REPEATED] += relation in relations
        relations[relation] = None
    return Document(
        id=document_id,
        text=text,
        mentions=tuple(dict.fromkeys(mentions.values())),
        relations=tuple(relations),
        metadata=make_tally(counts),
    )
