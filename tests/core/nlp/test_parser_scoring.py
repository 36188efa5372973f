"""Scores of a parser that knows two sentences by heart, against gold that agrees or differs in one place."""

from pathlib import Path

import pytest
import spacy
from spacy.training import Example
from spacy.util import fix_random_seed

from core.errors import ParserNotFoundError
from core.nlp.parser_scoring import ParserScores, score_parser
from core.nlp.treebank import make_doc, read_treebank
from tests.treebanks import SENTENCES, write_conllu

TINY = {
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": None, "width": 16, "depth": 1,
        "embed_size": 100, "window_size": 1, "maxout_pieces": 2, "subword_features": False,
    }
}  # fmt: skip
HELPED, CAUSED, _ = SENTENCES
# A heading that the parser takes for the beginning of the sentence behind it.
RUN_ON = (
    "nausea NN 4 nsubj|The DT 3 det|drug NN 4 nsubj|caused VBD 0 root|severe JJ 6 amod|nausea NN 4 dobj|. . 4 punct"
)
PARAGRAPH = write_conllu(HELPED, comments="# newpar") + write_conllu(CAUSED)


@pytest.fixture(scope="module")
def pipeline_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a pipeline that gives the trees, tags and sentences of a few paragraphs."""
    fix_random_seed(0)
    folder = tmp_path_factory.mktemp("by-heart")
    lesson = "".join([PARAGRAPH, *(write_conllu(one, comments="# newpar") for one in (RUN_ON, CAUSED))])
    (folder / "gold.conllu").write_text(lesson, encoding="utf-8")
    nlp = spacy.blank("en")
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", **TINY}})
    nlp.add_pipe("parser", config={"min_action_freq": 1, "model": TINY})
    golds = [make_doc(paragraph, nlp.vocab) for paragraph in read_treebank(folder / "gold.conllu").paragraphs]
    examples = [Example(nlp.make_doc(gold.text), gold) for gold in golds]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.02
    for _ in range(80):
        nlp.update(examples, sgd=optimizer)
    nlp.meta["name"], nlp.meta["version"] = "heart", "1.0"
    nlp.to_disk(folder)
    return folder


def score(pipeline_folder: Path, tmp_path: Path, text: str) -> ParserScores:
    (tmp_path / "gold.conllu").write_text(text, encoding="utf-8")
    return score_parser(str(pipeline_folder), read_treebank(tmp_path / "gold.conllu"))


def test_what_is_known_by_heart_scores_one(pipeline_folder: Path, tmp_path: Path) -> None:
    scores = score(pipeline_folder, tmp_path, PARAGRAPH)
    assert (scores.parser, scores.treebank) == ("en_heart 1.0", "gold.conllu")
    assert (scores.num_sentences, scores.num_words) == (2, 11)
    assert (scores.las, scores.uas, scores.tag_accuracy, scores.sentence_f1, scores.word_f1) == (1, 1, 1, 1, 1)
    assert scores.words_per_second > 0


def test_a_wrong_label_costs_las_a_wrong_head_both_and_punctuation_nothing(
    pipeline_folder: Path, tmp_path: Path
) -> None:
    label = score(pipeline_folder, tmp_path, PARAGRAPH.replace("nummod", "amod"))
    assert (label.las, label.uas) == (pytest.approx(8 / 9), 1)
    head = score(pipeline_folder, tmp_path, PARAGRAPH.replace("4\tnummod", "2\tnummod"))
    assert (head.las, head.uas) == (pytest.approx(8 / 9), pytest.approx(8 / 9))
    stop = score(pipeline_folder, tmp_path, PARAGRAPH.replace("2\tpunct", "4\tpunct"))
    assert (stop.las, stop.uas) == (1, 1)


def test_sentences_are_found_by_the_parser_not_given(pipeline_folder: Path, tmp_path: Path) -> None:
    joined = write_conllu(
        HELPED + "|The DT 7 det|drug NN 8 nsubj|caused VBD 2 conj|severe JJ 10 amod|nausea NN 8 dobj|. . 8 punct"
    )
    scores = score(pipeline_folder, tmp_path, joined)
    assert (scores.num_sentences, scores.sentence_precision, scores.sentence_recall) == (1, 0, 0)


def test_a_heading_costs_a_sentence_unless_it_is_on_a_line_of_its_own(pipeline_folder: Path, tmp_path: Path) -> None:
    heading = write_conllu("nausea NN 0 root", comments="# newpar")
    scores = score(pipeline_folder, tmp_path, heading + write_conllu(CAUSED))
    assert (scores.sentence_f1_by_line, scores.sentence_f1) == (1, 0)


def test_words_that_the_tokenizer_joins_count_as_wrong(pipeline_folder: Path, tmp_path: Path) -> None:
    split = (
        "1\tAsp\t_\t_\tNN\t_\t2\tcompound\t_\tSpaceAfter=No\n2\tirin\t_\t_\tNN\t_\t3\tnsubj\t_\t_\n"
        "3\thelped\t_\t_\tVBD\t_\t0\troot\t_\t_\n\n"
    )
    scores = score(pipeline_folder, tmp_path, split)
    assert scores.word_f1 == pytest.approx(2 / 5)
    assert scores.uas < 1


def test_a_pipeline_without_a_parser_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gold.conllu").write_text(PARAGRAPH, encoding="utf-8")
    with pytest.raises(ParserNotFoundError, match="No spaCy pipeline"):
        score_parser(str(tmp_path / "nothing"), read_treebank(tmp_path / "gold.conllu"))
