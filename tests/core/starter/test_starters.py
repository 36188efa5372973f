"""The registry of shipped models: only what is present is offered, each with a card and its weights."""

import json
from pathlib import Path

import pytest

from core import starter
from core.errors import NotFoundError
from core.starter import (
    CARD_NAME,
    DEFAULT_STARTER,
    Starter,
    choose_joint,
    find_starter,
    get_starter,
    list_encoders,
    list_starters,
)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of four models, of which one lacks its folder."""
    monkeypatch.setattr(starter, "_FOLDER", tmp_path)
    kinds = ("joint", "generator", "parser", "encoder")
    models = tuple(Starter(f"starter-{kind}", kind, kind, f"a {kind}") for kind in kinds)
    monkeypatch.setattr(starter, "STARTERS", models)
    for kind in kinds[1:]:
        (tmp_path / kind).mkdir()
    return tmp_path


def test_a_model_whose_folder_is_missing_is_neither_listed_nor_found(shelf: Path) -> None:
    assert [one.name for one in list_starters()] == ["starter-generator", "starter-parser", "starter-encoder"]
    assert find_starter("starter-joint") is None
    with pytest.raises(NotFoundError, match="No starter model 'starter-joint'; shipped: starter-generator, "):
        get_starter("starter-joint")
    assert find_starter("starter-parser") == shelf / "parser"


def test_models_are_listed_by_kind_and_only_joint_models_and_encoders_lend_an_encoder(shelf: Path) -> None:
    assert [one.kind for one in list_starters("parser", "generator")] == ["generator", "parser"]
    assert list_encoders() == ["starter-encoder"]
    (shelf / "joint").mkdir()
    assert list_encoders() == ["starter-joint", "starter-encoder"]


def test_a_folder_is_complete_with_the_file_its_kind_cannot_do_without(shelf: Path) -> None:
    (shelf / "parser" / "config.cfg").touch()
    (shelf / "generator" / "model.safetensors").touch()
    assert {one.kind: one.is_complete for one in list_starters()} == {
        "generator": True, "parser": True, "encoder": False
    }  # fmt: skip


def test_every_shipped_model_is_complete_and_has_a_card_and_a_line_on_its_purpose() -> None:
    shipped = list_starters()
    assert DEFAULT_STARTER in {one.name for one in shipped}
    assert all(one.is_complete and (one.path / CARD_NAME).is_file() and one.purpose for one in shipped)


@pytest.fixture
def joint_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three joint models: diseases, genes, and one that knows mentions of both."""
    known = {
        "diseases": {"config": {"entity_types": ["Chemical", "Disease"], "labels": ["CID"]}},
        "genes": {"entity_types": ["Chemical", "Gene"], "labels": ["CPR:3", "CPR:4"], "weights_of": "diseases"},
        "mentions": {"entity_types": ["Chemical", "Disease", "Gene"], "labels": [], "weights_of": "diseases"},
    }
    monkeypatch.setattr(starter, "_FOLDER", tmp_path)
    monkeypatch.setattr(starter, "STARTERS", tuple(Starter(name, "joint", name, "", "diseases") for name in known))
    for name, content in known.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "dare.json").write_text(json.dumps(content))


@pytest.mark.usefixtures("joint_models")
@pytest.mark.parametrize(
    ("entity_types", "labels", "chosen"),
    [
        (["Chemical", "Disease"], ["CID"], "diseases"),
        (["Chemical", "Gene"], ["CPR:4", "OTHER"], "genes"),
        (["Disease", "Gene"], ["CAUSES"], "mentions"),
        (["Chemical", "Gene", "Disease"], ["CID"], "diseases"),  # a label counts before a type
        (["Drug"], ["CID"], None),
        ([], [], None),
    ],
)
def test_a_project_gets_the_joint_model_that_knows_most_of_its_schema(
    entity_types: list[str], labels: list[str], chosen: str | None
) -> None:
    found = choose_joint(entity_types, labels)
    assert (found and found.name) == chosen


@pytest.mark.usefixtures("joint_models")
def test_a_part_is_complete_with_the_weights_of_the_folder_it_shares(tmp_path: Path) -> None:
    assert not any(one.is_complete for one in list_starters())
    (tmp_path / "diseases" / "model.safetensors").touch()
    assert all(one.is_complete for one in list_starters())


@pytest.mark.usefixtures("joint_models")
def test_models_that_share_weights_lend_one_encoder() -> None:
    assert list_encoders() == ["diseases"]
