"""Measures what a curator waits for: `python -m tests.benchmarks.loop`.

Starts the app in an empty home and prints seconds from `dare` to a page that can be used and to a worker with
its models loaded, from pasting a 300-word abstract to stored predictions, of one training epoch, and
milliseconds from a key to the next card.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from core.domain import JobKind, JobState
from core.jobs import client
from core.settings import Settings
from core.starter.demo import read_demo
from db.queries import jobs, projects, users
from tests.browser.conftest import FLAGS, find_chromium
from tests.browser.walk import App

NUM_PASTES = 5
NUM_KEYS = 30
KEY_TO_CARD = """key => new Promise(resolve => {
  const deck = document.querySelector('[data-testid=dare-deck]');
  const start = performance.now(), before = deck.dataset.item;
  const look = () => deck.dataset.item !== before
    ? requestAnimationFrame(() => resolve(performance.now() - start)) : requestAnimationFrame(look);
  document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  look();
})"""


def make_abstract(number: int) -> str:
    """Return about 300 words, different for each number."""
    words = " ".join(document.text for document in read_demo().documents).split()
    return " ".join(words[number * 150 : number * 150 + 300])


def run_job(app: App, kind: JobKind, project_id: int, params: dict[str, object]) -> float:
    """Run one job through the app's worker and return its seconds."""
    settings = Settings(home=app.home)
    start = time.perf_counter()
    with app.session() as session:
        user_id = users.get_or_add_user(session)
        job_id = client.enqueue(settings, session, kind, project_id=project_id, params=params, user_id=user_id)
    job = app.wait_for(lambda session: find_over(session, job_id), seconds=600)
    seconds = time.perf_counter() - start
    if job.state is not JobState.DONE:
        raise RuntimeError(job.error)
    return seconds


def find_over(session: "object", job_id: str) -> jobs.Job | None:
    """Return the job once it is over."""
    job = jobs.get_job(session, job_id)  # type: ignore[arg-type]
    return job if job.state.is_over else None


def epoch_seconds(app: App) -> float:
    """Return the seconds of one training epoch of the last retraining: the time between its points' epochs."""
    with app.session() as session:
        (job,) = jobs.list_jobs(session, kinds=[JobKind.RETRAIN], limit=1)
        (part,) = [one for one in jobs.get_progress(session, job.id) if one.part == "member-1"]
    if job.started_at is None or job.finished_at is None:
        raise RuntimeError("the training has no times")
    seconds = (job.finished_at - job.started_at).total_seconds()
    return seconds / max(point["epoch"] for point in part.values if "epoch" in point)


def key_to_card(app: App, page: Page, project_id: int) -> list[float]:
    """Press skip and measure until the next card is painted, in milliseconds."""
    page.goto(f"{app.address}/annotate?project={project_id}")
    page.get_by_test_id("dare-text").wait_for()
    page.wait_for_timeout(1000)
    return [float(page.evaluate(KEY_TO_CARD, " ")) for _ in range(NUM_KEYS)]


def measure(home: Path) -> dict[str, str]:
    """Run every measurement and return the table's rows."""
    rows: dict[str, str] = {}
    app = App(home)
    start = time.perf_counter()
    app.start()
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page()
            page.goto(app.address)
            page.get_by_text("Class balance").wait_for()
            rows["`dare` to a page that can be used"] = f"{time.perf_counter() - start:.1f} s"
            app.wait_for(lambda session: any(w.state == "ready" for w in jobs.list_workers(session)), seconds=120)
            rows["`dare` to loaded models"] = f"{time.perf_counter() - start:.1f} s"
            with app.session() as session:
                project_id = projects.list_projects(session)[0].id
            pastes = [
                run_job(app, JobKind.INGEST, project_id, {"text": make_abstract(n), "predict": True})
                for n in range(NUM_PASTES)
            ]
            rows["paste of 300 words to stored predictions"] = spread(pastes, "s")
            run_job(app, JobKind.RETRAIN, project_id, {"method": "gold", "num_members": 1, "num_epochs": 1})
            rows["one member, one epoch, on the demo project, with start and scoring"] = f"{epoch_seconds(app):.1f} s"
            rows["key to next card"] = spread(key_to_card(app, page, project_id), "ms")
            browser.close()
    finally:
        app.stop()
    return rows


def spread(values: list[float], unit: str) -> str:
    """Return median and worst of several measurements."""
    return f"median {statistics.median(values):.2f} {unit}, worst {max(values):.2f} {unit} (n = {len(values)})"


def main(say: Callable[[str], object] = sys.stdout.write) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder) / "home")
    say(f"{os.cpu_count()} cores\n\n| figure | measured |\n|---|---|\n")
    for name, value in rows.items():
        say(f"| {name} | {value} |\n")


if __name__ == "__main__":
    main()
