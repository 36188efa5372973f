"""The published corpora give the counts that their description states, split by split."""

import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from core.corpora import CorpusSet, read_corpus_folder
from core.domain import Split

CORPORA = Path(os.environ.get("DARE_CORPORA", Path(__file__).parents[4] / "shared" / "data"))
TRAIN, DEV, TEST = Split.TRAIN, Split.DEV, Split.TEST


@cache
def read(name: str, folder: str = "", fold: int | None = None) -> CorpusSet:
    path = CORPORA / (folder or name)
    if not path.is_dir():
        pytest.skip(f"{path.name} is not here; set DARE_CORPORA to the folder of corpora")
    return read_corpus_folder(name, path, fold=fold)


def add_up(corpus_set: CorpusSet, kind: str) -> Counter[str]:
    """Return counts by name over train and dev."""
    return sum((Counter(getattr(corpus_set.count(split), kind)) for split in (TRAIN, DEV)), Counter[str]())


@pytest.mark.parametrize(("split", "chemical", "disease", "cid"), [(TRAIN, 5203, 4182, 1038), (DEV, 5347, 4244, 1012)])
def test_bc5cdr(split: Split, chemical: int, disease: int, cid: int) -> None:
    counts = read("bc5cdr").count(split)
    assert counts.documents == 500
    assert counts.mentions == {"Chemical": chemical, "Disease": disease}
    assert (counts.facts, counts.relations, counts.others) == ({"CID": cid}, {}, {})


@pytest.mark.parametrize(("split", "abstracts", "relations"), [(TRAIN, 1020, 4157), (DEV, 612, 2416)])
def test_chemprot(split: Split, abstracts: int, relations: int) -> None:
    counts = read("chemprot").count(split)
    assert counts.documents == abstracts
    assert sum(counts.relations.values()) == relations


def test_ddi2013() -> None:
    corpus_set = read("ddi2013")
    train, dev = corpus_set.count(TRAIN), corpus_set.count(DEV)
    assert (train.documents, dev.documents) == (572, 142)
    assert (train.candidates or 0) + (dev.candidates or 0) == 27_792
    assert add_up(corpus_set, "relations") == {"advise": 826, "effect": 1687, "mechanism": 1319, "int": 188}
    others = add_up(corpus_set, "others")
    assert (others["discontinuous mentions"], others["relations without a type"]) == (38, 1)
    assert others["relations of overlapping mentions"] == 2


def test_ade_lines() -> None:
    corpus_set = read("ade-rel", "ade")
    assert len(corpus_set.documents) == 4271
    others = add_up(corpus_set, "others")
    assert others == {"relations of overlapping mentions": 120, "relations stated twice": 1}
    assert add_up(corpus_set, "relations").total() + others.total() == 6821


@pytest.mark.parametrize("fold", range(10))
def test_ade_folds(fold: int) -> None:
    corpus_set = read("ade", "ade", fold)
    assert sum(corpus_set.count(split).documents for split in (TRAIN, DEV, TEST)) == 4153
    assert all(corpus_set.count(split).others == {} for split in (TRAIN, DEV, TEST))


@pytest.mark.parametrize(("split", "sentences", "relations"), [(TRAIN, 922, 1283), (DEV, 231, 343)])
def test_conll04(split: Split, sentences: int, relations: int) -> None:
    counts = read("conll04").count(split)
    assert (counts.documents, counts.sentences) == (sentences, sentences)
    assert sum(counts.relations.values()) == relations


def test_semeval2010() -> None:
    corpus_set = read("semeval2010", "semeval2010_task8")
    assert (corpus_set.count(TRAIN).documents, corpus_set.count(DEV).documents) == (7200, 800)
    assert add_up(corpus_set, "mentions") == {"Nominal": 16_000}
    assert add_up(corpus_set, "relations").total() == 8000 - 1410


@pytest.mark.parametrize(("split", "documents", "relations"), [(TRAIN, 400, 4178), (DEV, 100, 1162)])
def test_biored(split: Split, documents: int, relations: int) -> None:
    counts = read("biored").count(split)
    assert counts.documents == documents
    assert sum(counts.facts.values()) == relations


@pytest.mark.parametrize(("split", "documents", "mentions"), [(TRAIN, 593, 5145), (DEV, 100, 787)])
def test_ncbi_disease(split: Split, documents: int, mentions: int) -> None:
    counts = read("ncbi_disease").count(split)
    assert counts.documents == documents
    assert counts.mentions == {"Disease": mentions}


@pytest.mark.parametrize(
    ("name", "split", "sentences", "triples"),
    [("webnlg", TRAIN, 5019, 11_313), ("webnlg", DEV, 500, 1224), ("nyt", DEV, 5000, 7985)],
)
def test_triples(name: str, split: Split, sentences: int, triples: int) -> None:
    counts = read(name).count(split)
    assert (counts.documents, counts.sentences) == (sentences, sentences)
    lost = sum(number for kind, number in counts.others.items() if kind.startswith("triples"))
    assert sum(counts.relations.values()) + lost == triples


@pytest.mark.parametrize(
    ("name", "folder"), [("ddi2013", ""), ("ade-rel", "ade"), ("ade", ""), ("conll04", ""), ("chemprot", "")]
)
def test_every_relation_fits_the_schema_and_every_id_stands_once(name: str, folder: str) -> None:
    corpus_set = read(name, folder)
    for document in corpus_set.documents:
        for mention in document.mentions:
            corpus_set.schema.check_mention(mention, document.text)
        for relation in document.relations:
            corpus_set.schema.check_relation(relation)
    ids = [document.id for document in corpus_set.documents]
    assert len(ids) == len(set(ids))
