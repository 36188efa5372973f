"""BC5CDR: chemicals, diseases and which chemical induces which disease, as facts of an abstract."""

from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import describe_issues, find_file, get_file, read_published
from core.domain import EntityType, RelationLabel, Schema, Split

SCHEMA = Schema((EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", (("Chemical", "Disease"),)),))
NOTES = (
    "CID joins concepts of an abstract, not mentions: it is kept as document facts. An import projects a fact onto "
    "every mention pair of one sentence that carries the two concepts.",
)


def read_bc5cdr(path: Path) -> CorpusSet:
    """Read the published PubTator files; the test file only where it is there.

    Raises:
        FormatError: A file is missing or refused.
    """
    files = {
        Split.TRAIN: get_file(path, "CDR_TrainingSet.PubTator.txt"),
        Split.DEV: get_file(path, "CDR_DevelopmentSet.PubTator.txt"),
        Split.TEST: find_file(path, "CDR_TestSet.PubTator.txt"),
    }
    results = {split: read_published(file, "pubtator") for split, file in files.items() if file is not None}
    documents = {split: result.corpus.documents for split, result in results.items()}
    return make_corpus_set("bc5cdr", SCHEMA, documents, (*NOTES, *describe_issues(results.values())))
