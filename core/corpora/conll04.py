"""CoNLL04: people, places and organisations in news sentences, and five relations."""

from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import describe_issues, find_file, get_file, read_published
from core.corpora.positions import name_by_split
from core.domain import EntityType, RelationLabel, Schema, Split

SCHEMA = Schema(
    tuple(EntityType(name) for name in ("Peop", "Loc", "Org", "Other")),
    (
        RelationLabel("Live_In", (("Peop", "Loc"),)),
        RelationLabel("OrgBased_In", (("Org", "Loc"),)),
        RelationLabel("Work_For", (("Peop", "Org"),)),
        RelationLabel("Located_In", (("Loc", "Loc"),)),
        RelationLabel("Kill", (("Peop", "Peop"),)),
    ),
)
NOTES = ("A document is one sentence: its tokens joined by single spaces, its id the position in the file.",)


def read_conll04(path: Path) -> CorpusSet:
    """Read the JSON files; the test file only where it is there.

    Raises:
        FormatError: A file is missing or refused.
    """
    files = {
        Split.TRAIN: get_file(path, "train.CoNLL04.json", "conll04_train.json"),
        Split.DEV: get_file(path, "valid.CoNLL04.json", "conll04_dev.json"),
        Split.TEST: find_file(path, "test.CoNLL04.json", "conll04_test.json"),
    }
    results = {split: read_published(file, "spert-json") for split, file in files.items() if file is not None}
    documents = name_by_split({split: result.corpus.documents for split, result in results.items()})
    return make_corpus_set("conll04", SCHEMA, documents, (*NOTES, *describe_issues(results.values())))
