"""An encoder reads text files into a folder with a log, goes on after a stop, and never mixes two recipes."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from core.artifacts import hash_file
from core.errors import ConflictError, NotFoundError
from core.models.encoder import load_encoder
from core.training.config import TrainingConfig
from core.training.trainer import Report
from core.workflows.starter_builds import pretrain_encoder as workflow
from core.workflows.starter_builds.origins import READING_LOG
from tests.builders import write_tiny_encoder
from tests.core.pretraining.pretraining_text import write_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus.txt")


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return write_tiny_encoder(tmp_path / "encoder", has_mask=True)


def run(
    corpus: Path, encoder: Path, *, pieces: int = 3_000, seed: int = 0, report: Report | None = None
) -> dict[str, Any]:
    training = TrainingConfig(learning_rate=5e-3, batch_size=8, precision="fp32", seed=seed)
    return workflow.pretrain_encoder(
        [corpus],
        encoder=str(encoder),
        out_path=corpus.parent / "out",
        training=training,
        context=32,
        pieces=pieces,
        device="cpu",
        report=report,
    )


def test_the_folder_holds_an_encoder_and_a_log_of_how_it_was_made(corpus: Path, encoder: Path) -> None:
    record = run(corpus, encoder)
    out = corpus.parent / "out"
    assert json.loads((out / READING_LOG).read_text()) == record
    assert record["recipe"]["files"] == [{"name": "corpus.txt", "sha256": hash_file(corpus)}]
    assert record["recipe"]["encoder_sha256"] == hash_file(encoder / "model.safetensors")
    assert record["pieces_read"] >= 3_000
    assert not torch.equal(load_encoder(str(out)).vectors, load_encoder(str(encoder)).vectors)
    assert sorted(path.name for path in corpus.parent.iterdir() if path.is_dir()) == ["encoder", "out"]


def test_a_stopped_training_goes_on_and_another_one_does_not_mix_with_it(
    corpus: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(workflow, "copy_best", break_off)
        with pytest.raises(OSError, match="No space"):
            run(corpus, encoder)
    with pytest.raises(ConflictError, match="has other settings or files"):
        run(corpus, encoder, seed=1)
    told: list[str] = []

    def report(_: float, message: str = "", **__: float) -> None:
        told.append(message)

    record = run(corpus, encoder, pieces=6_000, report=report)
    assert told[0].startswith("going on after")
    assert record["pieces_read"] >= 6_000


def test_a_missing_text_file_is_named(corpus: Path, encoder: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no file '.*nothing\.txt'"):
        run(corpus.with_name("nothing.txt"), encoder)
