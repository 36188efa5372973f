"""Published corpora as the benchmarks read them: what chooses, what is scored, and how progress is told."""

import os
import random
import sys
from pathlib import Path

from core.corpora import CorpusSet, read_corpus_folder
from core.domain import Corpus, Document, EntityType, Mention, Relation, RelationLabel, Schema, Split
from core.nlp.sentences import split_sentences
from core.workflows.prediction.evaluate import prepare_documents

VALIDATION_SHARE = 0.1
VALIDATION_SEED = 0
DEFAULT_CORPORA = Path(os.environ.get("DARE_CORPORA", "../shared/data"))
FOLDERS = {"semeval2010": "semeval2010_task8"}


def load_documents(
    corpora: Path, corpus: str, *, fold: int | None = None
) -> tuple[Schema, dict[Split, list[Document]]]:
    """Read a corpus; part of train becomes dev, which chooses, and its dev becomes test, which is scored."""
    found = read_corpus_folder(corpus, corpora / FOLDERS.get(corpus, corpus), fold=fold)
    if corpus == "semeval2010":
        found = direct_labels(found)
    split = {
        name: prepare_documents(part, found.schema, split_sentences=split_sentences)
        for name, part in found.splits.items()
    }
    if corpus == "ade":
        return found.schema, split
    documents = list(split[Split.TRAIN])
    random.Random(VALIDATION_SEED).shuffle(documents)
    num_dev = round(len(documents) * VALIDATION_SHARE)
    parts = {Split.TRAIN: documents[num_dev:], Split.DEV: documents[:num_dev], Split.TEST: split[Split.DEV]}
    return found.schema, parts


def direct_labels(found: CorpusSet) -> CorpusSet:
    """Write the direction into the label, as SemEval does: one pair a sentence and eighteen labels."""
    pair = (("E1", "E2"),)
    labels = tuple(
        RelationLabel(f"{name}{direction}", pair)
        for name in found.schema.label_names
        for direction in ("(e1,e2)", "(e2,e1)")
    )
    schema = Schema((EntityType("E1"), EntityType("E2")), labels)
    splits = {name: Corpus(tuple(map(_direct, part.documents))) for name, part in found.splits.items()}
    return CorpusSet(found.name, schema, splits, found.notes)


def _direct(document: Document) -> Document:
    first, second = sorted(document.mentions, key=lambda mention: mention.span)
    e1, e2 = Mention(first.span, "E1"), Mention(second.span, "E2")
    relations = tuple(
        Relation(e1, e2, f"{one.label}{'(e1,e2)' if one.head.span == first.span else '(e2,e1)'}")
        for one in document.relations
    )
    return Document(document.id, document.text, document.sentences, (e1, e2), relations, split=document.split)


def tell(fraction: float, message: str = "", **values: float) -> None:
    """Write progress to the error stream."""
    figures = " ".join(f"{name}={value:.4g}" for name, value in values.items())
    sys.stderr.write(f"{fraction:6.1%} {message} {figures}\n")
