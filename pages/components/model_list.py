"""The models of a project: a card each with scores, charts and what can be done with it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.domain import JobKind, JobState, ModelState
from core.workflows.model_library import promote as workflow
from core.workflows.model_library.model_cards import read_shipped_card
from core.workflows.model_library.starters import Starter, choose_starter
from db.queries import jobs, models, projects
from db.queries.models import ModelView
from db.queries.projects import ProjectView
from db.session import Session
from pages.components import job_progress, model_comparison, model_report, reading
from pages.components.model_kinds import (
    RELATIONS_TOO,
    ROLES,
    describe_kind,
    describe_state,
    describe_student,
    find_in_use,
    order_models,
)
from pages.components.model_scores import describe_scores
from pages.components.session import act, escape
from pages.components.wording import badge, moment


def show(session: Session, project: ProjectView, user_id: int) -> None:
    """Show the models in use first, then candidates, then archived ones."""
    found = models.list_models(session, project.id)
    _show_prediction(session, project.id)
    in_use = find_in_use(found)
    if models.JOINT not in in_use:
        starter = choose_starter(projects.get_schema(session, project.id))
        _show_starter(starter, labels_pairs=models.ENSEMBLE not in in_use)
    for model in order_models(found):
        _show_model(session, model, found, user_id)


def _show_prediction(session: Session, project_id: int) -> None:
    """Show the latest prediction of open sentences while it runs, and if it went wrong."""
    latest = jobs.list_jobs(session, project_id=project_id, kinds=(JobKind.PREDICT,), limit=1)
    if latest and latest[0].state is not JobState.DONE:
        draw = partial(_draw_prediction, job_id=latest[0].id)
        job_progress.show_live(draw, is_active=not latest[0].state.is_over, key="prediction")


def _draw_prediction(session: Session, *, job_id: str) -> bool:
    job = jobs.get_job(session, job_id)
    with st.container(border=True):
        job_progress.show_header(job, "Prediction of the open sentences")
        if not job.state.is_over:
            job_progress.show_bar(job, jobs.get_progress(session, job_id))
        job_progress.show_failure(job)
        job_progress.show_buttons(job)
    return not job.state.is_over


def _show_starter(starter: Starter | None, *, labels_pairs: bool) -> None:
    """Show the shipped model of such projects, which is in use until a joint model is promoted."""
    if starter is None:
        st.info("No shipped model knows this project's entity types: review some sentences, then train a joint model.")
        return
    with st.container(border=True):
        word = RELATIONS_TOO if labels_pairs else ROLES[models.JOINT]
        st.markdown(f"**The shipped model {starter.name}** {badge(word, 'green')}")
        st.caption(
            f"It {starter.purpose}, until you promote models of your own: an ensemble labels the pairs instead, a "
            "joint model finds the mentions instead."
        )
        with st.expander("Its card: data, recipe, scores, limits", icon=":material/description:"):
            st.markdown(read_shipped_card(starter.name))


def _show_model(session: Session, model: ModelView, found: Sequence[ModelView], user_id: int) -> None:
    in_use = find_in_use(found)
    current = in_use.get(model.kind)
    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.markdown(
            f"**{escape(model.name)}** {describe_state(model, in_use)} :gray[trained {moment(model.created_at)}]"
        )
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            _show_buttons(model, user_id)
        st.caption(describe_kind(model))
        for line in (*describe_scores(model.metrics), *describe_student(model, found)):
            st.caption(line)
        if current is None:
            model_comparison.show_shipped(model)
        elif current.id != model.id:
            model_comparison.show(model, current)
        with st.expander(
            "Scores in detail", icon=":material/query_stats:", expanded=model.state is ModelState.CANDIDATE
        ):
            model_report.show(session, model)


def _show_buttons(model: ModelView, user_id: int) -> None:
    if model.project_id is None:
        return
    arguments = (model.project_id, model.id, user_id)
    if model.state is ModelState.PROMOTED:
        back = (model.project_id, model.kind, user_id)
        st.button("Roll back", icon=":material/undo:", key=f"back-{model.id}", on_click=_roll_back, args=back)
        return
    st.button(
        "Promote",
        icon=":material/upgrade:",
        type="primary" if model.state is ModelState.CANDIDATE else "secondary",
        key=f"promote-{model.id}",
        help="It predicts from now on; open sentences are predicted anew.",
        on_click=_promote,
        args=arguments,
    )
    if model.state is ModelState.CANDIDATE:
        st.button("Archive", icon=":material/archive:", key=f"archive-{model.id}", on_click=_archive, args=arguments)


def _promote(project_id: int, model_id: int, user_id: int) -> None:
    act(partial(_do_promote, project_id=project_id, model_id=model_id, user_id=user_id))


def _do_promote(session: Session, *, project_id: int, model_id: int, user_id: int) -> str:
    model = workflow.promote(session, project_id, model_id, user_id=user_id)
    reading.start(session, project_id, user_id)
    return f"{model.name} predicts now; open sentences are being predicted anew."


def _roll_back(project_id: int, kind: str, user_id: int) -> None:
    act(partial(_do_roll_back, project_id=project_id, kind=kind, user_id=user_id))


def _do_roll_back(session: Session, *, project_id: int, kind: str, user_id: int) -> str:
    model = workflow.roll_back(session, project_id, user_id=user_id, kind=kind)
    reading.start(session, project_id, user_id)
    return f"{model.name if model else 'The shipped model'} predicts again; open sentences are predicted anew."


def _archive(project_id: int, model_id: int, user_id: int) -> None:
    act(partial(_do_archive, project_id=project_id, model_id=model_id, user_id=user_id))


def _do_archive(session: Session, *, project_id: int, model_id: int, user_id: int) -> str:
    return f"Archived {workflow.archive(session, project_id, model_id, user_id=user_id).name}."
