"""A pulled model is named by its hub name wherever a training starts, and a run knows which commit it was."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import AutoConfig

from core.errors import EncoderNotFoundError
from core.settings import Settings
from core.workflows.model_library.sources import resolve_base, resolve_encoder
from core.workflows.retraining.memory import estimate_memory
from core.workflows.retraining.retrain_params import RetrainParams
from core.workflows.synthesis.pretrain import pretrain_generator
from db.queries import models, projects
from db.session import Session
from tests.builders import write_tiny_encoder
from tests.core.generation.test_generator import write_tiny_gpt2
from tests.core.pretraining.pretraining_text import write_corpus
from tests.core.workflows.synthesis import test_synthesise
from tests.core.workflows.synthesis.test_pretrain import make_params
from tests.core.workflows.training import FULL, QUICK, run, seed_project
from tests.pulled import REVISION, place_pulled

ENCODER, GENERATOR = "some-lab/some-bert", "some-lab/some-gpt2"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    return Settings()


def test_members_and_joint_models_train_from_a_pulled_encoder(
    session: Session, settings: Settings, tmp_path: Path
) -> None:
    project_id = seed_project(session, splits=FULL)
    with pytest.raises(EncoderNotFoundError, match="dare models pull"):
        run(session, project_id, tmp_path / "job-0", encoder=ENCODER, **{**QUICK, "num_epochs": 1})
    place_pulled(settings, ENCODER, fill=write_tiny_encoder)
    run(session, project_id, tmp_path / "job-1", encoder=ENCODER, **{**QUICK, "num_members": 1, "num_epochs": 1})
    run(session, project_id, tmp_path / "job-2", encoder=ENCODER, architecture="joint", num_epochs=1, max_pieces=32)
    for job in ("job-1", "job-2"):
        found = models.find_run(session, job)
        assert found is not None
        assert (found.settings["encoder"], found.versions[ENCODER]) == (ENCODER, REVISION)


def test_an_installation_kept_offline_asks_the_hub_for_nothing_whatever_a_training_asks_for(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARE_OFFLINE", "1")
    is_local = []

    def look(_name: str, *, local_files_only: bool, **_: object) -> None:
        is_local.append(local_files_only)
        raise OSError

    monkeypatch.setattr(AutoConfig, "from_pretrained", look)
    asked = {"encoder": ENCODER, "may_download": True}
    project_id = seed_project(session, splits=FULL)
    projects.rename_project(session, project_id, "q")
    generating = test_synthesise.seed_project(session, gold={"CPR:3": 30})
    generation = {"labels": ["CPR:3"], "count": 1, "may_download": True}
    pretraining = make_params(write_corpus(tmp_path / "corpus.txt"), base=GENERATOR, may_download=True)
    for number, train in enumerate((
        lambda path: run(session, project_id, path, **{**QUICK, **asked}),
        lambda path: run(session, project_id, path, architecture="joint", **asked),
        lambda path: test_synthesise.run(session, generating, path, base=GENERATOR, num_judges=0, **generation),
        lambda path: test_synthesise.run(session, generating, path, num_judges=3, judge_encoder=ENCODER, **generation),
        lambda _: pretrain_generator(pretraining, settings=Settings()),
    )):  # fmt: skip
        with pytest.raises(EncoderNotFoundError):
            train(tmp_path / f"job-{number}")
    assert is_local == [True] * 5


def test_a_pulled_generator_is_a_base_of_generation_and_of_the_domain_stage(
    session: Session, settings: Settings, tmp_path: Path
) -> None:
    place_pulled(settings, GENERATOR, kind="generator", fill=write_tiny_gpt2)
    project_id = test_synthesise.seed_project(session, gold={"CPR:3": 8})
    params = {"labels": ["CPR:3"], "count": 1, "num_judges": 0, "num_epochs": 1, "attempts_by_sentence": 1}
    run_path = tmp_path / "run"
    test_synthesise.run(session, project_id, run_path, base=GENERATOR, max_new_pieces=40, **params)
    assert json.loads((run_path / "label-1-cpr-3" / "counts.json").read_text())["generated"] > 0
    corpus = write_corpus(tmp_path / "corpus.txt")
    record = pretrain_generator(make_params(corpus, base=GENERATOR, pieces=500), settings=settings)
    assert (record.base, record.recipe[GENERATOR]) == (GENERATOR, REVISION)


def test_the_memory_of_a_training_is_told_for_a_pulled_encoder(settings: Settings) -> None:
    params = replace(RetrainParams(), encoder=ENCODER)
    assert estimate_memory(params, settings, device="cpu") is None
    place_pulled(settings, ENCODER, fill=write_tiny_encoder)
    assert estimate_memory(params, settings, device="cpu")


def test_a_folder_comes_before_a_pulled_model_and_other_names_stay(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = place_pulled(settings, ENCODER)
    assert resolve_encoder(settings, ENCODER) == str(folder)
    (tmp_path / ENCODER).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert resolve_encoder(settings, ENCODER) == ENCODER
    assert resolve_base(settings, "other/gpt2") == "other/gpt2"
