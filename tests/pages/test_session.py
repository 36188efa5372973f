"""What every page starts with: escaping, errors in one line, the engine shared and the session not."""

import pytest

from core.errors import FormatError
from core.settings import Settings
from db.session import Session
from pages.components import session as current


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
