"""The mean of builds and of encoders that began alike: its weights, its log and what its card tells."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from core.cli.main import app
from core.domain import Document, EntityType, Relation, RelationLabel, Schema, Sentence, Span, State
from core.errors import ModelError
from core.models.encoder import load_encoder
from core.training.checkpoints import WEIGHTS_NAME
from core.training.config import TrainingConfig
from core.workflows.retraining.train_joint import JointRecipe
from core.workflows.starter_builds.average import average_encoders, average_starters
from core.workflows.starter_builds.gold_sets import GoldSet
from core.workflows.starter_builds.origins import AVERAGING_LOG, BUILD_LOG, WHOLE
from core.workflows.starter_builds.train_starter import train_starter
from tests.builders import find_mention, ignore_progress, write_tiny_encoder

SCHEMA = Schema((EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", (("Chemical", "Disease"),)),))
TEXT = "aspirin caused nausea ."


def make_sets() -> list[GoldSet]:
    mentions = tuple(
        replace(find_mention(TEXT, word, name), state=State.ACCEPTED)
        for word, name in (("aspirin", "Chemical"), ("nausea", "Disease"))
    )
    sentences = (Sentence(Span(0, len(TEXT)), State.ACCEPTED),)
    relations = (Relation(*mentions, "CID", state=State.ACCEPTED),)
    documents = tuple(Document(str(n), TEXT, sentences, mentions, relations) for n in range(4))
    return [GoldSet("bc5cdr", SCHEMA, documents, documents[:2])]


def build(folder: Path, encoder: Path, *, seed: int, num_members: int = 1, num_relation_layers: int = 1) -> Path:
    recipe = JointRecipe(
        encoder=str(encoder),
        training=TrainingConfig(num_epochs=1, batch_size=4, learning_rate=1e-3, seed=seed, precision="fp32"),
        num_relation_layers=num_relation_layers,
    )
    train_starter(recipe, make_sets(), out_path=folder, num_members=num_members, report=ignore_progress, device="cpu")
    return folder


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return write_tiny_encoder(tmp_path / "encoder")


def test_each_build_counts_as_often_as_it_has_members(encoder: Path, tmp_path: Path) -> None:
    builds = [build(tmp_path / "one", encoder, seed=0), build(tmp_path / "two", encoder, seed=1, num_members=2)]
    out = tmp_path / "mean"
    summary = average_starters(builds, make_sets(), out_path=out, device="cpu")
    one, two, mean = (load_file(path / WHOLE / WEIGHTS_NAME) for path in (*builds, out))
    for name, tensor in mean.items():
        expected = (one[name].float() + 2 * two[name].float()) / 3
        torch.testing.assert_close(tensor.float(), expected, atol=2e-3, rtol=2e-3)
    assert summary["part_scores"]["chemical_disease"]["bc5cdr"]["classification"]
    assert summary["num_members"] == 3  # as which it counts in a mean of its own
    assert json.loads((out / WHOLE / BUILD_LOG).read_text()) == json.loads(json.dumps(summary))
    card = (out / WHOLE / "README.md").read_text()
    assert "| step 3 | the mean of the weights of steps 1 and 2, each as often as it has members |" in card
    command = "dare average-starters step1 step2 --corpora FOLDER_OF_THE_CORPORA --out core/starter"
    assert card.count("dare build-starter") == 2 and command in card


def test_builds_of_other_layers_have_no_mean_and_a_folder_without_a_log_is_no_build(
    encoder: Path, tmp_path: Path
) -> None:
    one = build(tmp_path / "one", encoder, seed=0)
    other = build(tmp_path / "other", encoder, seed=0, num_relation_layers=0)
    with pytest.raises(ModelError, match="have no mean"):
        average_starters([one, other], make_sets(), out_path=tmp_path / "mean", device="cpu")
    with pytest.raises(ModelError, match="dare build-starter"):
        average_starters([one, encoder], make_sets(), out_path=tmp_path / "mean", device="cpu")
    assert not (tmp_path / "mean").exists()


def test_the_mean_of_encoders_is_an_encoder_and_a_build_on_it_tells_of_both(encoder: Path, tmp_path: Path) -> None:
    builds = [
        build(tmp_path / "one", encoder, seed=0) / WHOLE,
        build(tmp_path / "other", encoder, seed=1, num_relation_layers=0) / WHOLE,
    ]
    out = tmp_path / "mean"
    record = average_encoders(builds, out_path=out)
    assert json.loads((out / AVERAGING_LOG).read_text()) == json.loads(json.dumps(record))
    one, other, mean = (load_encoder(str(path)).vectors for path in (*builds, out))
    torch.testing.assert_close(mean, (one + other) / 2)
    card = (build(tmp_path / "last", out, seed=2) / WHOLE / "README.md").read_text()
    assert "dare average-encoders step1/biomedical step2/biomedical --out step3\n" in card
    assert "--encoder step3 --out core/starter" in card
    assert "| step 3 | the mean of the weights of steps 1 and 2" in card and "| step 4 | the encoder of step 3" in card


def test_the_commands_write_the_mean_and_name_a_wrong_folder_in_one_line(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARE_DEVICE", "cpu")
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # which a command sets, for this test alone
    monkeypatch.setattr("core.workflows.starter_builds.gold_sets.read_gold_sets", lambda _: make_sets())
    builds = [str(build(tmp_path / name, encoder, seed=seed)) for seed, name in enumerate(("one", "two"))]
    mean = ["--out", str(tmp_path / "mean")]
    said = CliRunner().invoke(app, ["average-starters", *builds, "--corpora", str(tmp_path), *mean])
    assert said.exit_code == 0 and "chemical_disease on bc5cdr dev, classification: F1 " in said.stdout
    wrong = CliRunner().invoke(app, ["average-starters", builds[0], str(tmp_path), "--corpora", str(tmp_path), *mean])
    assert wrong.exit_code == 1 and "dare build-starter" in wrong.stderr
    folders = [f"{one}/{WHOLE}" for one in builds]
    read = CliRunner().invoke(app, ["average-encoders", *folders, "--out", str(tmp_path / "encoders"), "--json"])
    assert read.exit_code == 0 and len(json.loads(read.stdout)["averaged"]) == 2
