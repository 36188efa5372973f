"""`dare jobs` and what queues a prediction: listed, shown, cancelled, retried, without running any."""

import json
from pathlib import Path

import pytest

from core.domain import JobKind, JobState
from db.queries import jobs, models, projects, users
from db.session import Session
from tests.core.cli_desk import CliDesk


class Engine:
    """What `core.jobs.client` asks of the job engine, written down."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def enqueue(self, _job_id: str, kind: JobKind) -> None:
        self.asked.append(f"enqueue {kind}")

    def cancel(self, job_id: str) -> None:
        self.asked.append(f"cancel {job_id}")

    def settle(self, job_id: str) -> None:
        self.asked.append(f"settle {job_id}")

    def rerun(self, job_id: str, _kind: JobKind) -> None:
        self.asked.append(f"rerun {job_id}")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr("core.jobs.client._job_engine", lambda _settings: engine)
    monkeypatch.setattr("core.jobs.supervisor.prepare", lambda _settings: None)
    return engine


@pytest.fixture
def desk(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> CliDesk:
    """A desk with a failed training "a" and a waiting generation "b"."""
    desk = CliDesk(tmp_path / "home", migrated_file, monkeypatch)

    def fill(session: Session) -> None:
        (project,) = projects.list_projects(session)
        for job_id, kind in (("a", JobKind.RETRAIN), ("b", JobKind.GENERATE)):
            jobs.add_job(session, job_id, kind, project_id=project.id, params={})
        jobs.upsert_progress(session, "a", "member-0", fraction=0.5, message="epoch 2")
        jobs.end_job(session, "a", JobState.FAILED, error="out of memory")

    desk.change(fill)
    return desk


def test_jobs_are_listed_by_state_and_shown_with_progress_and_logs(desk: CliDesk) -> None:
    assert [one["job_id"] for one in desk.read("jobs", "list", "p", "--state", "queued")["jobs"]] == ["b"]
    assert "a retrain failed" in desk.dare("jobs", "list", "--kind", "retrain").stdout
    log = desk.settings.logs_path / "jobs" / "a-member-0.log"
    log.parent.mkdir(parents=True)
    log.write_text("", encoding="utf-8")
    shown = desk.read("jobs", "show", "a")
    assert (shown["error"], shown["logs"]) == ("out of memory", [str(log)])
    assert [(one["part"], one["fraction"]) for one in shown["progress"]] == [("member-0", 0.5)]


def add_imports(session: Session) -> None:
    """Add an import that was refused, one that was stored, and one that runs."""
    (project,) = projects.list_projects(session)
    for job_id, source in (("bad", "bad notes.csv"), ("good", "good.txt"), ("now", "long.jsonl")):
        params = {"path": f"/uploads/{job_id}", "source": source}
        jobs.add_job(session, job_id, JobKind.INGEST, project_id=project.id, params=params)
        jobs.start_job(session, job_id)
    jobs.upsert_progress(session, "now", "ingest", fraction=0.4, message="checking")
    for job_id, is_refused in (("bad", True), ("good", False)):
        jobs.finish_job(session, job_id, result={"refused": is_refused, "report": None, "outcome": None})


def test_a_listed_import_says_whether_it_was_refused_its_project_its_file_and_how_far_it_is(desk: CliDesk) -> None:
    desk.change(add_imports)
    lines = {line.split()[0]: line for line in desk.dare("jobs", "list").stdout.splitlines()}
    assert lines["bad"].startswith("bad ingest refused ") and lines["bad"].endswith(" in p, bad notes.csv")
    assert lines["good"].startswith("good ingest done ") and lines["good"].endswith(" in p, good.txt")
    assert lines["now"].startswith("now ingest running 40% ") and lines["now"].endswith(" in p, long.jsonl")
    assert lines["b"].startswith("b generate queued ") and lines["b"].endswith(" in p")
    assert desk.dare("jobs", "show", "bad").stdout.startswith("bad ingest refused ")


def test_a_listed_import_has_the_same_facts_in_json_beside_its_state(desk: CliDesk) -> None:
    desk.change(add_imports)
    found = {one["job_id"]: one for one in desk.read("jobs", "list")["jobs"]}
    assert [(found[one]["state"], found[one]["refused"]) for one in ("bad", "good", "now")] == [
        ("done", True),
        ("done", False),
        ("running", False),
    ]
    assert (found["bad"]["project"], found["bad"]["source"], found["b"]["source"]) == ("p", "bad notes.csv", None)
    assert [(one["part"], one["fraction"]) for one in found["now"]["progress"]] == [("ingest", 0.4)]


def test_a_running_job_of_several_parts_names_the_newest(desk: CliDesk) -> None:
    def run(session: Session) -> None:
        (project,) = projects.list_projects(session)
        jobs.add_job(session, "c", JobKind.RETRAIN, project_id=project.id, params={})
        jobs.start_job(session, "c")
        jobs.upsert_progress(session, "c", "member-1", fraction=1.0, message="done")
        jobs.upsert_progress(session, "c", "member-0", fraction=0.25, message="epoch 1")

    desk.change(run)
    assert "c retrain running 25% of member-0 " in desk.dare("jobs", "list").stdout


def test_a_job_is_cancelled_and_run_again(desk: CliDesk, engine: Engine) -> None:
    assert desk.read("jobs", "cancel", "b") == {"job_id": "b", "state": "cancelled"}
    assert desk.read("jobs", "retry", "a") == {"job_id": "a"}
    assert engine.asked == ["cancel b", "settle a", "rerun a"]
    assert desk.read("jobs", "show", "a")["state"] == "queued"


def test_waiting_for_a_failed_job_fails_with_its_reason(desk: CliDesk) -> None:
    assert "Job a failed: out of memory" in desk.refuse("jobs", "wait", "a")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "x"], "Job 'x' does not exist"),
        (["cancel", "x"], "Job 'x' does not exist"),
        (["retry", "b"], "Job b is queued and no longer failed or cancelled"),
        (["list", "nowhere"], "No project 'nowhere'"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    desk: CliDesk,
    engine: Engine,  # noqa: ARG001
    words: list[str],
    message: str,
) -> None:
    assert message in desk.refuse("jobs", *words)


def add_models(session: Session) -> None:
    (project,) = projects.list_projects(session)
    for name in ("old", "new"):
        models.add_model(
            session,
            project_id=project.id,
            name=name,
            architecture="cls",
            kind="ensemble",
            artifact_key=name,
            metrics={"data_hash": name},
        )


def test_promoting_and_rolling_back_a_model_predict_anew_and_name_who_did_it(desk: CliDesk, engine: Engine) -> None:
    desk.change(add_models)
    desk.read("models", "promote", "old")
    assert desk.read("models", "promote", "new", "--reviewer", "ada")["kind"] == "ensemble"
    assert desk.read("models", "rollback", "p")["promoted"] == "old"
    assert desk.read("models", "rollback", "p")["promoted"] is None
    assert engine.asked == ["enqueue predict"] * 4
    assert "ada" in desk.change(users.get_user_names).values()
    assert desk.read("models", "archive", "new")["archived"] == "new"
    assert "No ensemble is promoted" in desk.refuse("models", "rollback", "p")
    assert "No project has a model 'x'" in desk.refuse("models", "promote", "x")


def test_models_without_labels_of_single_items_are_not_compared(desk: CliDesk, engine: Engine) -> None:  # noqa: ARG001
    desk.change(add_models)
    assert "new has no other ensemble promoted in p" in desk.refuse("models", "compare", "new")
    desk.read("models", "promote", "old")
    assert "old has no stored labels of single items" in desk.refuse("models", "compare", "new")


def test_before_any_is_promoted_a_model_is_compared_with_the_shipped_one(desk: CliDesk) -> None:
    desk.change(add_models)
    folder = desk.settings.home / "artifacts" / "new" / "evaluate"
    folder.mkdir(parents=True)
    gold, nothing = {"a": ["CID"], "b": []}, {"a": [], "b": []}
    shipped = {"name": "starter-chemical-disease", "labels": nothing, "scores": {"micro": {"f1": 0.0}}}
    content = {"labels": gold, "gold_labels": gold, "scores": {"micro": {"f1": 1.0}}, "shipped": shipped}
    (folder / "result.json").write_text(json.dumps(content))
    found = desk.read("models", "compare", "new")
    assert (found["current"], found["current_f1"], found["only_candidate"]) == ("starter-chemical-disease", 0.0, 1)


def test_the_open_sentences_of_a_project_are_predicted_by_a_job(desk: CliDesk, engine: Engine) -> None:
    assert "job_id" in desk.read("project", "predict", "p")
    assert engine.asked == ["enqueue predict"]


def test_the_card_of_a_trained_model_has_all_its_scores_in_json(desk: CliDesk) -> None:
    desk.change(add_models)
    assert desk.read("models", "card", "new")["metrics"] == {"data_hash": "new"}


@pytest.mark.parametrize("command", ["train", "generate"])
def test_whoever_starts_a_job_is_recorded(desk: CliDesk, engine: Engine, command: str) -> None:
    job_id = desk.read(command, "p", "--reviewer", "Ada")["job_id"]

    def read(session: Session) -> str:
        user_id = jobs.get_job(session, job_id).user_id
        return users.get_user_names(session)[user_id] if user_id else ""

    assert desk.change(read) == "Ada" and len(engine.asked) == 1
