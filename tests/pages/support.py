"""What tests of pages share: how a page is opened, and what it says."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

OpenPage = Callable[..., AppTest]


def texts(app: AppTest) -> str:
    """Return every line that a page says outside widgets, one under the other."""
    found = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.title, *app.subheader]
    return "\n".join(element.value for element in found)
