"""Words of biomedical English: what is split, what is kept, and that the rules travel with the pipeline."""

from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from core.nlp.biomedical_words import use_biomedical_words


@pytest.fixture(scope="module")
def pipeline() -> Language:
    return use_biomedical_words(spacy.blank("en"))


def split(pipeline: Language, text: str) -> str:
    return " ".join(token.text for token in pipeline.make_doc(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Abc-1−/− mice", "Abc - 1 − / − mice"),
        ("Abc4/6/7", "Abc4 / 6 / 7"),
        ("diluted 1:200", "diluted 1 : 200"),
        ("dose-dependent", "dose - dependent"),
        ("12,13 and 20,000", "12 , 13 and 20,000"),
        ("p<0.05", "p < 0.05"),
        ("a 2-fold rise", "a 2-fold rise"),
        ("anti-rabbit and Pre-treated", "anti-rabbit and Pre-treated"),
        ("(see Fig. 3)", "( see Fig. 3 )"),
        ("Smith et al. said", "Smith et al. said"),
        ("at 37 °C.", "at 37 °C ."),
        ("It didn't end.", "It did n't end ."),
    ],
)
def test_words_are_split_as_annotators_of_biology_do(pipeline: Language, text: str, words: str) -> None:
    assert split(pipeline, text) == words


def test_the_rules_lie_in_the_folder_of_the_pipeline(pipeline: Language, tmp_path: Path) -> None:
    pipeline.to_disk(tmp_path)
    assert split(spacy.load(tmp_path), "Abc4/6 at 37 °C") == "Abc4 / 6 at 37 °C"
    assert split(spacy.blank("en"), "Abc4/6 at 37 °C") == "Abc4/6 at 37 ° C"
