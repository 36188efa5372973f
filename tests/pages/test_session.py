"""What every page starts with: escaping, errors in one line, the engine shared and the session not."""

import pytest

from core.errors import FormatError
from core.settings import Settings
from db.session import Session
from pages.components import session as current
from tests.pages.support import OpenPage


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 5 mg", "plain words, 5 mg"),
        ("<b>x</b>", r"\<b\>x\<\/b\>"),
        (":red[x] $y$ **z**", r"\:red\[x\] \$y\$ \*\*z\*\*"),
        ("[a](javascript:b)", r"\[a\]\(javascript\:b\)"),
        ("β-catenin", r"β\-catenin"),
    ],
)
def test_text_of_users_cannot_become_markup(text: str, shown: str) -> None:
    assert current.escape(text) == shown


def test_an_engine_is_shared_and_a_session_is_not(settings: Settings) -> None:
    engine = current.get_engine(settings.resolved_database_url)
    assert current.get_engine(settings.resolved_database_url) is engine
    with current.open_session() as first, current.open_session() as second:
        assert first is not second and first.get_bind() is engine


def test_an_error_raised_on_purpose_is_one_message_and_rolls_back(
    settings: Settings,  # noqa: ARG001 - the session needs the folder
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(current.st, "error", lambda text, **_: shown.append(text))
    with current.open_session():
        raise FormatError("Byte 0x80 is not UTF-8; save it again.", source="a.txt", line=2)
    assert shown == [current.escape("a.txt, line 2: Byte 0x80 is not UTF-8; save it again.")]


def test_an_action_that_fails_leaves_its_message_for_the_next_run(
    settings: Settings,  # noqa: ARG001 - the session needs the folder
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(current.st, "session_state", state)

    def fail(_: Session) -> str:
        raise FormatError("The box is empty.")

    current.act(fail)
    assert list(state.values()) == [("error", "The box is empty.")]


@pytest.mark.parametrize(
    ("wanted", "shown", "told"),
    [
        ("999", "Demo", "Project 999 does not exist any more. This is “Demo”; choose another in the sidebar."),
        ("<b>", "Demo", "“<b>” is no number of a project. This is “Demo”; choose another in the sidebar."),
        ("9" * 30, None, f"“{'9' * 30}” is no number of a project."),
        ("7", None, "Project 7 does not exist any more."),
    ],
)
def test_a_missing_project_is_told_with_the_one_shown_instead(wanted: str, shown: str | None, told: str) -> None:
    assert current.describe_missing(wanted, shown) == told


@pytest.mark.parametrize("page", ["home", "annotate"])
def test_a_link_to_a_missing_project_warns_once_at_the_top(open_page: OpenPage, page: str) -> None:
    app = open_page(page, project="999")
    assert "Project 999 does not exist any more" in app.warning[0].value
    assert not app.sidebar.warning
    app.run()
    assert not app.warning
