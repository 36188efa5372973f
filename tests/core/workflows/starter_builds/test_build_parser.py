"""From treebanks to a parser that ships: folder, record, card, scores, what a failure leaves, and its use by name."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core import starter
from core.cli.main import app
from core.errors import FormatError, ModelError, ParserNotFoundError
from core.nlp import parser as parser_module
from core.nlp.parser_training import pack_pipeline
from core.starter import Starter
from core.workflows.prediction.parsers import describe_default_parser, explain_missing, find_parsers, load_parser
from core.workflows.starter_builds import build_parser as module
from core.workflows.starter_builds.build_parser import LOG_NAME, ParserRecipe, build_parser
from core.workflows.starter_builds.parser_card import CARD_NAME, make_card
from tests.builders import ignore_progress
from tests.treebanks import write_treebank

CRAFT_TRAIN = "f8fdfcb8f7057981f10797e8f4aa7ea43a25115cc781ca103bbbad0d71b75a94"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> ParserRecipe:
    folder = tmp_path_factory.mktemp("treebanks")
    train = write_treebank(folder / "train.conllu.gz", repeats=30)
    return ParserRecipe(train_path=train, dev_path=write_treebank(folder / "dev.conllu"), max_steps=2, seed=3)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, recipe: ParserRecipe) -> Path:
    path = tmp_path_factory.mktemp("built") / "parser"
    build_parser(recipe, out_path=path, report=ignore_progress)
    return path


def read_record(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((path / LOG_NAME).read_text(encoding="utf-8"))
    return record


def test_the_folder_is_a_pipeline_that_gives_trees(built: Path) -> None:
    parser = load_parser(str(built))
    (parse,) = parser.parse(["The drug caused nausea."])
    assert len(parse.tokens) == 5
    assert parser.name == "en_starter_parser"
    assert parser.version == f"1.0+{read_record(built)['weights_sha256'][:8]}"


def test_the_folder_holds_only_spacys_own_files_a_record_and_a_card(built: Path) -> None:
    names = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    components = {"tok2vec/cfg", "tok2vec/model", "tagger/cfg", "tagger/model", "parser/cfg", "parser/model"}
    vocabulary = {f"vocab/{name}" for name in ("key2row", "lookups.bin", "strings.json", "vectors", "vectors.cfg")}
    assert names == components | vocabulary | {"parser/moves", "tokenizer", "config.cfg", "meta.json"} | {
        LOG_NAME,
        CARD_NAME,
    }
    assert sum(file.stat().st_size for file in built.rglob("*") if file.is_file()) < 12e6


def test_the_record_tells_seed_data_versions_and_every_evaluation(built: Path, recipe: ParserRecipe) -> None:
    record = read_record(built)
    dev = hashlib.sha256(recipe.dev_path.read_bytes()).hexdigest()
    assert (record["seed"], record["max_steps"], record["best_step"]) == (3, 2, 0)
    assert record["files"]["dev"] == {
        "name": "dev.conllu", "sha256": dev, "num_paragraphs": 2, "num_sentences": 3, "num_words": 14,
    }  # fmt: skip
    assert record["command"] == (
        "dare build-parser --train train.conllu.gz --dev dev.conllu --out parser --max-steps 2 --seed 3"
    )
    assert set(record["versions"]) == {"dare-curator", "spacy", "thinc", "blis", "numpy", "python"}
    assert [row["step"] for row in record["evaluations"]] == [0]
    assert record["dev_scores"]["las"] == pytest.approx(record["evaluations"][0]["dep_las"], abs=1e-4)


def test_the_card_has_the_figures_of_the_record_and_credits_only_data_it_knows(built: Path) -> None:
    record, card = read_record(built), (built / CARD_NAME).read_text(encoding="utf-8")
    assert card == make_card(record)
    for shown in (record["command"], record["weights_sha256"], f"{record['dev_scores']['las']:.4f}", "No pickle"):
        assert shown in card
    assert "The terms of train.conllu.gz and dev.conllu apply" in card
    assert "CRAFT" not in card
    record["files"]["train"]["sha256"] = CRAFT_TRAIN
    credited = make_card(record)
    assert "Creative Commons Attribution 3.0" in credited and "The terms of dev.conllu apply" in credited


def test_a_build_that_fails_leaves_the_parser_that_was_there_and_nothing_beside_it(
    built: Path, recipe: ParserRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "here" / "parser"
    shutil.copytree(built, path)

    def fail(trained_path: Path, out_path: Path, *, name: str, version: str) -> None:
        pack_pipeline(trained_path, out_path, name=name, version=version)
        raise OSError("No space left on device")

    monkeypatch.setattr(module, "pack_pipeline", fail)
    with pytest.raises(OSError, match="No space left"):
        build_parser(recipe, out_path=path, report=ignore_progress)
    assert read_record(path) == read_record(built)
    assert list(path.parent.iterdir()) == [path]


def test_progress_tells_the_scores_of_each_evaluation(recipe: ParserRecipe, tmp_path: Path) -> None:
    told: list[tuple[str, set[str]]] = []

    def report(_fraction: float, message: str = "", **values: float) -> None:
        told.append((message, set(values)))

    build_parser(recipe, out_path=tmp_path / "parser", report=report)
    assert told == [("reading the treebanks", set()), ("step 0 of at most 2", {"dep_las", "sents_f"})]


def test_nonsense_is_refused_before_training(tmp_path: Path, recipe: ParserRecipe) -> None:
    with pytest.raises(ModelError, match="Steps are 0 and seed 0; they must be at least 1 and 0"):
        ParserRecipe(train_path=recipe.train_path, dev_path=recipe.dev_path, max_steps=0)
    untagged = tmp_path / "untagged.conllu"
    untagged.write_text("1\tYes\t_\t_\t_\t_\t0\troot\t_\t_\n\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"^untagged\.conllu: No word has a tag in column 5"):
        build_parser(
            ParserRecipe(train_path=untagged, dev_path=recipe.dev_path), out_path=tmp_path, report=ignore_progress
        )


@pytest.fixture
def shipped(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A parser where the shipped one lies, and a larger package beside it."""
    monkeypatch.setattr(starter, "STARTERS", (Starter("starter-parser", "parser", str(built), ""),))
    monkeypatch.setattr(parser_module, "get_installed_models", lambda: ["en_core_sci_lg"])
    return built


@pytest.mark.usefixtures("shipped")
def test_the_shipped_parser_is_used_unless_another_is_named() -> None:
    assert find_parsers()[0] == "starter-parser"
    assert explain_missing("auto") == explain_missing("starter-parser") == ""
    assert load_parser().name == load_parser("starter-parser").name == "en_starter_parser"
    assert describe_default_parser().startswith("en_starter_parser 1.0+")
    with pytest.raises(ParserNotFoundError, match="No spaCy pipeline 'en_core_sci_md'"):
        load_parser("en_core_sci_md")


def test_a_named_pipeline_goes_before_the_shipped_one(shipped: Path, tmp_path: Path) -> None:
    pack_pipeline(shipped, tmp_path / "larger", name="larger", version="9")
    assert load_parser(str(tmp_path / "larger")).name == "en_larger"


def test_without_a_shipped_parser_none_is_found_and_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "STARTERS", (Starter("starter-parser", "parser", str(tmp_path / "none"), ""),))
    monkeypatch.setattr(parser_module, "get_installed_models", list)
    assert "starter-parser" not in find_parsers()
    assert "install it again if that is missing" in explain_missing("starter-parser")
    assert describe_default_parser() == "none"


def test_the_command_builds_and_the_other_scores(
    recipe: ParserRecipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--train", str(recipe.train_path), "--dev", str(recipe.dev_path)]
    options = ["--out", str(tmp_path / "p"), "--max-steps", "1", "--seed", "3", "--json"]
    app(["build-parser", *files, *options], standalone_mode=False)
    record = json.loads(capsys.readouterr().out)
    assert record == read_record(tmp_path / "p")
    app(["evaluate-parser", str(tmp_path / "p"), str(recipe.dev_path)], standalone_mode=False)
    first, scores, sentences, speed = capsys.readouterr().out.splitlines()
    assert first.endswith("on dev.conllu: 3 sentences, 14 words")
    assert scores.startswith(f"LAS {record['dev_scores']['las']:.4f}  UAS ")
    assert sentences.startswith(f"sentences F1 {record['dev_scores']['sentence_f1']:.4f}, ")
    assert speed.endswith(" words a second of one core")
