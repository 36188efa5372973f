"""Parsing with a tiny spaCy pipeline that is made here."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from core.errors import ParserNotFoundError
from core.nlp import parser as parser_module
from core.nlp.parser import SpacyParser, load_parser

WORDS = ["CHEMICAL", "caused", "severe", "nausea", "."]
HEADS = [1, 1, 3, 1, 1]
TINY = {
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": None, "width": 16, "depth": 1,
        "embed_size": 100, "window_size": 1, "maxout_pieces": 2, "subword_features": False,
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def pipeline_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a pipeline whose parser knows one sentence by heart, with a component that parsing does not need."""
    nlp = spacy.blank("en")
    nlp.add_pipe("parser", config={"min_action_freq": 1, "model": TINY})
    nlp.add_pipe("sentencizer")
    doc = Doc(nlp.vocab, WORDS, heads=HEADS, deps=["nsubj", "ROOT", "amod", "dobj", "punct"])
    example = Example(nlp.make_doc(doc.text), doc)
    optimizer = nlp.initialize(lambda: [example])
    optimizer.learn_rate = 0.02
    for _ in range(60):
        nlp.update([example], sgd=optimizer)
    nlp.meta["name"], nlp.meta["version"] = "tiny", "1.2.3"
    folder = tmp_path_factory.mktemp("pipeline")
    nlp.to_disk(folder)
    return folder


@pytest.fixture(autouse=True)
def no_shipped_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the shipped parser away, so that what is installed here and there is seen."""
    monkeypatch.setattr(parser_module, "find_starter", {}.get)


def install(folder: Path, site: Path) -> None:
    """Put a pipeline into a folder of packages, as pip lays it out."""
    package = site / "en_tiny"
    shutil.copytree(folder, package / "en_tiny-1.2.3")
    shutil.copy(folder / "meta.json", package)
    (package / "__init__.py").touch()
    (site / "en_tiny-1.2.3.dist-info").mkdir()
    (site / "en_tiny-1.2.3.dist-info" / "METADATA").write_text("Name: en_tiny\nVersion: 1.2.3\n")


def test_a_folder_gives_trees_and_says_name_and_version(pipeline_folder: Path) -> None:
    parser = load_parser(str(pipeline_folder))
    (parse,) = parser.parse(["CHEMICAL caused severe nausea ."])
    assert (parser.name, parser.version) == ("en_tiny", "1.2.3")
    assert [(token.start, token.end) for token in parse.tokens] == [(0, 8), (9, 15), (16, 22), (23, 29), (30, 31)]
    assert parse.heads == tuple(HEADS)


def test_a_masked_sentence_is_parsed_as_if_its_masks_were_words(pipeline_folder: Path) -> None:
    (parse,) = load_parser(str(pipeline_folder)).parse(["$CHEMICAL$ caused severe nausea ."])
    text = "$CHEMICAL$ caused severe nausea ."
    assert [token.text(text) for token in parse.tokens] == WORDS
    assert len(parse.heads) == 5


def test_only_what_the_parser_needs_is_loaded(pipeline_folder: Path) -> None:
    assert load_parser(str(pipeline_folder)).pipeline.pipe_names == ["parser"]


def test_an_installed_package_is_found_by_name_and_by_auto(
    pipeline_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(pipeline_folder, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(parser_module, "get_installed_models", lambda: ["en_tiny"])
    assert load_parser("en_tiny").version == "1.2.3"
    assert load_parser().name == "en_tiny"


def test_a_shipped_parser_goes_before_installed_ones(pipeline_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_module, "find_starter", {"starter-parser": pipeline_folder}.get)
    monkeypatch.setattr(parser_module, "get_installed_models", lambda: ["en_core_sci_other"])
    assert load_parser().name == load_parser("starter-parser").name == "en_tiny"


def test_a_biomedical_package_goes_before_others(
    pipeline_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    biomedical = tmp_path / "biomedical"
    shutil.copytree(pipeline_folder, biomedical)
    meta = json.loads((biomedical / "meta.json").read_text())
    (biomedical / "meta.json").write_text(json.dumps({**meta, "name": "core_sci_tiny"}))
    folders = {"en_core_aaa": pipeline_folder, "en_core_sci_tiny": biomedical}
    monkeypatch.setattr(parser_module, "get_installed_models", lambda: list(folders))
    monkeypatch.setattr(parser_module, "_find_folder", folders.get)
    assert load_parser().name == "en_core_sci_tiny"


def test_a_missing_parser_is_an_error_that_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_module, "get_installed_models", list)
    with pytest.raises(ParserNotFoundError, match="No dependency parser is installed.*spaCy pipeline.*en_core_web_sm"):
        load_parser()
    with pytest.raises(ParserNotFoundError, match="No spaCy pipeline 'en_nothing'.*name the folder"):
        load_parser("en_nothing")
    spacy.blank("en").to_disk(tmp_path)
    with pytest.raises(ParserNotFoundError, match="has no parser component"):
        load_parser(str(tmp_path))


def test_a_broken_pipeline_is_an_error_and_not_a_trace(pipeline_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(pipeline_folder, tmp_path / "broken")
    shutil.rmtree(tmp_path / "broken" / "vocab")
    shutil.rmtree(tmp_path / "broken" / "parser")
    with pytest.raises(ParserNotFoundError, match="cannot be loaded"):
        load_parser(str(tmp_path / "broken"))


class HandMadePipeline:
    """Stands for a loaded pipeline; gives the one tree it was told."""

    def __init__(self, words: list[str], spaces: list[bool], heads: list[int]) -> None:
        self.doc = Doc(spacy.blank("en").vocab, words, spaces, heads=heads, deps=["dep"] * len(words))

    def pipe(self, texts: Sequence[str], *, batch_size: int) -> Iterator[Doc]:
        assert [self.doc.text] == list(texts) and batch_size > 0
        yield self.doc


def parse_by_hand(words: list[str], spaces: list[bool], heads: list[int]) -> tuple[list[str], tuple[int, ...]]:
    pipeline = HandMadePipeline(words, spaces, heads)
    (parse,) = SpacyParser("en_hand", "0", pipeline).parse([pipeline.doc.text])  # type: ignore[arg-type]
    return [token.text(pipeline.doc.text) for token in parse.tokens], parse.heads


def test_several_sentences_of_one_text_become_one_tree() -> None:
    words, heads = parse_by_hand(["Fever", ".", "Rash", "followed"], [False, True, True, False], [0, 0, 3, 3])
    assert words == ["Fever", ".", "Rash", "followed"]
    assert heads == (0, 0, 3, 0)


@pytest.mark.parametrize(("heads", "expected"), [([1, 2, 2], (1, 1)), ([1, 1, 1], (0, 0))])
def test_white_space_is_no_token_and_hands_its_children_on(heads: list[int], expected: tuple[int, int]) -> None:
    assert parse_by_hand(["Fever", " ", "came"], [True, False, False], heads) == (["Fever", "came"], expected)


def test_an_empty_text_has_an_empty_tree(pipeline_folder: Path) -> None:
    assert load_parser(str(pipeline_folder)).parse(["", "  "])[0].tokens == ()


def test_no_texts_have_no_trees() -> None:
    assert SpacyParser("en", "0", Language()).parse([]) == []
