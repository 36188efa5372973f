"""CoNLL-U is read word by word, and what breaks it is refused with file, line and remedy."""

import gzip
import hashlib
from pathlib import Path

import pytest
import spacy

from core.errors import FormatError
from core.nlp.treebank import Treebank, make_doc, read_treebank, split_at_headings
from tests.treebanks import SENTENCES, write_conllu, write_treebank

SLEPT = write_conllu(SENTENCES[2])


def read(tmp_path: Path, text: str) -> Treebank:
    path = tmp_path / "t.conllu"
    path.write_text(text, encoding="utf-8")
    return read_treebank(path)


def forms_of(treebank: Treebank) -> list[list[list[str]]]:
    return [[[word.form for word in sentence] for sentence in paragraph] for paragraph in treebank.paragraphs]


def test_words_tags_heads_and_labels_are_read_and_the_root_is_its_own_head(tmp_path: Path) -> None:
    ((sentence,),) = read(tmp_path, SLEPT).paragraphs
    assert [(word.form, word.tag, word.head, word.label, word.has_space) for word in sentence] == [
        ("Nobody", "NN", 1, "nsubj", True),
        ("slept", "VBD", 1, "ROOT", False),
        (".", ".", 1, "punct", True),
    ]


def test_a_paragraph_is_what_follows_its_mark(tmp_path: Path) -> None:
    treebank = read_treebank(write_treebank(tmp_path / "t.conllu"))
    assert [len(paragraph) for paragraph in treebank.paragraphs] == [2, 1]
    assert (treebank.num_sentences, treebank.num_words) == (3, 14)


def test_a_new_document_begins_a_paragraph(tmp_path: Path) -> None:
    text = "# newdoc id = a\n" + SLEPT + SLEPT + "# newdoc\n# sent_id = 3\n" + SLEPT
    assert [len(paragraph) for paragraph in read(tmp_path, text).paragraphs] == [2, 1]


def test_without_marks_each_sentence_is_a_paragraph(tmp_path: Path) -> None:
    assert [len(paragraph) for paragraph in read(tmp_path, SLEPT + SLEPT).paragraphs] == [1, 1]


def test_a_gzipped_file_reads_as_the_plain_one_and_has_its_hash(tmp_path: Path) -> None:
    plain, packed = (read_treebank(write_treebank(tmp_path / name)) for name in ("t.conllu", "t.conllu.gz"))
    assert plain.paragraphs == packed.paragraphs
    assert plain.sha256 == packed.sha256 == hashlib.sha256((tmp_path / "t.conllu").read_bytes()).hexdigest()


def test_windows_line_ends_and_more_empty_lines_change_nothing(tmp_path: Path) -> None:
    text = f"\n{SLEPT}\n\n{SLEPT}"
    (tmp_path / "w.conllu").write_bytes(text.replace("\n", "\r\n").encode())
    assert read_treebank(tmp_path / "w.conllu").paragraphs == read(tmp_path, text).paragraphs


def test_the_last_sentence_needs_no_empty_line(tmp_path: Path) -> None:
    assert forms_of(read(tmp_path, SLEPT.rstrip("\n"))) == [[["Nobody", "slept", "."]]]


MULTIWORD = (
    "1\tIt\t_\t_\tPRP\t_\t4\tnsubj\t_\t_\n"
    "2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n"
    "2\tdid\t_\t_\tVBD\t_\t4\taux\t_\t_\n"
    "3\tn't\t_\t_\tRB\t_\t4\tneg\t_\t_\n"
    "3.1\treally\t_\t_\tRB\t_\t_\t_\t4:advmod\t_\n"
    "4\thelp\t_\t_\tVB\t_\t0\troot\t_\tSpaceAfter=No|Note=x\n\n"
)


def test_words_written_as_one_have_no_space_between_them_and_the_spacing_of_the_whole(tmp_path: Path) -> None:
    ((sentence,),) = read(tmp_path, MULTIWORD).paragraphs
    assert [(word.form, word.has_space) for word in sentence] == [
        ("It", True),
        ("did", False),
        ("n't", False),
        ("help", False),
    ]


def test_a_tag_that_is_not_given_is_empty(tmp_path: Path) -> None:
    ((sentence,),) = read(tmp_path, SLEPT.replace("VBD", "_")).paragraphs
    assert [word.tag for word in sentence] == ["NN", "", "."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "No sentence in it"),
        ("# newpar\n", "No sentence in it"),
        (SLEPT.replace("\t_\t_\n", "\t_\n", 1), r"line 1: 9 columns instead of 10"),
        (SLEPT.replace("1\tNobody", "# why\n1\tNobody").replace("2\tslept", "# why\n2\tslept"), "line 3: 1 columns"),
        (SLEPT + SLEPT.replace("2\tslept", "3\tslept"), "line 6: Word '3' where 2 is due"),
        (SLEPT.replace("\t0\troot", "\t9\tdobj"), "line 2: Head '9' of word 2; .*number of another word.*1 to 3"),
        (SLEPT.replace("\t0\troot", "\t2\tdobj"), "line 2: Head '2' of word 2"),
        (SLEPT.replace("\t0\troot", "\t_\troot"), "line 2: Head '_' of word 2"),
        (SLEPT.replace("\t0\troot", "\t0\tdobj"), "line 2: Label 'dobj' with head 0"),
        (SLEPT.replace("nsubj", "root"), "line 1: Label 'root' with head 2"),
        (SLEPT.replace("nsubj", "_"), "line 1: Label '_' with head 2"),
        (SLEPT.replace("2\tnsubj", "0\troot"), "line 1: 2 roots; a sentence needs exactly one"),
        (SLEPT.replace("0\troot", "1\tdep"), "line 1: 0 roots"),
        (MULTIWORD.replace("\t4\taux", "\t3\taux").replace("\t4\tneg", "\t2\tneg"), "line 3: Word 2 is its own ances"),
        (MULTIWORD.replace("didn't", "didnt"), "line 2: \"?'didnt' stands for the words 2-3, .*written \"didn't\""),
        (MULTIWORD.replace("2-3", "2-9"), "line 2: .*stands for the words 2-9"),
        ("1.1\tgap\t_\t_\t_\t_\t_\t_\t_\t_\n\n", "line 1: A sentence without words"),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_a_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=rf"^t\.conllu.*{message}"):
        read(tmp_path, text)


def test_a_file_that_is_not_utf8_or_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.conllu").write_bytes(SLEPT.replace("slept", "schlief auf Bäumen").encode("latin-1"))
    with pytest.raises(FormatError, match=r"^a\.conllu, line 2: Not UTF-8"):
        read_treebank(tmp_path / "a.conllu")
    (tmp_path / "b.conllu.gz").write_bytes(gzip.compress(SLEPT.encode())[:-9])
    with pytest.raises(FormatError, match=r"^b\.conllu\.gz: Not unpacked: .*Fetch the file again"):
        read_treebank(tmp_path / "b.conllu.gz")


def test_a_document_has_the_text_sentences_and_trees_of_its_paragraph(tmp_path: Path) -> None:
    paragraph = read_treebank(write_treebank(tmp_path / "t.conllu")).paragraphs[0]
    doc = make_doc(paragraph, spacy.blank("en").vocab)
    assert [sentence.text for sentence in doc.sents] == ["Aspirin helped two mice.", "The drug caused severe nausea."]
    assert [token.head.i for token in doc] == [1, 1, 3, 1, 1, 6, 7, 7, 9, 7, 7]
    assert [token.dep_ for token in doc if token.head.i == token.i] == ["ROOT", "ROOT"]
    assert doc[8].tag_ == "JJ"


def test_a_sentence_without_a_stop_ends_its_paragraph_where_headings_are_split_off(tmp_path: Path) -> None:
    heading = SLEPT.split("\n3\t")[0] + "\n\n"
    closed = SLEPT.replace("\n\n", "\n4\t)\t_\t_\t-RRB-\t_\t2\tpunct\t_\t_\n\n")
    treebank = read(tmp_path, "# newpar\n" + heading + SLEPT + closed + heading + heading)
    assert [len(paragraph) for paragraph in treebank.paragraphs] == [5]
    split = split_at_headings(treebank)
    assert [len(paragraph) for paragraph in split.paragraphs] == [1, 3, 1]
    assert sum(split.paragraphs, ()) == treebank.paragraphs[0]
