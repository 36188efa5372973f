"""SemEval-2010 task 8: nine directed relations between two nominals of a sentence."""

from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import describe_issues, find_file, get_file, read_published
from core.domain import EntityType, RelationLabel, Schema, Split

LABELS = (
    "Cause-Effect", "Component-Whole", "Content-Container", "Entity-Destination", "Entity-Origin",
    "Instrument-Agency", "Member-Collection", "Message-Topic", "Product-Producer",
)  # fmt: skip
PAIR = (("Nominal", "Nominal"),)
SCHEMA = Schema((EntityType("Nominal"),), tuple(RelationLabel(name, PAIR) for name in LABELS))
DEV_EVERY = 10
NOTES = (
    f"There is no published dev split: every {DEV_EVERY}th sentence of the training file is dev.",
    "A label's direction is the order of head and tail; Other is no relation.",
)


def read_semeval2010(path: Path) -> CorpusSet:
    """Read the training file; the labelled test file only where it is there.

    Raises:
        FormatError: The training file is missing, or a file was refused.
    """
    train = read_published(get_file(path, "TRAIN_FILE.TXT", "*/TRAIN_FILE.TXT"), "semeval")
    test_path = find_file(path, "TEST_FILE_FULL.TXT", "*/TEST_FILE_FULL.TXT")
    results = [train] if test_path is None else [train, read_published(test_path, "semeval")]
    found = train.corpus.documents
    documents = {
        Split.TRAIN: [document for number, document in enumerate(found, start=1) if number % DEV_EVERY],
        Split.DEV: list(found[DEV_EVERY - 1 :: DEV_EVERY]),
    }
    if len(results) > 1:
        documents[Split.TEST] = list(results[1].corpus.documents)
    return make_corpus_set("semeval2010", SCHEMA, documents, (*NOTES, *describe_issues(results)))
