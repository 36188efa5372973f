"""Models: scores with their protocol, and which one predicts."""

import json
from typing import Any

import pytest

from core.domain import JobKind, JobState, ModelState
from core.settings import Settings
from core.workflows.model_library.promote import promote
from db.queries import jobs, models, projects, users
from db.session import Session
from pages.components.model_report import describe_settings
from tests.pages.support import OpenPage, asked_jobs, press, texts

MICRO = {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "tp": 2, "fp": 2, "fn": 0}
METRICS: dict[str, Any] = {
    "split": "test",
    "is_validation_score": False,
    "scores": {"protocol": "pairs given", "micro": MICRO, "macro_f1": 0.6667, "by_label": {"CID": MICRO}},
    "member_f1": [0.5, 0.7],
    "interval": {"low": 0.4, "high": 0.8},
    "threshold": {"threshold": 0.5, "f1": 0.6, "method": "validation"},
    "threshold_curve": [{"threshold": 0.5, "precision": 0.5, "recall": 1.0, "f1": 0.6667}],
    "confusion": [
        {"gold": "CID", "predicted": "CID", "count": 2},
        {"gold": "NO_RELATION", "predicted": "CID", "count": 2},
    ],
    "num_items": 4,
    "notes": ["A fifth was held out."],
}


@pytest.fixture
def project_id(session: Session) -> int:
    return projects.list_projects(session)[0].id


def add_model(session: Session, project_id: int, name: str, *, kind: str = "ensemble", **metrics: object) -> int:
    """Store a candidate with scores."""
    model_id = models.add_model(
        session,
        project_id=project_id,
        name=name,
        architecture="cls" if kind == "ensemble" else "joint",
        kind=kind,
        artifact_key=f"runs/{name}",
        metrics=METRICS | metrics,
        settings={"method": "dare", "num_members": 2, "preset": "dare-paper"},
        members=[models.MemberView(0, 3, f"runs/{name}/member-1", {"best_epoch": 1})],
    )
    session.commit()
    return model_id


def test_before_any_training_the_starter_is_in_use(open_page: OpenPage) -> None:
    said = texts(open_page("models"))
    assert "starter-chemical-disease" in said
    assert "## Scores on the development split of BC5CDR" in said and "# starter-chemical-disease\n" not in said


def test_a_score_carries_its_interval_protocol_and_split(
    open_page: OpenPage, session: Session, project_id: int
) -> None:
    add_model(session, project_id, "first")
    said = texts(open_page("models"))
    assert "F1 0.667, 95 % interval 0.400 to 0.800" in said
    assert "Protocol: pairs given; micro average over 4 pairs of the test split." in said
    assert r"A fifth was held out\." in said


def test_a_score_on_development_data_says_that_it_is_optimistic(
    open_page: OpenPage, session: Session, project_id: int
) -> None:
    add_model(session, project_id, "first", split="dev", is_validation_score=True)
    assert "expect less on new text" in texts(open_page("models"))


def test_the_tables_show_labels_members_and_confusion(open_page: OpenPage, session: Session, project_id: int) -> None:
    add_model(session, project_id, "first")
    app = open_page("models")
    tables = [table.value for table in app.dataframe]
    assert any("missed" in table.columns and table.iloc[0]["missed"] == 0 for table in tables)
    assert any("best epoch" in table.columns and list(table["seed"])[0] == 3 for table in tables)
    confusion = next(table for table in tables if "no relation" in table.columns)
    assert confusion.loc["no relation", "CID"] == 2 and confusion.loc["CID", "no relation"] == 0


def test_a_model_says_what_it_is_and_how_far_its_seeds_are_apart(
    open_page: OpenPage, session: Session, project_id: int
) -> None:
    add_model(session, project_id, "first")
    said = texts(open_page("models")).replace("\\", "")
    assert "ensemble of 2 cls members · method dare · preset dare-paper" in said
    # 0.5 and 0.7: mean 0.6, sample deviation 0.1 x sqrt 2.
    assert "Mean of the members 0.600 ± 0.141 (sd over 2 seeds); the vote of all 0.667." in said


def test_scores_by_situation_and_distance_are_tables(open_page: OpenPage, session: Session, project_id: int) -> None:
    parts = {"micro": MICRO, "macro_f1": 0.5, "protocol": "p", "by_label": {}}
    empty = {**parts, "micro": {**MICRO, "tp": 0, "fn": 0, "fp": 3, "f1": 0.0}}
    situations = {"EPO": parts, "No relation": empty}
    add_model(session, project_id, "first", by_situation=situations, by_distance={"0-5": parts})
    app = open_page("models")
    tables = [table.value for table in app.dataframe]
    (situation,) = next(table for table in tables if "relations" in table.columns).values.tolist()
    assert situation == ["same pair", 0.5, 1.0, 0.6667, 2]
    assert "No relation: 3 pairs wrongly related" in texts(app)
    distances = next(table for table in tables if "words between" in table.columns)
    assert distances.iloc[0]["words between"] == "0-5"


def test_one_member_alone_is_no_ensemble(open_page: OpenPage, session: Session, project_id: int) -> None:
    add_model(session, project_id, "first", member_f1=[0.5])
    assert "Members alone" not in texts(open_page("models"))


def test_only_the_settings_that_a_training_read_are_told() -> None:
    settings = {"architecture": "redn", "preset": "", "num_members": 2, "marking": "masks", "seed": 0}
    switches = {"has_student": True, "is_two_stage": False, "has_teacher_forcing": True}
    wanted = ["architecture redn", "members 2", "seed 0", "student"]
    assert describe_settings({**settings, **switches}) == wanted
    assert describe_settings({"architecture": "syntax_gcn", "num_epochs": 3}) == ["architecture syntax_gcn", "epochs 3"]


def test_a_joint_model_shows_every_protocol_and_is_counted_in_relations(
    open_page: OpenPage, session: Session, project_id: int
) -> None:
    parts = {"micro": MICRO, "macro_f1": 0.5, "protocol": "mentions (span and type exact)", "by_label": {}}
    add_model(session, project_id, "joint", kind="joint", protocols={"mentions": parts}, member_f1=[], confusion=[])
    app = open_page("models")
    assert "micro average over 4 gold relations" in texts(app)
    table = next(table.value for table in app.dataframe if "protocol" in table.value.columns)
    assert table.iloc[0]["protocol"] == "mentions (span and type exact)"


def test_the_page_says_which_model_is_used_for_what(open_page: OpenPage, session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    joint = add_model(session, project_id, "joint", kind="joint")
    promote(session, project_id, joint, user_id=user_id)
    session.commit()
    said = texts(open_page("models"))
    assert "in use: finds mentions and relations" in said
    assert "The shipped model" not in said
    promote(session, project_id, add_model(session, project_id, "first"), user_id=user_id)
    session.commit()
    app = open_page("models")
    assert "in use: finds mentions]" in texts(app) and "in use: labels pairs]" in texts(app)
    next(button for button in app.button if button.key == f"back-{joint}").click().run()
    session.expire_all()
    project = projects.get_project(session, project_id)
    assert project.joint_model_id is None and project.model_id is not None


def test_a_joint_model_is_not_compared_with_an_ensemble(open_page: OpenPage, session: Session, project_id: int) -> None:
    promote(session, project_id, add_model(session, project_id, "first"), user_id=users.get_or_add_user(session))
    add_model(session, project_id, "joint", kind="joint")
    assert "omparable" not in texts(open_page("models"))


def test_a_student_stands_below_its_ensemble(open_page: OpenPage, session: Session, project_id: int) -> None:
    add_model(session, project_id, "first")
    add_model(session, project_id, "first-student", student_of="first")
    add_model(session, project_id, "second")
    app = open_page("models")
    titles = [m.value for m in app.markdown if ":gray[trained" in m.value]
    names = [title.split("**")[1].replace("\\", "") for title in titles]
    assert names == ["second", "first", "first-student"]
    assert "Student F1 0.667 beside 0.667 of its ensemble" in texts(app)


def test_promoting_makes_the_model_predict_the_open_sentences(
    open_page: OpenPage, session: Session, project_id: int
) -> None:
    model_id = add_model(session, project_id, "first")
    press(open_page("models"), "Promote")
    session.expire_all()
    assert projects.get_project(session, project_id).model_id == model_id
    assert [job.kind for job in asked_jobs(session)] == [JobKind.PREDICT]


def test_rolling_back_returns_to_the_model_before(open_page: OpenPage, session: Session, project_id: int) -> None:
    first, second = (add_model(session, project_id, name) for name in ("first", "second"))
    for model_id in (first, second):
        promote(session, project_id, model_id, user_id=users.get_or_add_user(session))
    session.commit()
    press(open_page("models"), "Roll back")
    session.expire_all()
    assert projects.get_project(session, project_id).model_id == first


def test_a_candidate_can_be_put_aside(open_page: OpenPage, session: Session, project_id: int) -> None:
    model_id = add_model(session, project_id, "first")
    press(open_page("models"), "Archive")
    session.expire_all()
    assert models.get_model(session, model_id).state is ModelState.ARCHIVED


def test_a_candidate_is_compared_with_the_model_in_use(
    open_page: OpenPage, session: Session, project_id: int, settings: Settings
) -> None:
    gold = {"a": "CID", "b": "NO_RELATION", "c": "CID"}
    for name, labels in (("first", {**gold, "a": "NO_RELATION"}), ("second", gold)):
        folder = settings.home / "artifacts" / "runs" / name / "evaluate"
        folder.mkdir(parents=True)
        f1 = 1.0 if labels == gold else 0.667
        scores = {"micro": {"f1": f1}}
        content = json.dumps({"labels": labels, "gold_labels": gold, "scores": scores})
        (folder / "result.json").write_text(content)
    first = add_model(session, project_id, "first")
    add_model(session, project_id, "second")
    promote(session, project_id, first, user_id=users.get_or_add_user(session))
    session.commit()
    said = texts(open_page("models"))
    assert "F1 **+0.333** (0.667 → 1.000)" in said
    assert "Of 3 pairs, 1 are right only here and 0 only there, which may be chance (McNemar p = 1, exact)." in said


def test_the_first_candidate_is_compared_with_the_shipped_model(
    open_page: OpenPage, session: Session, project_id: int, settings: Settings
) -> None:
    folder = settings.home / "artifacts" / "runs" / "first" / "evaluate"
    folder.mkdir(parents=True)
    gold, nothing = {"a": ["CID"], "b": []}, {"a": [], "b": []}
    shipped = {"name": "starter-chemical-disease", "labels": nothing, "scores": {"micro": {"f1": 0.0}}}
    content = {"labels": gold, "gold_labels": gold, "scores": {"micro": {"f1": 1.0}}, "shipped": shipped}
    (folder / "result.json").write_text(json.dumps(content))
    add_model(session, project_id, "first")
    session.commit()
    assert "Against starter\\-chemical\\-disease: F1 **+1.000** (0.000 → 1.000)" in texts(open_page("models"))


def test_models_without_stored_labels_are_said_to_be_not_comparable(
    open_page: OpenPage, session: Session, project_id: int
) -> None:
    first = add_model(session, project_id, "first")
    add_model(session, project_id, "second")
    promote(session, project_id, first, user_id=users.get_or_add_user(session))
    session.commit()
    assert "Not comparable with first" in texts(open_page("models"))


def test_a_failed_prediction_is_shown_with_its_reason(open_page: OpenPage, session: Session, project_id: int) -> None:
    job = jobs.add_job(session, "p", JobKind.PREDICT, project_id=project_id, params={})
    jobs.start_job(session, job.id)
    jobs.end_job(session, job.id, JobState.FAILED, error="No model folder")
    session.commit()
    assert open_page("models").error[0].value == "No model folder"
