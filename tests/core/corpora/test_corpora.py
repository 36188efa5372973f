"""Published corpora on tiny hand-made folders: layout, splits, schema, what is counted."""

import gzip
import json
from pathlib import Path

import pytest

from core.corpora import CORPORA, read_corpus_folder
from core.domain import Split
from core.errors import FormatError

CDR = (
    "1|t|Aspirin and rash.\n1|a|Seen.\n1\t0\t7\tAspirin\tChemical\tD1\n1\t12\t16\trash\tDisease\tD2\n1\tCID\tD1\tD2\n\n"
)
TOKENS = {"tokens": ["Ada", "left", "Rome"], "entities": [[0, 1, "Peop"], [2, 3, "Loc"]]}
CONLL = [{**TOKENS, "relations": [[0, 1, 2, 3, "Live_In"]]}]


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def write_chemprot(folder: Path, *, relations: str, entities: str = "") -> None:
    abstracts = "7\tAspirin\tIt blocks COX and PTGS.\n"
    entities = entities or ("7\tT1\tCHEMICAL\t0\t7\tAspirin\n7\tT2\tGENE-Y\t18\t21\tCOX\n7\tT3\tGENE-N\t26\t30\tPTGS\n")
    for part in ("training", "development"):
        for name, content in (("abstracts", abstracts), ("entities", entities), ("relations", relations)):
            write(folder / f"chemprot_{part}" / f"chemprot_{part}_{name}.tsv", content)


def write_ddi(folder: Path, num_files: int) -> None:
    for number in range(num_files):
        xml = (
            f'<document id="d{number}"><sentence id="s" text="Drug A with {number}.">'
            '<entity id="e0" charOffset="0-3" type="drug" text="Drug"/>'
            '<entity id="e1" charOffset="5-5" type="brand" text="A"/>'
            '<pair id="p" e1="e0" e2="e1" ddi="true" type="int"/></sentence></document>'
        )
        write(folder / "xml" / "Train" / ("DrugBank" if number % 2 else "MedLine") / f"f{number}.xml", xml)


def test_files_may_be_gzipped_and_a_test_file_is_read_only_where_it_is(tmp_path: Path) -> None:
    for name in ("TrainingSet", "DevelopmentSet"):
        (tmp_path / f"CDR_{name}.PubTator.txt.gz").write_bytes(gzip.compress(CDR.encode()))
    corpus_set = read_corpus_folder("bc5cdr", tmp_path)
    assert list(corpus_set.splits) == [Split.TRAIN, Split.DEV]
    counts = corpus_set.count(Split.DEV)
    assert (counts.documents, counts.sentences, counts.facts) == (1, None, {"CID": 1})
    assert counts.mentions == {"Chemical": 1, "Disease": 1}
    assert "of which in another split: 1" in corpus_set.notes[-1]
    write(tmp_path / "CDR_TestSet.PubTator.txt", CDR.replace("Seen", "Read"))
    corpus_set = read_corpus_folder("bc5cdr", tmp_path)
    assert [one.split for one in corpus_set.documents] == [Split.TRAIN, Split.DEV, Split.TEST]


def test_chemprot_keeps_evaluated_groups_and_counts_the_others(tmp_path: Path) -> None:
    relations = (
        "7\tCPR:4\tY \tINHIBITOR\tArg1:T1\tArg2:T2\n7\tCPR:4\tY \tDOWNREGULATOR\tArg1:T1\tArg2:T2\n"
        "7\tCPR:2\tN \tREGULATOR\tArg1:T1\tArg2:T3\n"
    )
    write_chemprot(tmp_path, relations=relations)
    corpus_set = read_corpus_folder("chemprot", tmp_path)
    counts = corpus_set.count(Split.TRAIN)
    assert corpus_set.documents[0].text == "Aspirin It blocks COX and PTGS."
    assert counts.mentions == {"Chemical": 1, "Gene": 2}
    assert counts.relations == {"CPR:4": 1}
    assert counts.others == {
        "relations stated twice": 1,
        "relations of groups that are not evaluated": 1,
    }
    assert "Gene stands for GENE-Y (2), GENE-N (2)." in corpus_set.notes


@pytest.mark.parametrize(
    ("relations", "entities", "message"),
    [
        ("7\tCPR:4\tY \tX\tArg1:T1\tArg2:T9\n", "", "joins Arg1:T1 and Arg2:T9, of which one is no entity"),
        ("7\tCPR:4\n", "", "chemprot_training_relations.tsv, line 1: 2 columns between tabs, expected 6"),
        ("", "7\tT1\tCHEMICAL\t0\t7\tCodeine\n", "Document 7: Span 0:7 holds 'Aspirin', not 'Codeine'"),
        ("", "7\tT1\tCHEMICAL\t0\tx\tAspirin\n", "T1 stands at '0':'x', which are no offsets"),
        ("8\tCPR:4\tY \tX\tArg1:T1\tArg2:T1\n", "", "No abstract 8"),
    ],
)
def test_a_broken_chemprot_folder_is_refused(tmp_path: Path, relations: str, entities: str, message: str) -> None:
    write_chemprot(tmp_path, relations=relations or "7\tCPR:4\tY \tX\tArg1:T1\tArg2:T1\n", entities=entities)
    with pytest.raises(FormatError) as error:
        read_corpus_folder("chemprot", tmp_path)
    assert message in str(error.value)


def test_every_fifth_ddi_document_by_file_name_is_dev(tmp_path: Path) -> None:
    write_ddi(tmp_path, 10)
    corpus_set = read_corpus_folder("ddi2013", tmp_path)
    assert [one.id for one in corpus_set.splits[Split.DEV].documents] == ["d4", "d9"]
    counts = corpus_set.count(Split.TRAIN)
    assert (counts.documents, counts.sentences, counts.candidates) == (8, 8, 8)
    assert (counts.mentions, counts.relations) == ({"Drug": 16}, {"int": 8})
    assert "Drug stands for drug (10), brand (10)." in corpus_set.notes


def test_every_tenth_semeval_sentence_is_dev(tmp_path: Path) -> None:
    blocks = [
        f'{number}\t"The <e1>rain</e1> {number} <e2>flood</e2>."\nCause-Effect(e2,e1)\nComment:\n'
        for number in range(1, 21)
    ]
    write(tmp_path / "TRAIN_FILE.TXT", "\n".join(blocks))
    corpus_set = read_corpus_folder("semeval2010", tmp_path)
    assert [one.id for one in corpus_set.splits[Split.DEV].documents] == ["10", "20"]
    assert corpus_set.count(Split.TRAIN).candidates == 36
    assert set(corpus_set.splits) == {Split.TRAIN, Split.DEV}


def test_positions_are_named_after_their_split(tmp_path: Path) -> None:
    for name in ("train", "valid"):
        write(tmp_path / f"{name}.CoNLL04.json", json.dumps(CONLL))
    corpus_set = read_corpus_folder("conll04", tmp_path)
    assert [one.id for one in corpus_set.documents] == ["train-1", "dev-1"]
    for document in corpus_set.documents:
        for relation in document.relations:
            corpus_set.schema.check_relation(relation)


def test_a_fold_of_ade_is_chosen_by_number(tmp_path: Path) -> None:
    for fold, word in ((0, "nought"), (3, "three")):
        for name in ("train", "valid", "test"):
            item = {"tokens": ["rash", word, name], "entities": [[0, 1, "Adverse-Effect"]], "relations": []}
            write(tmp_path / "unified_folds" / f"{name}.ADE{fold}.json", json.dumps([item]))
    assert read_corpus_folder("ade", tmp_path).documents[0].text == "rash nought train"
    assert [one.text for one in read_corpus_folder("ade", tmp_path, fold=3).documents] == [
        "rash three train",
        "rash three valid",
        "rash three test",
    ]
    with pytest.raises(FormatError, match="No fold 10. Choose one from 0 to 9."):
        read_corpus_folder("ade", tmp_path, fold=10)
    with pytest.raises(FormatError, match="conll04 has no folds"):
        read_corpus_folder("conll04", tmp_path, fold=1)


def test_relations_of_overlapping_mentions_are_left_out_of_ade_and_counted(tmp_path: Path) -> None:
    rows = [f"{number}|Rash {number} after aspirin.|Rash|0|4|aspirin|13|20" for number in range(10, 20)]
    rows.append("19|Codeine intoxication.|Codeine intoxication|50|70|Codeine|50|57")
    write(tmp_path / "ADE-Corpus-V2" / "DRUG-AE.rel", "\n".join(rows))
    corpus_set = read_corpus_folder("ade-rel", tmp_path)
    assert corpus_set.count(Split.TRAIN).relations == {"Adverse-Effect": 9}
    dev = corpus_set.count(Split.DEV)
    assert (dev.documents, dev.relations) == (2, {"Adverse-Effect": 1})
    assert dev.others == {"relations of overlapping mentions": 1}
    assert dev.mentions == {"Adverse-Effect": 2, "Drug": 2}


def test_an_abstract_that_stands_twice_is_kept_under_another_id_and_said(tmp_path: Path) -> None:
    block = "5|t|Gout\n5|a|Gout hurts.\n5\t0\t4\tGout\tSpecificDisease\tD1\n\n"
    write(tmp_path / "train" / "NCBItrainset_corpus.txt", block + block)
    write(tmp_path / "devel" / "NCBIdevelopset_corpus.txt", block.replace("5", "6").replace("hurts", "stings"))
    corpus_set = read_corpus_folder("ncbi_disease", tmp_path)
    assert [one.id for one in corpus_set.documents] == ["5", "5-2", "6"]
    assert corpus_set.count(Split.TRAIN).mentions == {"Disease": 2}
    assert "NCBItrainset_corpus.txt holds abstract 5 2 times; the later one is 5-2." in corpus_set.notes


def test_the_labels_of_triples_come_from_their_list(tmp_path: Path) -> None:
    item = {"text": "Ada left Rome .", "triple_list": [["Ada", "left", "Rome"], ["Ada", "left", "Pisa"]]}
    write(tmp_path / "dev_triples.json", json.dumps([item]))
    write(tmp_path / "rel2id.json", json.dumps([{"0": "left", "1": "met"}, {"left": 0, "met": 1}]))
    corpus_set = read_corpus_folder("nyt", tmp_path)
    assert corpus_set.schema.label_names == ("left", "met")
    assert corpus_set.count(Split.DEV).others == {"triples with a string that is not in the sentence": 1}
    with pytest.raises(FormatError, match="No train_triples.json in it"):
        read_corpus_folder("webnlg", tmp_path)
    write(tmp_path / "rel2id.json", "{}")
    with pytest.raises(FormatError, match="rel2id.json: Not a list of"):
        read_corpus_folder("nyt", tmp_path)


@pytest.mark.parametrize("name", CORPORA)
def test_a_folder_without_the_corpus_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="Name the folder that holds the corpus"):
        read_corpus_folder(name, tmp_path)
    with pytest.raises(FormatError, match="No such folder"):
        read_corpus_folder(name, tmp_path / "nowhere")


def test_an_unknown_corpus_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="Unknown corpus 'cdr'. Choose one of: bc5cdr, "):
        read_corpus_folder("cdr", tmp_path)


def test_a_refused_or_damaged_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "TRAIN_FILE.TXT", "1\t<e1>a</e1>\nOther\n")
    with pytest.raises(FormatError, match="^TRAIN_FILE.TXT, line 1: <e2> is missing"):
        read_corpus_folder("semeval2010", tmp_path)
    (tmp_path / "CDR_TrainingSet.PubTator.txt.gz").write_bytes(b"\x1f\x8b broken")
    (tmp_path / "CDR_DevelopmentSet.PubTator.txt.gz").write_bytes(b"\x1f\x8b broken")
    with pytest.raises(FormatError, match="CDR_TrainingSet.PubTator.txt.gz: Not unpacked"):
        read_corpus_folder("bc5cdr", tmp_path)
