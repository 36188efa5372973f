"""DDI 2013: drug–drug interactions inside sentences of DrugBank and MedLine, one XML file a document."""

from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import collect, describe_issues, read_published
from core.corpora.merging import count_types, describe_merge, merge_types
from core.domain import EntityType, RelationLabel, Schema, Split
from core.errors import FormatError

PAIR = (("Drug", "Drug"),)
LABELS = ("advise", "effect", "mechanism", "int")
SCHEMA = Schema((EntityType("Drug"),), tuple(RelationLabel(name, PAIR, is_symmetric=True) for name in LABELS))
TYPES = dict.fromkeys(("drug", "brand", "group", "drug_n"), "Drug")
DEV_EVERY = 5
NOTES = (
    f"There is no published dev split: sorted by file name, every {DEV_EVERY}th training document is dev.",
    "A discontinuous drug is the span that covers its parts, so its pairs stay; where such a span overlaps the other "
    "drug of a pair, no text can hold both masks and a gold relation counts as a miss.",
    "A pair stated as true without a type is no relation here; it is counted.",
)


def read_ddi2013(path: Path) -> CorpusSet:
    """Read the XML files of the Train folder; those of the Test folder for relations only where they are there.

    Raises:
        FormatError: There is no file, or one was refused.
    """
    train = _list_files(path, "Train")
    if not train:
        raise FormatError("No xml/Train/*/*.xml in it. Name the folder that holds the corpus.", source=str(path))
    parts = {
        Split.TRAIN: [file for number, file in enumerate(train, start=1) if number % DEV_EVERY],
        Split.DEV: train[DEV_EVERY - 1 :: DEV_EVERY],
        Split.TEST: [file for file in _list_files(path, "Test") if "NER" not in "".join(file.parts[-4:-1])],
    }
    results = {split: [read_published(file, "ddi-xml") for file in files] for split, files in parts.items() if files}
    found = {split: collect(read) for split, read in results.items()}
    counts = count_types([document for documents in found.values() for document in documents])
    issues = describe_issues(result for read in results.values() for result in read)
    documents = {split: [merge_types(document, TYPES) for document in found[split]] for split in found}
    return make_corpus_set("ddi2013", SCHEMA, documents, (*NOTES, describe_merge("Drug", counts), *issues))


def _list_files(path: Path, part: str) -> list[Path]:
    """Return the files of a part of the corpus, sorted by name."""
    folder = next((one for one in (path / "xml" / part, path / part) if one.is_dir()), None)
    return sorted(folder.rglob("*.xml"), key=lambda file: (file.name, str(file))) if folder else []
