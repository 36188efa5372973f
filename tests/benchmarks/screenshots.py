"""Makes README's pictures from the real app with its demo project: `python -m tests.benchmarks.screenshots`."""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from db.queries import jobs
from tests.browser.conftest import FLAGS, ROOT, find_chromium
from tests.browser.walk import App

FOLDER = ROOT / "pages" / "assets"
SIZE = (1280, 760)
COLOURS = 128
PAGES = {"home": "", "annotate": "annotate", "synthetic": "synthetic"}


def make_pictures(home: Path) -> None:
    """Start the app, wait until its model has read the demo, and save one picture a page."""
    app = App(home)
    app.start()
    try:
        app.wait_for(lambda session: any(w.state == "ready" for w in jobs.list_workers(session)), seconds=120)
        app.wait_for(lambda session: not jobs.list_jobs(session, states=jobs.ACTIVE_STATES), seconds=120)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
            for name, path in PAGES.items():
                page.goto(f"{app.address}/{path}")
                page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(state="attached")
                page.wait_for_timeout(2500)  # charts and arcs are drawn after the script has ended
                picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
                picture.save(FOLDER / f"{name}.png", optimize=True)
            browser.close()
    finally:
        app.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make_pictures(Path(folder) / "home")
