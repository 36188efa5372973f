"""A tiny treebank goes through spaCy's own loop; what is packed predicts the same and holds no word of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import spacy
from spacy.util import load_config

from core.errors import NotEnoughDataError
from core.nlp.parser_training import (
    MAX_STEPS,
    RECIPE_PATH,
    Evaluation,
    EvaluationLog,
    find_best_step,
    pack_pipeline,
    train_pipeline,
)
from core.nlp.treebank import Treebank, read_treebank
from tests.treebanks import write_treebank

TEXTS = ["The drug helped two mice. Nobody slept.", "Naproxen-3 caused severe nausea (p < 0.05)."]
HEADER = "E    #       LOSS TOK2VEC  LOSS TAGGER  TAG_ACC  DEP_LAS  SCORE \n---  ------  ---  ---  ---  ---  ---\n"
ROWS = (
    "  0       0          0.00       226.12    31.93     4.23    0.09\n",
    "  1     500      12929.21     22417.72    92.25    71.98    0.78\n",
)


@pytest.fixture(scope="module")
def treebank(tmp_path_factory: pytest.TempPathFactory) -> Treebank:
    return read_treebank(write_treebank(tmp_path_factory.mktemp("treebank") / "t.conllu", repeats=30))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, treebank: Treebank) -> tuple[Path, list[Evaluation]]:
    return train(tmp_path_factory.mktemp("trained"), treebank, seed=0)


def train(work_path: Path, treebank: Treebank, *, seed: int) -> tuple[Path, list[Evaluation]]:
    return train_pipeline(
        treebank, treebank, work_path=work_path, max_steps=2, seed=seed, on_evaluation=lambda _row: None
    )


def weights_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.glob("*/model")))


def test_the_recipe_reads_as_written_and_names_no_path() -> None:
    config = load_config(RECIPE_PATH)
    assert config["training"]["max_steps"] == MAX_STEPS
    assert config["paths"] == {"train": None, "dev": None, "vectors": None, "init_tok2vec": None}


def test_the_pipeline_finds_words_tags_trees_and_sentences(trained: tuple[Path, list[Evaluation]]) -> None:
    path, evaluations = trained
    nlp = spacy.load(path)
    assert nlp.pipe_names == ["tok2vec", "tagger", "parser"]
    doc = nlp(TEXTS[0])
    assert doc.has_annotation("DEP") and doc.has_annotation("TAG") and doc.has_annotation("SENT_START")
    assert [evaluation["step"] for evaluation in evaluations] == [0]
    assert 0 <= evaluations[0]["dep_las"] <= 1
    assert find_best_step(path, evaluations) == 0


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    tmp_path: Path, treebank: Treebank, trained: tuple[Path, list[Evaluation]]
) -> None:
    weights = weights_of(trained[0])
    assert weights_of(train(tmp_path / "same", treebank, seed=0)[0]) == weights
    assert weights_of(train(tmp_path / "other", treebank, seed=1)[0]) != weights


def test_a_packed_pipeline_predicts_the_same_and_keeps_no_word_and_no_path(
    tmp_path: Path, trained: tuple[Path, list[Evaluation]]
) -> None:
    pack_pipeline(trained[0], tmp_path / "packed", name="tiny", version="1.0")
    before, after = spacy.load(trained[0]), spacy.load(tmp_path / "packed")
    assert (after.meta["name"], after.meta["version"]) == ("tiny", "1.0")
    for left, right in zip(before.pipe(TEXTS), after.pipe(TEXTS), strict=True):
        assert left.to_json() == right.to_json()
    words = {"Aspirin", "nausea", "Nobody"}
    assert words <= set(before.vocab.strings)
    assert not words & set(spacy.load(tmp_path / "packed").vocab.strings)
    for file in (tmp_path / "packed").rglob("*"):
        assert file.is_dir() or not any(word.encode() in file.read_bytes() for word in (*words, trained[0].parent.name))


def test_what_is_packed_has_the_settings_it_was_trained_with(
    tmp_path: Path, trained: tuple[Path, list[Evaluation]]
) -> None:
    pack_pipeline(trained[0], tmp_path / "packed", name="tiny", version="1.0")
    packed, recipe = (load_config(path, interpolate=False) for path in (tmp_path / "packed/config.cfg", RECIPE_PATH))
    assert packed.pop("training") == {**recipe.pop("training"), "max_steps": 2}
    assert recipe["initialize"].pop("before_init") == {"@callbacks": "dare.biomedical_words.v1"}
    assert packed["initialize"].pop("before_init") is None
    assert packed == recipe


def test_the_trained_pipeline_brings_its_own_rules_for_words(trained: tuple[Path, list[Evaluation]]) -> None:
    assert [token.text for token in spacy.load(trained[0]).make_doc("Abc-1−/−")] == ["Abc", "-", "1", "−", "/", "−"]


def test_a_treebank_without_a_frequent_label_is_refused_before_training(tmp_path: Path) -> None:
    small = read_treebank(write_treebank(tmp_path / "small.conllu", repeats=2))
    with pytest.raises(NotEnoughDataError, match=r"small\.conllu: .*on the left.* occurs 6 times; .*from 30 on"):
        train(tmp_path / "work", small, seed=0)


def test_the_log_reads_rows_however_they_are_cut_and_scores_as_shares() -> None:
    seen: list[Mapping[str, float]] = []
    log = EvaluationLog(seen.append)
    for text in ("ℹ Pipeline: ['tok2vec']\n", HEADER, ROWS[0][:20], ROWS[0][20:], ROWS[1], "✔ Saved"):
        log.write(text)
    expected = {"epoch": 1, "step": 500, "loss_tok2vec": 12929.21, "loss_tagger": 22417.72}
    assert seen == log.evaluations
    assert [row["step"] for row in seen] == [0, 500]
    assert seen[1] == expected | {"tag_acc": 0.9225, "dep_las": 0.7198, "score": 0.78}


def test_the_best_step_is_the_one_whose_scores_the_kept_weights_have(tmp_path: Path) -> None:
    log = EvaluationLog(lambda _row: None)
    log.write(HEADER + "".join(ROWS) + ROWS[1].replace("500", "900").replace("71.98", "71.97"))
    (tmp_path / "meta.json").write_text('{"performance": {"tag_acc": 0.92251, "dep_las": 0.71984, "parser_loss": 3.0}}')
    assert find_best_step(tmp_path, log.evaluations) == 500
