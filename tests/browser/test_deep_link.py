"""The app in a browser: any page may be the first, the project stays, nothing is fetched from elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.settings import Settings
from core.workflows.projects import create_project
from db.session import make_engine, session_scope
from tests.browser.conftest import StartServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SERVE = (
    "import sys, app; from core.settings import Settings; app.serve(Settings(home=sys.argv[1], port=int(sys.argv[2])))"
)


def test_a_deep_link_on_a_fresh_server_runs_the_router(start_server: StartServer, page: "Page", tmp_path: Path) -> None:
    from playwright.sync_api import expect

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    url = start_server("-c", SERVE, str(tmp_path), "{port}")
    page.goto(f"{url}/train")
    expect(page.get_by_role("heading", name="What it learns from")).to_be_visible()
    expect(page.get_by_role("link", name="Models")).to_be_visible()
    expect(page).to_have_title("Train · DARE Curator")
    expect(page).to_have_url(f"{url}/train?project=1")
    outside = [one for one in asked if not one.startswith((url, "data:", "blob:"))]
    assert not outside, "nothing may be fetched from another machine"


def test_the_chosen_project_stays_over_menu_and_reload(start_server: StartServer, page: "Page", tmp_path: Path) -> None:
    from playwright.sync_api import expect

    url = start_server("-c", SERVE, str(tmp_path), "{port}")
    engine = make_engine(Settings(home=tmp_path).resolved_database_url)
    with session_scope(engine) as session:
        made = create_project(session, "Zeta", template="drug-drug")
    engine.dispose()
    page.goto(f"{url}/?project={made}")
    expect(page.get_by_role("heading", name="Zeta")).to_be_visible()
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_text("No training document has an approved relation")).to_be_visible()
    expect(page).to_have_url(f"{url}/train?project={made}")
    page.reload()
    expect(page.get_by_text("No training document has an approved relation")).to_be_visible()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Zeta")).to_be_visible()
    expect(page.get_by_text("Worker not running")).to_be_visible()
