"""Train: the data, the form, the training under way, and those before."""

import json
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import JobKind, JobState, Split
from core.settings import Settings
from core.workflows.prediction import parsers
from core.workflows.projects import create_project
from core.workflows.retraining import training_estimate
from core.workflows.retraining.retrain_params import ARCHITECTURES, METHODS, RetrainParams
from db.queries import jobs, projects
from db.queries.jobs import Job
from db.queries.readiness import SplitData
from db.session import Session
from pages.components import job_progress, train_estimate, train_options, training_data, training_runs
from pages.components.job_progress import overall_fraction, read_tail
from pages.components.train_form import ARCHITECTURE_NAMES, ARCHITECTURE_NOTES, METHOD_NAMES
from tests.pages.support import OpenPage, asked_jobs, press, texts
from tests.pulled import place_pulled

NOTHING = SplitData(0, 0, {})


def add_training(session: Session, **params: object) -> Job:
    """Store a training of the demo that waits."""
    project_id = projects.list_projects(session)[0].id
    values = asdict(RetrainParams(num_members=2)) | params
    job = jobs.add_job(session, "t1", JobKind.RETRAIN, project_id=project_id, params=values)
    session.commit()
    return job


def test_the_form_starts_with_the_defaults_of_a_run(open_page: OpenPage, session: Session) -> None:
    press(open_page("train"), "Start training")
    job = jobs.list_jobs(session, kinds=(JobKind.RETRAIN,))[0]
    assert RetrainParams.from_json(job.params) == RetrainParams()


def test_what_the_form_says_is_what_the_job_is_asked_for(open_page: OpenPage, session: Session) -> None:
    app = open_page("train")
    app.selectbox(key="train-method").select("bagging")
    app.number_input(key="train-members").set_value(3)
    app.number_input(key="train-epochs").set_value(2)
    app.number_input(key="train-seed").set_value(7)
    app.selectbox(key="train-encoder").select("Another, by folder or name").run()
    app.text_input(key="train-own-encoder").input("/models/bert").run()
    press(app, "Start training")
    params = RetrainParams.from_json(jobs.list_jobs(session, kinds=(JobKind.RETRAIN,))[0].params)
    wanted = RetrainParams(method="bagging", num_members=3, num_epochs=2, seed=7, encoder="/models/bert")
    assert params == wanted


def is_off(app: AppTest) -> bool:
    return next(button for button in app.button if button.label == "Start training").disabled


def test_a_preset_fills_the_form_and_what_is_changed_goes_before_it(open_page: OpenPage, session: Session) -> None:
    app = open_page("train")
    app.selectbox(key="train-preset").select("joint-paper").run()
    assert app.selectbox(key="train-architecture").value == "joint"
    assert app.text_input(key="train-own-encoder").value == "monologg/biobert_v1.1_pubmed"
    app.number_input(key="train-epochs").set_value(3).run()
    press(app, "Start training")
    params = RetrainParams.from_json(jobs.list_jobs(session, kinds=(JobKind.RETRAIN,))[0].params)
    assert params == RetrainParams.from_preset("joint-paper", {"num_epochs": 3})
    assert not params.may_download


def test_an_architecture_shows_its_own_settings_alone(open_page: OpenPage) -> None:
    app = open_page("train")
    keys = {widget.key for widget in (*app.number_input, *app.checkbox, *app.selectbox, *app.text_input)}
    assert {"train-marking", "train-has-student", "train-ratio"} <= keys
    assert not {"train-parser", "train-has-teacher-forcing", "train-gamma"} & keys
    app.selectbox(key="train-architecture").select("joint").run()
    keys = {widget.key for widget in (*app.number_input, *app.checkbox, *app.selectbox, *app.text_input)}
    assert {
        "train-has-teacher-forcing",
        "train-has-nesting",
        "train-num-relation-layers",
        "train-has-context",
        "train-relation-weight",
    } <= keys
    assert app.selectbox(key="train-method").options == ["Gold only", "DARE: gold and accepted synthetic sentences"]
    assert not {"train-members", "train-marking", "train-has-student", "train-ratio"} & keys
    assert app.number_input(key="train-epochs").value == 12


def test_choosing_another_architecture_and_back_gives_its_defaults(open_page: OpenPage, session: Session) -> None:
    app = open_page("train")
    app.number_input(key="train-seed").set_value(7)
    app.selectbox(key="train-architecture").select("joint").run()
    app.selectbox(key="train-architecture").select("cls").run()
    press(app, "Start training")
    params = RetrainParams.from_json(jobs.list_jobs(session, kinds=(JobKind.RETRAIN,))[0].params)
    assert params == RetrainParams(seed=7)


def test_settings_that_do_not_go_together_are_told_before_the_start(open_page: OpenPage) -> None:
    app = open_page("train")
    app.checkbox(key="train-has-student").check()
    app.number_input(key="train-members").set_value(1).run()
    assert "A student needs an ensemble" in app.error[0].value
    assert is_off(app)


def test_a_missing_parser_is_told_before_the_start(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "find_parsers", list)
    app = open_page("train")
    app.selectbox(key="train-architecture").select("syntax_gcn").run()
    assert "No dependency parser is installed here" in app.error[0].value.replace("\\", "")
    assert is_off(app)
    monkeypatch.setattr(parsers, "find_parsers", lambda: ["en_core_web_sm"])
    app.run()
    assert not is_off(app)


def test_memory_is_estimated_for_an_encoder_on_this_machine_only(open_page: OpenPage) -> None:
    app = open_page("train")
    assert "Memory: at most about" in texts(app)
    app.selectbox(key="train-preset").select("dare-paper").run()
    assert "can be told once the encoder is on this machine" in texts(app)


def test_teachers_and_student_take_their_share_of_the_time_and_of_the_bar() -> None:
    params = RetrainParams(num_members=5, has_soft_labels=True, has_student=True)
    assert training_estimate.count_models(params) == 9
    assert job_progress.count_parts(Job(id="t", kind=JobKind.RETRAIN, project_id=1, params=params.to_json())) == 9


def test_a_joint_training_is_named_without_members() -> None:
    params = RetrainParams.from_json({"architecture": "joint"}).to_json()
    job = Job(id="t", kind=JobKind.RETRAIN, project_id=1, params=params)
    assert training_runs.name_training(job) == "joint · 12 epochs"


def test_every_setting_of_a_run_has_a_widget() -> None:
    without = {"encoder", "may_download", "device"}
    assert {field.name for field in fields(RetrainParams)} - without == set(train_options.NAMES)
    assert len(train_options.NAMES) == len(set(train_options.NAMES))


def test_an_encoder_without_a_name_is_refused(open_page: OpenPage, session: Session) -> None:
    app = open_page("train")
    app.selectbox(key="train-encoder").select("Another, by folder or name").run()
    assert "No encoder is named" in app.error[0].value
    assert is_off(app) and asked_jobs(session) == []


def test_an_encoder_that_may_not_be_here_is_warned_about(open_page: OpenPage, tmp_path: Path) -> None:
    app = open_page("train")
    app.selectbox(key="train-preset").select("dare-paper").run()
    assert "There is no folder google" in app.warning[0].value and not is_off(app)
    app.checkbox(key="train-download").check().run()
    assert not app.warning
    app.checkbox(key="train-download").uncheck()
    app.text_input(key="train-own-encoder").input(str(tmp_path)).run()
    assert not app.warning


def test_a_pulled_encoder_is_offered_by_its_name_and_needs_no_download(
    open_page: OpenPage, session: Session, settings: Settings
) -> None:
    place_pulled(settings, "google-bert/bert-large-uncased", fill=write_config)
    place_pulled(settings, "openai-community/gpt2", kind="generator")
    app = open_page("train")
    assert "openai-community/gpt2" not in app.selectbox(key="train-encoder").options
    app.selectbox(key="train-preset").select("dare-paper").run()
    assert app.selectbox(key="train-encoder").value == "google-bert/bert-large-uncased"
    assert not app.warning and "Memory: at most about" in texts(app)
    press(app, "Start training")
    params = RetrainParams.from_json(asked_jobs(session)[0].params)
    assert (params.encoder, params.may_download) == ("google-bert/bert-large-uncased", False)


def write_config(folder: Path) -> None:
    shape = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
    (folder / "config.json").write_text(json.dumps(shape | {"vocab_size": 30522, "max_position_embeddings": 512}))


def test_the_field_for_another_encoder_knows_good_ones_of_the_hub(open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="train-encoder").select("Another, by folder or name").run()
    known = app.text_input(key="train-own-encoder").help
    assert "`dare models pull bioformers/bioformer-8L`" in known and "GPT-2" not in known


def test_a_project_without_relations_cannot_be_trained(open_page: OpenPage, session: Session) -> None:
    empty = create_project(session, "Empty", template="chemical-disease")
    session.commit()
    app = open_page("train", project=str(empty))
    assert "No training document has an approved relation" in app.error[0].value
    assert next(button for button in app.button if button.label == "Start training").disabled


def test_the_data_table_counts_relations_by_split(open_page: OpenPage) -> None:
    table = open_page("train").dataframe[0].value
    assert list(table.columns) == ["label", "training", "development", "test", "synthetic"]
    assert table.iloc[0]["label"] == "CID" and table.iloc[0]["training"] > 0


def test_a_running_training_shows_stage_member_and_progress(open_page: OpenPage, session: Session) -> None:
    job = add_training(session)
    jobs.start_job(session, job.id)
    jobs.set_stage(session, job.id, "member")
    points = [{"fraction": 0.2, "epoch": 0.5, "loss": 0.7}]
    jobs.upsert_progress(session, job.id, "member-1", fraction=1.0, message="done", points=points)
    jobs.upsert_progress(session, job.id, "member-2", fraction=0.5, message="epoch 3 of 5", points=points)
    session.commit()
    app = open_page("train")
    assert "Training members · member 2 of 2" in texts(app).replace("\\", "")
    assert "running" in texts(app)
    assert any(button.label == "Cancel" for button in app.button)


def test_a_joint_training_tells_its_scores_and_draws_no_negated_score_as_a_loss(
    open_page: OpenPage, session: Session
) -> None:
    job = add_training(session, architecture="joint", method="gold", num_members=1)
    jobs.start_job(session, job.id)
    points = [
        {"fraction": 0.5, "epoch": 1.0, "loss": 0.7},
        {"fraction": 0.5, "validation_loss": -1.3, "mentions": 0.9, "strict": 0.4},
    ]
    jobs.upsert_progress(session, job.id, "joint", fraction=0.5, message="epoch 2 of 2", points=points)
    session.commit()
    said = texts(open_page("train")).replace("\\", "")
    assert "F1 on development data after the latest epoch: mentions 0.900 · strict 0.400" in said
    assert "validation_loss" not in said
    assert "Points: validation loss" not in said


def test_a_failed_training_says_why_and_can_be_retried(open_page: OpenPage, session: Session) -> None:
    job = add_training(session)
    jobs.start_job(session, job.id)
    jobs.end_job(session, job.id, JobState.FAILED, error="The loss became nan.")
    session.commit()
    app = open_page("train")
    assert "The loss became nan" in texts(app)
    press(app, "Retry")
    session.expire_all()
    assert jobs.get_job(session, job.id).state is JobState.QUEUED


def test_a_finished_training_is_in_the_history_with_its_score(open_page: OpenPage, session: Session) -> None:
    job = add_training(session)
    jobs.start_job(session, job.id)
    result = {"f1": 0.5, "split": "test", "protocol": "classification", "model": "dare-2xcls", "notes": ["A note."]}
    jobs.finish_job(session, job.id, result=result)
    session.commit()
    app = open_page("train")
    history = app.dataframe[1].value
    assert (history.iloc[0]["F1"], history.iloc[0]["model"], history.iloc[0]["split"]) == (
        "0.500",
        "dare-2xcls",
        "test",
    )
    assert r"A note\." in texts(app)


def test_every_method_and_architecture_has_a_name() -> None:
    assert set(METHOD_NAMES) == set(METHODS)
    assert set(ARCHITECTURE_NAMES) == set(ARCHITECTURE_NOTES) == set(ARCHITECTURES)


@pytest.mark.parametrize(
    ("train", "dev", "problem"),
    [
        (NOTHING, NOTHING, "No training document"),
        (SplitData(1, 4, {"CID": 3}), NOTHING, "One document alone"),
        (SplitData(3, 9, {"CID": 3}), SplitData(2, 4, {}), "The development documents"),
    ],
)
def test_too_little_data_is_refused_with_what_to_do(train: SplitData, dev: SplitData, problem: str) -> None:
    found = training_data.find_problems({Split.TRAIN: train, Split.DEV: dev, Split.TEST: NOTHING})
    assert len(found) == 1 and found[0].startswith(problem)


def test_few_examples_and_no_synthetic_sentences_are_warned_about() -> None:
    data = {Split.TRAIN: SplitData(3, 9, {"A": 30, "B": 2}), Split.DEV: NOTHING, Split.TEST: NOTHING}
    few, nothing_to_add = training_data.find_warnings(data, ("A", "B"), {})
    assert "B has 2" in few and "A has" not in few
    assert "DARE has nothing to add" in nothing_to_add
    assert len(training_data.find_notes(data)) == 2


def test_time_is_estimated_only_from_a_training_with_the_same_encoder() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    params = RetrainParams(num_members=2, num_epochs=5)
    end = start + timedelta(hours=1)  # most of which it waited for another job
    job = Job(id="t", kind=JobKind.RETRAIN, project_id=1, params=asdict(params), started_at=start, finished_at=end)
    assert training_estimate.measure_pace(job, RetrainParams()) is None
    job.result = {"seconds": 100.0}
    pace = training_estimate.measure_pace(job, RetrainParams())
    assert pace is not None and pace.seconds_by_epoch == 10.0
    assert training_estimate.measure_pace(job, RetrainParams(encoder="other")) is None
    assert training_estimate.measure_pace(job, RetrainParams.from_json({"architecture": "redn"})) is None


def test_without_a_finished_training_no_time_is_claimed(open_page: OpenPage) -> None:
    assert train_estimate.UNKNOWN in texts(open_page("train"))


def test_the_time_left_follows_from_the_pace_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(job_progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(job_progress.st, "session_state", {})
    assert job_progress.remaining_seconds("j", 0.2) is None
    assert job_progress.remaining_seconds("j", 0.4) == pytest.approx(30.0)  # 0.2 in 10 s, 0.6 to go


def test_parts_count_the_same_and_those_not_begun_count_as_nothing() -> None:
    half = jobs.JobProgress(job_id="j", part="member-1", fraction=0.5)
    assert overall_fraction([half], 2) == 0.25


def test_the_scoring_does_not_fill_the_bar_before_the_student_is_trained() -> None:
    done = [jobs.JobProgress(job_id="j", part=part, fraction=1.0) for part in ("member-1", "member-2", "evaluate")]
    assert overall_fraction(done, 3) == pytest.approx(2 / 3)


def test_the_end_of_a_long_log_starts_with_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(f"line {number}\n" for number in range(2000)))
    tail = read_tail(path)
    assert tail.startswith("line ") and tail.endswith("line 1999\n")
