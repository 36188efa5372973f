"""Synthetic: generate sentences for rare labels, and decide which of them train."""

import streamlit as st

from core.workflows.synthesis.acceptance import find_last_generation, get_standings
from pages.components import (
    language_models,
    project_progress,
    start_generation,
    synthetic_bulk,
    synthetic_counts,
    synthetic_filters,
    synthetic_review,
    synthetic_table,
)
from pages.components.session import open_session, require_project, require_user
from pages.components.synthetic_filters import Look

user_id = require_user()
with open_session() as session:
    project = require_project(session)
    standings = get_standings(session, project.id)
    st.title("Synthetic")
    start_generation.show_latest(session, project.id, num_labels=len(standings))
    with st.container(horizontal=True, vertical_alignment="center"):
        look = synthetic_filters.show_look(standings)
        if look in (Look.REVIEW, Look.TABLE):
            choice = synthetic_filters.show(project.id, standings)
            with_names = synthetic_filters.show_reading()
        if look is Look.REVIEW:
            synthetic_filters.show_refresh(choice)
    if look is Look.GENERATE:
        synthetic_counts.show(project.id, standings)
        left, right = st.columns(2, gap="large")
        with left:
            st.subheader("Generate more")
            start_generation.show(session, project.id, user_id, standings)
            language_models.show(session, project.id, user_id)
        with right:
            synthetic_counts.show_last(find_last_generation(session, project.id))
    elif look is Look.BULK:
        synthetic_bulk.show(session, project.id, user_id, standings)
    elif look is Look.PROGRESS:
        project_progress.show_synthetic(session, project.id, standings)
    elif look is Look.REVIEW:
        choice = synthetic_filters.follow_link(session, choice)
        synthetic_review.show(session, user_id, choice, standings=standings, with_names=with_names)
    else:
        synthetic_table.show(session, choice, with_names=with_names)
