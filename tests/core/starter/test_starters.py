"""The registry of shipped models: only what is present is offered, each with a card and its weights."""

from pathlib import Path

import pytest

from core import starter
from core.errors import NotFoundError
from core.starter import CARD_NAME, DEFAULT_STARTER, Starter, find_starter, get_starter, list_encoders, list_starters


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
