"""All projects: choose one, create one from a template, rename or remove one."""

from functools import partial

import streamlit as st

from core.jobs import client
from core.workflows.model_library.generators import open_store
from core.workflows.projects import MAX_NAME_LENGTH, create_project, delete_project, rename_project
from core.workflows.templates import TEMPLATES
from db.queries import projects
from db.queries.projects import ProjectView
from db.session import Session
from pages.components.session import act, choose_project, escape, get_settings
from pages.components.wording import count, moment

_NAME_KEY = "new-project-name"
_TEMPLATE_KEY = "new-project-template"


def show(session: Session, current: ProjectView | None) -> None:
    """Show the projects, the form for a new one, and how to rename or remove the current one."""
    found = projects.list_projects(session)
    st.subheader("Projects" if found else "Create your first project")
    if found:
        with st.grid(3):
            for project in found:
                _show_card(session, project, is_current=current is not None and project.id == current.id)
    left, right = st.columns([3, 2], gap="large")
    with left, st.expander("New project", icon=":material/add:", expanded=not found):
        _show_form()
    if current is not None:
        with right:
            _show_changes(current)


def _show_card(session: Session, project: ProjectView, *, is_current: bool) -> None:
    counts = projects.count_project(session, project.id)
    reviewed = sum(number for state, number in counts.sentences.items() if state.is_gold)
    with st.container(border=True, height="stretch"):
        badges = (" :gray-badge[demo]" if project.is_demo else "") + (" :green-badge[open]" if is_current else "")
        st.markdown(f"**{escape(project.name)}**{badges}")
        st.caption(
            f"{escape(TEMPLATES[project.template].title)} · {count(counts.documents, 'document')} · "
            f"{reviewed} of {count(sum(counts.sentences.values()), 'sentence')} reviewed · "
            f"created {moment(project.created_at)}"
        )
        if not is_current:
            st.button("Open", key=f"open-{project.id}", on_click=choose_project, args=(project.id,))


def _show_form() -> None:
    template = st.selectbox(
        "Template", list(TEMPLATES), format_func=lambda name: TEMPLATES[name].title, key=_TEMPLATE_KEY
    )
    _describe_template(template)
    with st.form("new-project", border=False):
        st.text_input("Name", key=_NAME_KEY, max_chars=MAX_NAME_LENGTH, placeholder="Statins and muscle pain")
        st.form_submit_button("Create project", type="primary", icon=":material/add:", on_click=_create)


def _describe_template(name: str) -> None:
    chosen = TEMPLATES[name]
    st.caption(escape(chosen.description))
    if not chosen.schema.entity_types:
        st.caption("Define types and labels after creating it, or take over those of the first file you upload.")
        return
    st.caption("Entity types: " + ", ".join(escape(entity_type.name) for entity_type in chosen.schema.entity_types))
    for label in chosen.schema.relation_labels:
        arrow = "↔" if label.is_symmetric else "→"
        pairs = ", ".join(f"{head} {arrow} {tail}" for head, tail in label.legal_types)
        st.caption(f"**{escape(label.name)}** ({escape(pairs)}): {escape(label.guideline)}")


def _create() -> None:
    act(_do_create)


def _do_create(session: Session) -> str:
    name = st.session_state[_NAME_KEY]
    project_id = create_project(session, name, template=st.session_state[_TEMPLATE_KEY])
    choose_project(project_id)
    st.session_state[_NAME_KEY] = ""
    return f"Created {name.strip()}."


def _show_changes(project: ProjectView) -> None:
    # With an identity of its own it is folded up when another project comes in its place, and what stands in it is
    # away: a second click on "Remove" must not hit that one.
    opened = st.expander(
        "Rename or remove this project", icon=":material/edit:", key=f"change-{project.id}", on_change="rerun"
    )
    if opened.open:
        with opened:
            _show_renaming(project)
            _show_removal(project)


def _show_renaming(project: ProjectView) -> None:
    key = f"rename-{project.id}"
    with st.form(f"form-{key}", border=False):
        st.text_input("Name", value=project.name, key=key, max_chars=MAX_NAME_LENGTH)
        st.form_submit_button("Rename", icon=":material/edit:", on_click=_rename, args=(project.id, key))


def _rename(project_id: int, key: str) -> None:
    act(partial(_do_rename, project_id=project_id, name=st.session_state[key]))


def _do_rename(session: Session, *, project_id: int, name: str) -> str:
    return f"The project is called {rename_project(session, project_id, name)} now."


def _show_removal(project: ProjectView) -> None:
    if project.is_demo:
        st.caption("The demo is only there to look around in. Removing it cannot be undone.")
        st.button("Remove the demo", icon=":material/delete:", on_click=_remove, args=(project,))
        return
    st.caption("Removes its documents, decisions, snapshots, models and jobs for good; export first what you need.")
    typed = st.text_input("Type the project's name to confirm", key=f"confirm-{project.id}")
    st.button(
        "Remove for good",
        icon=":material/delete:",
        disabled=typed.strip() != project.name,
        on_click=_remove,
        args=(project,),
    )


def _remove(project: ProjectView) -> None:
    act(partial(_do_remove, project=project))


def _do_remove(session: Session, *, project: ProjectView) -> str:
    settings = get_settings()
    client.cancel_all(settings, session, project.id)
    delete_project(session, project.id, open_store(settings), uploads_path=settings.uploads_path)
    choose_project(None)
    return f"Removed {project.name}."
