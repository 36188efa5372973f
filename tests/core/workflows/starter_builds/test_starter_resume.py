"""An unfinished build of starters is not mixed with another one; a kill is tried in tests/faults."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.domain import Document, Relation, Sentence, Span, State
from core.errors import ConflictError
from core.training import state
from core.training.checkpoints import WEIGHTS_NAME
from core.training.config import TrainingConfig
from core.workflows.retraining.train_joint import JointRecipe
from core.workflows.starter_builds.gold_sets import GoldSet
from core.workflows.starter_builds.train_starter import WHOLE, train_starter
from core.workflows.unfinished import only_run
from tests.builders import find_mention, ignore_progress, make_schema, write_tiny_encoder


class StopError(Exception):
    """Ends a training in the middle, as a power cut would."""


def stop_in_second_epoch(_fraction: float, message: str = "", **_values: float) -> None:
    if message == "epoch 2 of 2":
        raise StopError


def stop_in_second_epoch_of_second_member(_fraction: float, message: str = "", **_values: float) -> None:
    if message == "member 2 of 2, epoch 2 of 2":
        raise StopError


def make_document(name: str, text: str) -> Document:
    head, tail = find_mention(text, text.split()[0], "Chemical"), find_mention(text, text.split()[2], "Disease")
    return Document(
        name, text, (Sentence(Span(0, len(text)), State.ACCEPTED),), (head, tail), (Relation(head, tail, "CID"),)
    )


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint after every epoch, however short it is."""
    monkeypatch.setattr(state, "_REST_SECONDS", 0)
    monkeypatch.setattr(state, "_REST_RATIO", 0)


@pytest.fixture
def gold() -> GoldSet:
    documents = (make_document("1", "aspirin caused nausea ."), make_document("2", "codeine caused rash ."))
    return GoldSet("bc5cdr", make_schema(), documents, documents)


@pytest.fixture
def recipe(tmp_path: Path) -> JointRecipe:
    training = TrainingConfig(num_epochs=2, batch_size=2, precision="fp32")
    return JointRecipe(encoder=str(write_tiny_encoder(tmp_path / "encoder")), training=training)


def stop(recipe: JointRecipe, gold: GoldSet, out_path: Path) -> None:
    with pytest.raises(StopError):
        train_starter(recipe, [gold], out_path=out_path, report=stop_in_second_epoch, device="cpu")


def test_other_settings_or_documents_are_refused_until_the_unfinished_build_is_given_up(
    tmp_path: Path, recipe: JointRecipe, gold: GoldSet
) -> None:
    out_path, remarks = tmp_path / "starters", []

    def listen(_fraction: float, message: str = "", **values: float) -> None:
        if not values:
            remarks.append(message)

    stop(recipe, gold, out_path)
    longer = replace(recipe, training=replace(recipe.training, num_epochs=3))
    corrected = replace(gold, train=(replace(gold.train[0], relations=()), gold.train[1]))
    for other_recipe, other_gold in ((longer, gold), (recipe, corrected)):
        with pytest.raises(ConflictError, match="Repeat its command to go on, or begin anew with --replace"):
            train_starter(other_recipe, [other_gold], out_path=out_path, report=listen, device="cpu")
    train_starter(longer, [gold], out_path=out_path, report=listen, device="cpu", is_replacing=True)
    assert remarks == []
    assert not (tmp_path / ".starters.training").exists()


def test_an_encoder_that_was_moved_is_still_the_same(tmp_path: Path, recipe: JointRecipe, gold: GoldSet) -> None:
    stop(recipe, gold, tmp_path / "starters")
    (tmp_path / "elsewhere").mkdir()
    moved = shutil.move(recipe.encoder, tmp_path / "elsewhere")
    same = replace(recipe, encoder=str(moved))
    log = train_starter(same, [gold], out_path=tmp_path / "starters", report=ignore_progress, device="cpu")
    assert len(log["epochs"][0]) == 2


def test_two_builds_of_one_folder_at_a_time_are_refused(tmp_path: Path, recipe: JointRecipe, gold: GoldSet) -> None:
    with (
        only_run(tmp_path / ".starters.training"),
        pytest.raises(ConflictError, match="running in another process; wait for its end"),
    ):
        train_starter(recipe, [gold], out_path=tmp_path / "starters", report=ignore_progress, device="cpu")


def test_a_build_of_several_members_goes_on_in_the_one_that_was_stopped(
    tmp_path: Path, recipe: JointRecipe, gold: GoldSet
) -> None:
    messages: list[str] = []

    def listen(_fraction: float, message: str = "", **values: float) -> None:
        if not values:
            messages.append(message)

    with pytest.raises(StopError):
        train_starter(
            recipe, [gold], out_path=tmp_path / "stopped", num_members=2, device="cpu",
            report=stop_in_second_epoch_of_second_member,
        )  # fmt: skip
    for name in ("stopped", "straight"):
        train_starter(recipe, [gold], out_path=tmp_path / name, num_members=2, report=listen, device="cpu")
    assert messages == [
        "member 1 of 2, going on after epoch 2 of 2", "member 2 of 2, going on after epoch 1 of 2"
    ]  # fmt: skip
    stopped, straight = (load_file(tmp_path / name / WHOLE / WEIGHTS_NAME) for name in ("stopped", "straight"))
    assert all(torch.equal(straight[name], tensor) for name, tensor in stopped.items())
