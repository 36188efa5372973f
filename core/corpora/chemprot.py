"""ChemProt (BioCreative VI): what chemicals do to genes; abstracts, entities and relations in three TSV files."""

from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import find_file, get_file, read_text
from core.corpora.merging import count_types, describe_merge, merge_types
from core.domain import Document, EntityType, RelationLabel, Schema, Split
from core.errors import FormatError
from core.formats.base import IssueLog
from core.formats.checks import SchemaCheck
from core.formats.chemprot import TABLES, Table, read_tables

LABELS = ("CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9")
SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Gene")),
    tuple(RelationLabel(name, (("Chemical", "Gene"),)) for name in LABELS),
)
TYPES = {"CHEMICAL": "Chemical", "GENE-Y": "Gene", "GENE-N": "Gene"}
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
    files = [get_file(path, f"{folder}/*{table}*.tsv") for table in TABLES]
    log = IssueLog()
    tables = (Table(file.name, read_text(file)) for file in files)
    documents = read_tables(*tables, log=log, check=SchemaCheck(None, log), labels=LABELS)
    for issue in log.issues():
        message = f"{issue.message} The corpus as published needs no repair; fetch it again."
        raise FormatError(message, source=files[0].name, line=issue.line)
    return documents
