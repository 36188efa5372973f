"""What tests of pages share: how a page is opened, and what it says."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session

OpenPage = Callable[..., AppTest]


def texts(app: AppTest) -> str:
    """Return every line that a page says outside widgets, one under the other."""
    found = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.title, *app.subheader]
    return "\n".join(element.value for element in found)


def press(app: AppTest, label: str) -> None:
    """Press the first button of that label and run the page."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception


def asked_jobs(session: Session) -> list[Job]:
    """Return the jobs that a person asked for; the demo's own reading is nobody's."""
    return [job for job in jobs.list_jobs(session) if job.user_id is not None]
