"""What every page starts with: settings, the cached engine, a session a run, the user and the chosen project."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import streamlit as st

from core.errors import DareError
from core.settings import Settings
from db.queries import projects, users
from db.queries.projects import ProjectView
from db.session import Engine, Session, make_engine, session_scope
from pages.components.wording import shorten

PROJECT_KEY = "project"
_CHOICE_KEY = "project_choice"
_NOTICE_KEY = "notice"

NoticeKind = Literal["done", "error"]


@st.cache_resource(show_spinner=False)
def get_engine(url: str) -> Engine:
    """Return the one engine of this process for a database; sessions are never cached."""
    return make_engine(url)


def get_settings() -> Settings:
    """Return the settings of this installation."""
    return Settings()


@contextmanager
def open_session() -> Iterator[Session]:
    """Yield a session that commits at the end; an error raised on purpose becomes one clear message.

    What the block has drawn stays; the page goes on after it. Commit before a rerun: it ends the block.
    """
    try:
        with session_scope(get_engine(get_settings().resolved_database_url)) as session:
            yield session
    except DareError as error:
        show_error(error)


def require_user() -> int:
    """Return the id of the person at the page; without sign-in that is the local user."""
    with session_scope(get_engine(get_settings().resolved_database_url)) as session:
        return users.get_or_add_user(session)


def find_current_project(session: Session) -> ProjectView | None:
    """Return the project of the URL, else the last one chosen, else the first; None where there is none."""
    found = projects.list_projects(session)
    by_id = {project.id: project for project in found}
    for wanted in (_as_id(st.query_params.get(PROJECT_KEY)), st.session_state.get(_CHOICE_KEY)):
        if wanted in by_id:
            return by_id[wanted]
    return found[0] if found else None


def show_missing_project(session: Session) -> None:
    """Say that the project of the URL, or of this tab, does not exist, and which is shown instead.

    Call it before the sidebar, which puts the shown project into the URL: so it is said once.
    """
    wanted = st.query_params.get(PROJECT_KEY) or st.session_state.get(_CHOICE_KEY)
    current = find_current_project(session)
    if wanted is None or (current is not None and current.id == _as_id(str(wanted))):
        return
    told = describe_missing(str(wanted), None if current is None else current.name)
    st.warning(escape(told), icon=":material/link_off:")
    choose_project(None if current is None else current.id)


def describe_missing(wanted: str, shown: str | None) -> str:
    """Return that there is no project of that number, and the name of the one that is shown instead."""
    instead = "" if shown is None else f" This is “{shown}”; choose another in the sidebar."
    if _as_id(wanted) is None:
        return f"“{shorten(wanted)}” is no number of a project.{instead}"
    return f"Project {wanted} does not exist any more.{instead}"


def redraw_without(project_id: int) -> None:
    """Draw the whole page anew where a part of it still shows a project that was deleted in another tab."""
    with session_scope(get_engine(get_settings().resolved_database_url)) as session:
        is_there = any(project.id == project_id for project in projects.list_projects(session))
    if not is_there:
        st.rerun()


def require_project(session: Session) -> ProjectView:
    """Return the current project, or end the page with the way to make one."""
    project = find_current_project(session)
    if project is None:
        st.info("There is no project yet. Create one on the Home page.", icon=":material/folder_open:")
        st.page_link(page_path("home"), label="Open Home", icon=":material/home:")
        st.stop()
    return project


def choose_project(project_id: int | None) -> None:
    """Make a project the current one of this tab and of its URL; None forgets the choice."""
    st.session_state.pop(_CHOICE_KEY, None)
    if project_id is None:
        st.query_params.pop(PROJECT_KEY, None)
    else:
        st.session_state[_CHOICE_KEY] = project_id
        st.query_params[PROJECT_KEY] = str(project_id)


def page_path(name: str) -> str:
    """Return the absolute path of a page's file, which is how Streamlit is told where to go."""
    return str(Path(__file__).parents[1] / f"{name}.py")


def act(action: Callable[[Session], str]) -> None:
    """Run a change from a widget's callback; its message, or its error, is shown by the run that follows.

    Args:
        action: Takes a session and returns what to tell the user; empty for nothing.
    """
    try:
        with session_scope(get_engine(get_settings().resolved_database_url)) as session:
            message = action(session)
    except DareError as error:
        notify(str(error), kind="error")
        return
    if message:
        notify(message)


def notify(message: str, *, kind: NoticeKind = "done") -> None:
    """Keep a message for the top of the next run."""
    st.session_state[_NOTICE_KEY] = (kind, message)


def show_notice() -> None:
    """Show the message that the last action left, once."""
    kind, message = st.session_state.pop(_NOTICE_KEY, ("", ""))
    if kind == "error":
        st.error(escape(message), icon=":material/error:")
    elif kind == "done":
        st.toast(escape(message), icon=":material/check_circle:")


def show_error(error: DareError) -> None:
    """Show an error raised on purpose: its message says value, limit and remedy."""
    st.error(escape(str(error)), icon=":material/error:")


def escape(text: str) -> str:
    """Return text that Streamlit's markdown shows as it is: no markup, colours, links, formulas or icons."""
    return "".join(f"\\{character}" if character in _MARKUP else character for character in text)


_MARKUP = frozenset("\\`*_{}[]()<>#+-.!|~$:&^=@/\"'")


def _as_id(text: str | None) -> int | None:
    # SQLite's integers end at 19 digits.
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None
