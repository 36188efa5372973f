"""Language models on the Synthetic page: which there are, the form that makes one, and its job while it runs."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import JobKind, JobState
from core.settings import Settings
from core.workflows.model_library.generators import RECORD_NAME, GeneratorRecord
from core.workflows.projects import create_project
from core.workflows.synthesis.pretrain_params import PretrainParams
from db.queries import jobs
from db.queries.jobs import JobProgress
from db.session import Session
from pages.components.language_models import describe_scores
from tests.pages.deck_page import DeckPage, OpenDatabase, use_database
from tests.pages.support import texts

RECORD = GeneratorRecord(
    name="pubmed_<b>tiny</b>",
    base="tiny",
    recipe={"files": [], "seed": 0},
    command="dare pretrain-generator",
    date="2026-11-26",
    perplexity=123.456,
    bits_per_character=1.8764,
    validation_loss=4.8,
    pieces=9,
    pieces_read=1_234_567,
    steps=3,
    passes=0,
    seconds=180.0,
    pieces_per_second=6858.7,
    precision="fp32",
    device="cpu",
    num_weights=5,
    versions={},
)


@pytest.fixture
def open_database(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDatabase]:
    with use_database(tmp_path, migrated_file, monkeypatch) as open_database:
        yield open_database


@pytest.fixture
def project_id(open_database: OpenDatabase) -> int:
    with open_database() as session:
        return create_project(session, "p", template="chemical-disease")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """What was enqueued; each job is stored, but no engine gets it."""
    asked: list[Mapping[str, Any]] = []

    def enqueue(
        _: object, session: Session, kind: JobKind, *, project_id: int, params: Mapping[str, Any], user_id: int
    ) -> str:
        asked.append(params)
        jobs.add_job(session, "lm-1", kind, project_id=project_id, params=dict(params), user_id=user_id)
        return "lm-1"

    monkeypatch.setattr("core.jobs.client.enqueue", enqueue)
    return asked


def write_record(settings: Settings, name: str) -> None:
    path = settings.home / "artifacts" / "generators" / name
    path.mkdir(parents=True)
    values = RECORD.to_json()
    (path / RECORD_NAME).write_text(json.dumps(values), encoding="utf-8")


def open_generate(project_id: int) -> DeckPage:
    return DeckPage("synthetic", project=str(project_id), view="Generate")


def fill(app: AppTest, *, text: str, name: str) -> None:
    app.text_area(key="pretrain-text").set_value(text)
    app.text_input(key="pretrain-name").set_value(name)
    app.number_input(key="pretrain-minutes").set_value(5)


def test_models_are_listed_with_their_scores(project_id: int) -> None:
    write_record(Settings(), "pubmed-tiny")
    app = open_generate(project_id).app
    table = next(one.value for one in app.dataframe if "perplexity" in one.value)
    assert table.to_dict("records") == [
        {
            "name": RECORD.name,
            "base": "tiny",
            "perplexity": 123.5,
            "bits per character": 1.876,
            "pieces read": 1_234_567,
            "training": "3 min 00 s",
            "made": "2026-11-26",
        }
    ]
    assert RECORD.name in app.selectbox(key="pretrain-base").options


def test_the_form_queues_a_training_with_every_file_and_can_then_not_queue_another(
    project_id: int, tmp_path: Path, asked: list[Mapping[str, Any]]
) -> None:
    files = [tmp_path / "a.txt", tmp_path / "b.txt.xz"]
    for file in files:
        file.touch()
    tab = open_generate(project_id)
    fill(tab.app, text=f" {files[0]}\n\n{files[1]}\n", name="mine ")
    tab.app.button(key="pretrain-start").click()
    tab.run()
    expected = PretrainParams(text=tuple(map(str, files)), name="mine", base="tiny", minutes=5.0)
    assert asked == [expected.to_json()]
    assert tab.app.button(key="pretrain-start").disabled
    assert [button.label for button in tab.app.button if button.key == "cancel-lm-1"] == ["Cancel"]
    assert "Generate" in [button.label for button in tab.app.button]


def test_another_language_model_is_named_by_folder(
    project_id: int, tmp_path: Path, asked: list[Mapping[str, Any]]
) -> None:
    (tmp_path / "a.txt").touch()
    tab = open_generate(project_id)
    tab.app.selectbox(key="pretrain-base").set_value("own")
    tab.run()
    fill(tab.app, text=str(tmp_path / "a.txt"), name="more")
    tab.app.text_input(key="pretrain-own").set_value("/models/gpt2")
    tab.app.button(key="pretrain-start").click()
    tab.run()
    assert [params["base"] for params in asked] == ["/models/gpt2"]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "mine", "No text file is named"),
        ("/no/such.txt", "mine", "There is no file"),
        ("/no/such.txt", "tiny", "already means a generator from nothing"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(
    project_id: int, asked: list[Mapping[str, Any]], text: str, name: str, message: str
) -> None:
    tab = open_generate(project_id)
    fill(tab.app, text=text, name=name)
    tab.app.button(key="pretrain-start").click()
    tab.run()
    assert asked == []
    assert message in texts(tab.app).replace("\\", "")


def test_a_failed_training_says_why_and_can_be_tried_again(open_database: OpenDatabase, project_id: int) -> None:
    with open_database() as session:
        jobs.add_job(session, "lm-1", JobKind.PRETRAIN, project_id=project_id, params={"name": "mine", "base": "tiny"})
        jobs.end_job(session, "lm-1", JobState.FAILED, error="The text <i>ran</i> out.")
    tab = open_generate(project_id)
    assert "The text \\<i\\>ran\\<\\/i\\> out\\." in texts(tab.app)
    assert not tab.app.button(key="pretrain-start").disabled
    assert [button.label for button in tab.app.button if button.key == "retry-lm-1"] == ["Retry"]


def test_the_newest_of_each_number_is_told() -> None:
    values = [{"perplexity": 900.0, "bits_per_character": 2.5}, {"loss": 5.0, "pieces_per_second": 1234.4}]
    progress = [JobProgress(job_id="j", part="pretrain", values=[{"loss": 6.0}, *values])]
    assert describe_scores(progress) == (
        "loss 5.000 · 1\u2009234 pieces/s · held-out perplexity 900.0 · 2.500 bits per character"
    )
    assert describe_scores([]) == ""
