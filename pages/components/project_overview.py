"""One project at a glance: counts by state, progress, the model in use, what is running."""

from functools import partial

import streamlit as st

from core.domain import Schema, State
from core.workflows.model_library.starters import choose_starter
from db.queries import jobs, models, projects
from db.queries.projects import ProjectCounts, ProjectView
from db.session import Session
from pages.components import job_progress, next_step, project_progress
from pages.components.model_scores import describe_scores
from pages.components.session import escape
from pages.components.wording import group


def show(session: Session, project: ProjectView) -> None:
    """Show how far a project is."""
    counts = projects.count_project(session, project.id)
    st.title(escape(project.name))
    if project.description:
        st.markdown(escape(project.description))
    _show_counts(counts)
    left, right = st.columns([3, 2], gap="large")
    with left:
        project_progress.show(session, project.id)
    with right:
        next_step.show(session, project, counts)
        _show_model(session, project)
        _show_running(session, project)


def _show_counts(counts: ProjectCounts) -> None:
    total = sum(counts.sentences.values())
    pending = counts.sentences.get(State.PENDING, 0)
    by_state = {state: sum(states.get(state, 0) for states in counts.relations.values()) for state in State}
    gold, accepted = next_step.count_gold(counts.relations), next_step.count_gold(counts.synthetic)
    waiting = sum(states.get(State.PENDING, 0) for states in counts.synthetic.values())
    with st.grid(4):
        st.metric("Documents", group(counts.documents), border=True, height="stretch")
        _metric("Sentences reviewed", total - pending, f"of {group(total)}, {group(counts.flagged)} flagged")
        _metric("Relations approved", gold, f"{group(by_state[State.PENDING])} suggested")
        _metric("Synthetic accepted", accepted, f"{group(waiting)} waiting")


def _metric(label: str, value: int, rest: str) -> None:
    st.metric(label, group(value), rest, delta_color="off", delta_arrow="off", border=True)


def _show_model(session: Session, project: ProjectView) -> None:
    joint = models.find_promoted(session, project.id, kind=models.JOINT)
    model = models.find_promoted(session, project.id) or joint
    with st.container(border=True):
        st.caption("MODEL IN USE")
        if model is None:
            _show_starter(projects.get_schema(session, project.id))
            return
        st.markdown(f"**{escape(model.name)}**")
        for line in describe_scores(model.metrics):
            st.caption(line)
        if joint is not None and joint.id != model.id:
            st.caption(f"{escape(joint.name)} finds the mentions.")


def _show_starter(schema: Schema) -> None:
    starter = choose_starter(schema)
    if starter is None:
        st.markdown("**None yet**")
        st.caption("No shipped model knows these entity types. Review some sentences, then train a joint model.")
        return
    st.markdown(f"**{starter.name}**")
    st.caption(f"A shipped model; it {starter.purpose}. Train and promote one of your own.")


def _show_running(session: Session, project: ProjectView) -> None:
    is_active = bool(jobs.list_jobs(session, project_id=project.id, states=jobs.ACTIVE_STATES, limit=1))
    if is_active:
        st.subheader("Running")
        job_progress.show_live(partial(_draw_running, project_id=project.id), is_active=True, key="running")


def _draw_running(session: Session, *, project_id: int) -> bool:
    return job_progress.show_running(session, project_id)
