"""The whole curation loop in a real browser, from an empty home to an identical re-import."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.domain import JobKind, JobState, Split, State
from core.workflows.data_in.ingest import import_file
from core.workflows.data_out.export import ExportFilter, export_project
from core.workflows.projects import create_project
from db.queries import annotations, jobs, models, projects, queue, synthetic
from db.session import make_engine, migrate, session_scope
from tests.browser.harness.desk import WORD_RECT
from tests.browser.walk import App, write_gold_files

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "Walk"
SPLIT_NAMES = {Split.TRAIN: "Training", Split.DEV: "Development", Split.TEST: "Test"}
ABSTRACT = (
    "Tremor after zolperidol in an older woman. A 71-year-old woman developed tremor and confusion two days after "
    "starting lithium carbonate for bipolar disorder. Lithium was withdrawn and the tremor resolved within a week. "
    "Propranolol was given for hypertension and caused bradycardia. No seizures were observed."
)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = App(tmp_path / "home")
    app.start()
    yield app
    app.stop()


def test_the_whole_loop(app: App, page: "Page", tmp_path: Path) -> None:
    page.set_default_timeout(30_000)
    project_id = create_and_fill(app, page, tmp_path)
    sentence_id = correct(app, page, project_id)
    restart(app, page, project_id, sentence_id)
    generate(app, page, project_id)
    review_synthetic(app, page, project_id)
    model = train_cancel_kill_resume(app, page, project_id)
    promote_and_predict(app, page, project_id, model)
    export_and_reimport(app, project_id, tmp_path)


def open_page(app: App, page: "Page", name: str, project_id: int, **query: object) -> None:
    words = "&".join(f"{key}={value}" for key, value in {"project": project_id, **query}.items())
    page.goto(f"{app.address}/{name}?{words}")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(state="attached")


def create_and_fill(app: App, page: "Page", tmp_path: Path) -> int:
    """Step 2: a demo is there; a second project gets gold files and a pasted abstract."""
    page.goto(app.address)
    page.get_by_text("Demo: drugs and their side effects").first.wait_for()
    page.get_by_text("New project", exact=True).click()
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("button", name="Create project").click()
    project = app.wait_for(lambda session: projects.find_project(session, NAME), seconds=120)
    assert project.template == "chemical-disease"
    for split, path in write_gold_files(tmp_path).items():
        upload(app, page, project.id, path, split)
    open_page(app, page, "upload", project.id)
    page.get_by_label("Text", exact=True).fill(ABSTRACT)
    page.get_by_role("button", name="Read and predict").click()
    page.get_by_text(re.compile(r"mention")).first.wait_for()
    job = app.wait_for(lambda session: find_done(session, project.id, JobKind.INGEST, 4), seconds=300)
    assert job.result is not None
    assert job.result["prediction"]["mentions"] >= 4
    return project.id


def upload(app: App, page: "Page", project_id: int, path: Path, split: Split) -> None:
    open_page(app, page, "upload", project_id)
    page.get_by_role("combobox", name=re.compile("Split")).click()
    page.get_by_role("option", name=SPLIT_NAMES[split]).click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text(path.name).first.wait_for()
    number = len(list_done(app, project_id)) + 1
    page.get_by_role("button", name=re.compile("^Import")).click()
    app.wait_for(lambda session: find_done(session, project_id, JobKind.INGEST, number), seconds=120)


def list_done(app: App, project_id: int) -> list[jobs.Job]:
    with app.session() as session:
        return jobs.list_jobs(session, project_id=project_id, kinds=[JobKind.INGEST], states=[JobState.DONE])


def find_done(session: "object", project_id: int, kind: JobKind, number: int) -> jobs.Job | None:
    """Return the newest done job once there are `number` of its kind."""
    found = jobs.list_jobs(session, project_id=project_id, kinds=[kind], states=[JobState.DONE])  # type: ignore[arg-type]
    failed = jobs.list_jobs(session, project_id=project_id, kinds=[kind], states=[JobState.FAILED])  # type: ignore[arg-type]
    assert not failed, [job.error for job in failed]
    return found[0] if len(found) >= number else None


def correct(app: App, page: "Page", project_id: int) -> int:
    """Step 3: delete, add with the mouse, retype, relate, reject one, accept the rest, undo."""
    sentence = find_sentence(app, project_id, "Propranolol was given")
    open_page(app, page, "annotate", project_id, document=sentence.document_id, sentence=sentence.id)
    page.get_by_test_id("dare-text").wait_for()
    for mention in sentence.mentions:  # start from a bare sentence, whatever the model found
        click_words(page, sentence.text[mention.start : mention.end])
        page.keyboard.press("Delete")
        app.wait_for(lambda s, gone=mention.id: all(m.id != gone for m in view(s, sentence.id).mentions), seconds=120)
    add(app, page, sentence.id, "2", "Propranolol", "Disease")  # the wrong type, on purpose
    click_words(page, "Propranolol")
    page.keyboard.press("1")
    app.wait_for(lambda s: view(s, sentence.id).mentions[0].entity_type == "Chemical", seconds=120)
    page.keyboard.press("Escape")
    add(app, page, sentence.id, "2", "hypertension", "Disease")
    add(app, page, sentence.id, "2", "bradycardia", "Disease")
    click_words(page, "Propranolol")
    click_words(page, "bradycardia")
    app.wait_for(lambda s: view(s, sentence.id).relations, seconds=120)
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    app.wait_for(lambda s: view(s, sentence.id).state is State.ACCEPTED, seconds=120)
    page.keyboard.press("u")
    app.wait_for(lambda s: view(s, sentence.id).state is State.PENDING, seconds=120)
    page.keyboard.press("a")
    app.wait_for(lambda s: view(s, sentence.id).state is State.ACCEPTED, seconds=120)
    reject_one_accept_the_rest(app, page, project_id)
    return sentence.id


def add(app: App, page: "Page", sentence_id: int, digit: str, words: str, entity_type: str) -> None:
    page.keyboard.press(digit)
    left, top, right, bottom = page.get_by_test_id("dare-text").evaluate(WORD_RECT, words)
    page.mouse.move(left + 1, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, top)
    page.mouse.move(right - 1, bottom)
    page.mouse.up()

    def is_there(session: "object") -> bool:
        found = view(session, sentence_id)
        return any(found.text[m.start : m.end] == words and m.entity_type == entity_type for m in found.mentions)

    app.wait_for(is_there, seconds=120)
    page.keyboard.press("Escape")


def click_words(page: "Page", words: str) -> None:
    left, top, right, _ = page.get_by_test_id("dare-text").evaluate(WORD_RECT, words)
    page.mouse.click((left + right) / 2, top)


def view(session: "object", sentence_id: int) -> annotations.SentenceView:
    return annotations.get_sentence_view(session, sentence_id)  # type: ignore[arg-type]


def find_sentence(app: App, project_id: int, words: str) -> annotations.SentenceView:
    with app.session() as session:
        found = queue.get_queue_page(session, queue.QueueFilter(project_id, state=State.PENDING), limit=200)
        views = annotations.get_sentence_views(session, found.sentence_ids)
    return next(one for one in views if words in one.text)


def reject_one_accept_the_rest(app: App, page: "Page", project_id: int) -> None:
    sentence = find_sentence(app, project_id, "71-year-old woman developed")
    assert len(sentence.mentions) >= 2, "the starter should find chemicals and diseases here"
    open_page(app, page, "annotate", project_id, document=sentence.document_id, sentence=sentence.id)
    page.get_by_test_id("dare-text").wait_for()
    victim = sentence.mentions[0]
    click_words(page, sentence.text[victim.start : victim.end])
    page.keyboard.press("x")
    app.wait_for(lambda s: all(m.id != victim.id for m in view(s, sentence.id).mentions), seconds=120)
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    app.wait_for(lambda s: view(s, sentence.id).state is State.ACCEPTED, seconds=120)
    with app.session() as session:
        assert all(m.state is State.ACCEPTED for m in view(session, sentence.id).mentions)


def restart(app: App, page: "Page", project_id: int, sentence_id: int) -> None:
    """What was decided survives a reload and a restart."""
    with app.session() as session:
        before = view(session, sentence_id)
    page.reload()
    app.stop()
    app.start()
    open_page(app, page, "annotate", project_id, document=before.document_id, sentence=sentence_id)
    page.get_by_test_id("dare-text").wait_for()
    page.get_by_text("bradycardia").first.wait_for()
    with app.session() as session:
        assert view(session, sentence_id) == before
    app.wait_for(lambda s: any(w.state in ("ready", "busy") for w in jobs.list_workers(s)), seconds=120)


def generate(app: App, page: "Page", project_id: int) -> None:
    """Step 4: fifty sentences for CID in the background, with progress."""
    open_page(app, page, "synthetic", project_id)
    page.get_by_role("combobox", name=re.compile("Labels")).click()
    page.get_by_role("option", name=re.compile("CID")).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_role("progressbar").first.wait_for()
    app.wait_for(lambda s: find_done(s, project_id, JobKind.GENERATE, 1), seconds=1500)
    with app.session() as session:
        generated = synthetic.count_synthetic(session, project_id)["CID"]
    assert generated[State.PENDING] == 50


def review_synthetic(app: App, page: "Page", project_id: int) -> None:
    """Step 4, end: keys accept, reject and edit some of them."""
    open_page(app, page, "synthetic", project_id)
    page.get_by_test_id("dare-text").wait_for()
    for key in "aaaaaxx":
        page.keyboard.press(key)
    app.wait_for(lambda s: count(s, project_id, State.ACCEPTED) == 5, seconds=120)
    app.wait_for(lambda s: count(s, project_id, State.REJECTED) == 2, seconds=120)
    page.keyboard.press("e")
    box = page.get_by_test_id("dare-deck").locator("textarea")
    box.fill(box.input_value().replace(".", " in this study.", 1))
    box.press("Control+Enter")
    app.wait_for(lambda s: count(s, project_id, State.CORRECTED) == 1, seconds=120)


def count(session: "object", project_id: int, state: State) -> int:
    return synthetic.count_synthetic(session, project_id)["CID"].get(state, 0)  # type: ignore[arg-type]


def train_cancel_kill_resume(app: App, page: "Page", project_id: int) -> models.ModelView:
    """Step 5: start, cancel, start again, kill the worker in member 2; member 1 is not trained twice."""
    start_training(page, app, project_id)
    app.wait_for(lambda s: find_active(s, project_id), seconds=120)
    page.get_by_role("button", name="Cancel").click()
    app.wait_for(lambda s: jobs.list_jobs(s, project_id=project_id, states=[JobState.CANCELLED]), seconds=120)
    start_training(page, app, project_id)
    job = app.wait_for(lambda s: find_active(s, project_id), seconds=120)
    page.get_by_text(re.compile("epoch", re.IGNORECASE)).first.wait_for()
    app.wait_for(lambda s: any(p.part == "member-2" for p in jobs.get_progress(s, job.id)), seconds=300)
    run_path = app.home / "artifacts" / "runs" / job.id
    finished = (run_path / "member-1" / "done.json").stat().st_mtime_ns
    os.kill(app.find_worker(), signal.SIGKILL)
    app.wait_for(lambda s: find_done(s, project_id, JobKind.RETRAIN, 1), seconds=600)
    assert (run_path / "member-1" / "done.json").stat().st_mtime_ns == finished
    with app.session() as session:
        (model,) = models.list_models(session, project_id)
    assert model.metrics["split"] == "test"
    assert set(model.metrics["scores"]["by_label"]) == {"CID"}
    return model


def start_training(page: "Page", app: App, project_id: int) -> None:
    open_page(app, page, "train", project_id)
    page.get_by_role("spinbutton", name="Members").fill("2")
    page.get_by_role("spinbutton", name="Members").press("Tab")
    page.get_by_role("spinbutton", name="Epochs").fill("2")
    page.get_by_role("spinbutton", name="Epochs").press("Tab")
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("button", name="Cancel").wait_for()


def find_active(session: "object", project_id: int) -> jobs.Job | None:
    found = jobs.list_jobs(
        session,  # type: ignore[arg-type]
        project_id=project_id,
        kinds=[JobKind.RETRAIN],
        states=[JobState.QUEUED, JobState.RUNNING],
    )
    return found[0] if found else None


def promote_and_predict(app: App, page: "Page", project_id: int, model: models.ModelView) -> None:
    """Step 5, end: the candidate's scores are shown; once promoted, new predictions come from it."""
    open_page(app, page, "models", project_id)
    page.get_by_text(re.compile("mention-pair classification")).locator("visible=true").first.wait_for()
    page.get_by_role("button", name="Promote").click()
    app.wait_for(lambda s: models.find_promoted(s, project_id), seconds=120)
    open_page(app, page, "upload", project_id)
    page.get_by_label("Text", exact=True).fill("Severe nausea was induced by codeine in nine patients.")
    page.get_by_role("button", name="Read and predict").click()
    job = app.wait_for(lambda s: find_done(s, project_id, JobKind.INGEST, 5), seconds=300)
    assert job.result is not None
    assert job.result["prediction"]["model"] == model.name


def export_and_reimport(app: App, project_id: int, tmp_path: Path) -> None:
    """Step 6: the curated data as JSONL and PubTator, imported into an empty home, gives identical files."""
    for form in ("jsonl", "pubtator"):
        with app.session() as session:
            written, _ = export_project(session, project_id, ExportFilter(), format_name=form)
        first = tmp_path / f"export.{form}"
        first.write_bytes(written.data)
        engine = make_engine(f"sqlite:///{tmp_path / form}.db")
        migrate(engine)
        with session_scope(engine) as session:
            empty = create_project(session, "Empty", template="chemical-disease")
            assert not import_file(session, empty, first)["refused"]
            again, _ = export_project(session, empty, ExportFilter(), format_name=form)
        engine.dispose()
        assert again.data == first.read_bytes()
