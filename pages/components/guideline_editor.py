"""A project's guideline: edited here, never over what somebody else wrote meanwhile."""

from functools import partial

import streamlit as st

from core.workflows import projects as workflow
from db.queries.projects import ProjectView
from db.session import Session
from pages.components.session import act


def show(project: ProjectView) -> None:
    """Show the text; where another one was stored since it was read, show both and let the user choose."""
    key, read_key = _key(project, "guideline"), _key(project, "guideline-read")
    # What the text was when this tab began to edit it; the page reads the project anew at every run.
    read = st.session_state.setdefault(read_key, project.guideline)
    if st.session_state.setdefault(key, read) == read:
        _take(project)  # nothing was edited here
        read = project.guideline
    mine = st.text_area("Guideline for reviewers", key=key, height=110).strip()
    if project.guideline in (read, mine):
        st.button("Save guideline", key=_key(project, "save"), on_click=_save, args=(project, read))
        return
    st.warning("Somebody else stored another guideline; nothing was overwritten. It says:", icon=":material/merge:")
    st.text(project.guideline or "(nothing)")
    with st.container(horizontal=True):
        st.button("Take theirs", key=_key(project, "theirs"), on_click=_take, args=(project,))
        st.button("Replace it by mine", key=_key(project, "mine"), on_click=_save, args=(project, project.guideline))


def _key(project: ProjectView, name: str) -> str:
    return f"schema-{project.id}-{name}"


def _take(project: ProjectView) -> None:
    st.session_state[_key(project, "guideline")] = project.guideline
    st.session_state[_key(project, "guideline-read")] = project.guideline


def _save(project: ProjectView, before: str) -> None:
    text = str(st.session_state[_key(project, "guideline")]).strip()
    act(partial(_store, project_id=project.id, text=text, before=before))


def _store(session: Session, *, project_id: int, text: str, before: str) -> str:
    workflow.set_guideline(session, project_id, text, before=before)
    st.session_state[f"schema-{project_id}-guideline-read"] = text
    return "Saved the guideline."
