"""NCBI disease: disease mentions with concepts; no relations."""

import re
from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import describe_issues, find_file, get_file, read_text
from core.corpora.merging import count_types, describe_merge, merge_types
from core.domain import EntityType, Schema, Split
from core.formats import ReadResult, read_corpus

SCHEMA = Schema((EntityType("Disease"),), ())
TYPES = dict.fromkeys(("SpecificDisease", "DiseaseClass", "CompositeMention", "Modifier"), "Disease")
ABSTRACT = re.compile(r"\s*(\S+?)\|t\|")


def read_ncbi_disease(path: Path) -> CorpusSet:
    """Read the published PubTator files; the test file only where it is there.

    Raises:
        FormatError: A file is missing or refused.
    """
    files = {
        Split.TRAIN: get_file(path, "train/NCBItrainset_corpus.txt", "NCBItrainset_corpus.txt"),
        Split.DEV: get_file(path, "devel/NCBIdevelopset_corpus.txt", "NCBIdevelopset_corpus.txt"),
        Split.TEST: find_file(path, "test/NCBItestset_corpus.txt", "NCBItestset_corpus.txt"),
    }
    notes: list[str] = []
    results = {split: _read_file(file, notes) for split, file in files.items() if file is not None}
    found = {split: list(result.corpus.documents) for split, result in results.items()}
    counts = count_types([document for documents in found.values() for document in documents])
    notes += [describe_merge("Disease", counts), *describe_issues(results.values())]
    documents = {split: [merge_types(document, TYPES) for document in found[split]] for split in found}
    return make_corpus_set("ncbi_disease", SCHEMA, documents, notes)


def _read_file(path: Path, notes: list[str]) -> ReadResult:
    """Read a file after giving an abstract that stands twice another id, so that both are kept as published."""
    blocks = re.split(r"\n[^\S\n]*\n", read_text(path))
    seen: dict[str, int] = {}
    for position, block in enumerate(blocks):
        match = ABSTRACT.match(block)
        if match is None:
            continue
        seen[match[1]] = number = seen.get(match[1], 0) + 1
        if number > 1:
            blocks[position] = re.sub(rf"(?m)^{re.escape(match[1])}(?=[|\t])", f"{match[1]}-{number}", block)
            notes.append(f"{path.name} holds abstract {match[1]} {number} times; the later one is {match[1]}-{number}.")
    result = read_corpus("\n\n".join(blocks).encode(), source=path.name, format_name="pubtator")
    result.report.raise_if_refused()
    return result
