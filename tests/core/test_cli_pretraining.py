"""The command `pretrain-generator`: one object or a few lines at the end, and one clear line on an error."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.workflows.model_library.generators import GeneratorRecord
from core.workflows.synthesis import pretrain
from core.workflows.synthesis.pretrain_params import PretrainParams
from tests.core.pretraining.pretraining_text import TINY, write_corpus

OPTIONS = ["--out", "mine", "--pieces", "3000", "--context", "32", "--held-out-one-in", "10", "--precision", "fp32"]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DARE_DEVICE", "cpu")
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # which the command sets, for this test alone
    monkeypatch.setattr(pretrain, "SIZES", {"tiny": TINY})
    return write_corpus(tmp_path / "corpus.txt")


def test_the_result_is_one_object_and_no_database_is_made(corpus: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["pretrain-generator", "--text", str(corpus), *OPTIONS, "--json"])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert (record["name"], record["base"]) == ("mine", "tiny")
    assert record["perplexity"] > 1
    assert result.stderr.startswith("learning a vocabulary")
    assert "perplexity" in result.stderr
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["artifacts"]


def test_people_read_scores_speed_and_what_to_do_next(corpus: Path) -> None:
    result = CliRunner().invoke(app, ["pretrain-generator", "--text", str(corpus), *OPTIONS])
    first, second = result.stdout.splitlines()
    assert first.startswith("mine: perplexity ")
    assert "bits per character" in first
    assert second == "dare generate PROJECT --base mine --wait"


def test_options_reach_the_training_as_they_were_given(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[PretrainParams] = []

    def take(params: PretrainParams, **_: object) -> GeneratorRecord:
        asked.append(params)
        raise KeyboardInterrupt

    monkeypatch.setattr(pretrain, "pretrain_generator", take)
    options = ["--base", "gpt2", "--download", "--minutes", "2.5", "--batch-size", "4", "--learning-rate", "1e-4"]
    texts = ["--text", str(corpus), "--text", str(corpus)]
    CliRunner().invoke(app, ["pretrain-generator", *texts, "--out", "more", *options, "--replace"])
    expected = PretrainParams(
        text=(str(corpus), str(corpus)), name="more", base="gpt2", may_download=True, minutes=2.5, batch_size=4,
        learning_rate=1e-4, is_replacing=True, device="cpu",
    )  # fmt: skip
    assert asked == [expected]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: ["--text", text, "--out", "a/b"], "error: The name 'a/b' must be 1 to 64 letters"),
        (lambda text: ["--text", f"{text}.no", "--out", "mine"], "error: There is no file"),
        (lambda text: ["--text", text, "--out", "mine", "--base", "/no/such"], "error: No generator '/no/such'"),
        (
            lambda text: ["--text", text, "--out", "mine", "--context", "1"],
            "error: context is 1; it must be at least 8",
        ),
    ],
)
def test_an_error_is_one_clear_line(corpus: Path, change: Callable[[str], list[str]], message: str) -> None:
    result = CliRunner().invoke(app, ["pretrain-generator", *change(str(corpus))])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(message)
    assert len(result.stderr.strip().splitlines()) == 1
