"""ADE: which drug had which adverse effect; ten folds of sentences, or the corpus's own .rel file."""

from dataclasses import replace
from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import describe_issues, find_file, get_file, read_published
from core.corpora.positions import name_by_split
from core.domain import Document, EntityType, RelationLabel, Schema, Split
from core.errors import FormatError
from core.formats.ade_rel import EFFECT, OVERLAPPING, PUBMED_KEY

NUM_FOLDS = 10
DEV_EVERY = 10
SCHEMA = Schema((EntityType("Adverse-Effect"), EntityType("Drug")), (RelationLabel(EFFECT, ((EFFECT, "Drug"),)),))
FOLD_NOTES = (
    "Ten folds; sentences with overlapping mentions were removed by those who made them. A document is one sentence.",
)
REL_NOTES = (
    "All lines of one sentence are one document; equal sentences of two abstracts too.",
    "Offsets of the file count in documents that it does not hold: mentions are found by their string.",
    f"Relations of two overlapping mentions are left out and counted as '{OVERLAPPING}' (Giorgi et al. 2019).",
    f"There is no published split: in file order, the sentences of every {DEV_EVERY}th abstract are dev.",
)


def read_ade(path: Path, *, fold: int = 0) -> CorpusSet:
    """Read one of the ten folds: its train, valid and test files.

    Raises:
        FormatError: There is no such fold, a file is missing or was refused.
    """
    if not 0 <= fold < NUM_FOLDS:
        raise FormatError(f"No fold {fold}. Choose one from 0 to {NUM_FOLDS - 1}.", source=str(path))
    names = {Split.TRAIN: f"train.ADE{fold}.json", Split.DEV: f"valid.ADE{fold}.json"}
    files = {split: get_file(path, f"unified_folds/{name}", name) for split, name in names.items()}
    test_path = find_file(path, f"unified_folds/test.ADE{fold}.json", f"test.ADE{fold}.json")
    if test_path is not None:
        files[Split.TEST] = test_path
    results = {split: read_published(file, "spert-json") for split, file in files.items()}
    documents = name_by_split({split: result.corpus.documents for split, result in results.items()})
    notes = (f"Fold {fold}.", *FOLD_NOTES, *describe_issues(results.values()))
    return make_corpus_set("ade", SCHEMA, documents, notes)


def read_ade_rel_file(path: Path) -> CorpusSet:
    """Read the published relations of drugs and adverse effects.

    Raises:
        FormatError: The file is missing or was refused.
    """
    result = read_published(get_file(path, "ADE-Corpus-V2/DRUG-AE.rel", "DRUG-AE.rel"), "ade-rel")
    found = [_without_overlaps(document) for document in result.corpus.documents]
    abstracts = list(dict.fromkeys(dict(document.metadata)[PUBMED_KEY] for document in found))
    held_out = set(abstracts[DEV_EVERY - 1 :: DEV_EVERY])
    documents: dict[Split, list[Document]] = {Split.TRAIN: [], Split.DEV: []}
    for document in found:
        is_dev = dict(document.metadata)[PUBMED_KEY] in held_out
        documents[Split.DEV if is_dev else Split.TRAIN].append(document)
    return make_corpus_set("ade-rel", SCHEMA, documents, (*REL_NOTES, *describe_issues([result])))


def _without_overlaps(document: Document) -> Document:
    kept = tuple(one for one in document.relations if not one.head.span.overlaps(one.tail.span))
    return replace(document, relations=kept)
