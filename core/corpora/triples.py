"""WebNLG and NYT: sentences with triples of strings; the labels are those of rel2id.json."""

import json
from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import describe_issues, find_file, get_file, read_bytes, read_published
from core.corpora.positions import name_by_split
from core.domain import EntityType, RelationLabel, Schema, Split
from core.errors import FormatError

PAIR = (("Entity", "Entity"),)
NOTES = (
    "Strings are looked up in the sentence, longer ones first: the first place with word borders on both sides that "
    "no string placed before covers, else the first place with word borders, else the first place.",
    "A triple with a string that is not in the sentence, or of one string with itself, is no relation here; it is "
    "counted, and a score over all triples has to add it as a miss.",
    "A pair may carry several labels.",
)


def read_webnlg(path: Path) -> CorpusSet:
    """Read WebNLG; the test file only where it is there.

    Raises:
        FormatError: A file is missing or refused.
    """
    get_file(path, "train_triples.json")
    return _read_triples("webnlg", path)


def read_nyt(path: Path) -> CorpusSet:
    """Read NYT; train and test files only where they are there.

    Raises:
        FormatError: The dev file is missing, or a file was refused.
    """
    return _read_triples("nyt", path)


def _read_triples(name: str, path: Path) -> CorpusSet:
    files = {
        Split.TRAIN: find_file(path, "train_triples.json"),
        Split.DEV: get_file(path, "dev_triples.json"),
        Split.TEST: find_file(path, "test_triples.json"),
    }
    results = {split: read_published(file, "triples-json") for split, file in files.items() if file is not None}
    documents = name_by_split({split: result.corpus.documents for split, result in results.items()})
    labels = _read_labels(get_file(path, "rel2id.json"))
    schema = Schema((EntityType("Entity"),), tuple(RelationLabel(label, PAIR) for label in labels))
    return make_corpus_set(name, schema, documents, (*NOTES, *describe_issues(results.values())))


def _read_labels(path: Path) -> list[str]:
    """Return the labels of a rel2id.json, which lists {number: label} and its reverse."""
    try:
        names = json.loads(read_bytes(path))[0].values()
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        message = f"Not a list of {{number: label}} and its reverse ({error!r}). Fetch the file again."
        raise FormatError(message, source=path.name) from error
    return [str(name) for name in names]
