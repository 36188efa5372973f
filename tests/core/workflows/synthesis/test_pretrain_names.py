"""Two jobs that make a generator of one name: neither overwrites what the other has made."""

from pathlib import Path

import pytest

from core.domain import JobKind, JobState
from core.errors import ConflictError
from core.settings import Settings
from core.workflows.model_library.generators import list_generators
from core.workflows.synthesis import pretrain
from core.workflows.synthesis.pretrain import pretrain_generator
from db.queries import jobs
from db.session import Session
from tests.builders import ignore_progress
from tests.core.pretraining.pretraining_text import TINY, write_corpus
from tests.core.workflows.synthesis.test_pretrain import make_params, start_job


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(pretrain, "SIZES", {"tiny": TINY})
    return Settings()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus.txt")


@pytest.mark.usefixtures("settings")
def test_a_job_is_refused_while_an_earlier_one_makes_a_generator_of_the_name(
    session: Session, corpus: Path, tmp_path: Path
) -> None:
    pipeline, first = start_job(session, tmp_path / "run", make_params(corpus))
    params = make_params(corpus, seed=1, is_replacing=True).to_json()
    second = jobs.add_job(session, "k", JobKind.PRETRAIN, project_id=first.project_id, params=params)
    assert pipeline.prepare(session, first, tmp_path / "run") == [["pretrain"]]
    with pytest.raises(ConflictError, match=r"Job j \(queued\) makes a generator 'mine' already. Choose another name"):
        pipeline.prepare(session, second, tmp_path / "run")
    jobs.end_job(session, "j", JobState.CANCELLED)
    assert pipeline.prepare(session, second, tmp_path / "run") == [["pretrain"]]


def test_a_job_does_not_overwrite_a_generator_that_came_under_its_name_while_it_trained(
    session: Session, settings: Settings, corpus: Path, tmp_path: Path
) -> None:
    run_path = tmp_path / "run"
    pipeline, job = start_job(session, run_path, make_params(corpus))
    pipeline.prepare(session, job, run_path)
    (run_path / "pretrain").mkdir()
    pipeline.run_task("pretrain", run_path, run_path / "pretrain", ignore_progress)
    other = pretrain_generator(make_params(corpus, seed=1), settings=settings)
    with pytest.raises(ConflictError, match="generator 'mine' already, made by"):
        pipeline.finish(session, job, run_path)
    assert list_generators(settings) == [other]
    job.params = make_params(corpus, is_replacing=True).to_json()
    assert pipeline.finish(session, job, run_path)["recipe"] != other.recipe
