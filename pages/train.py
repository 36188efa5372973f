"""Train: what there is to learn from, the form, the training under way, and those before."""

import streamlit as st

from pages.components import train_form, training_data, training_runs
from pages.components.session import open_session, require_project, require_user

user_id = require_user()
with open_session() as session:
    project = require_project(session)
    st.title("Train")
    is_running = training_runs.is_running(session, project.id)
    if is_running:
        training_runs.show_latest(session, project.id)
    left, right = st.columns(2, gap="large")
    with left:
        can_start = training_data.show(session, project)
    with right:
        st.subheader("How it is trained")
        train_form.show(session, project, user_id, can_start=can_start)
    if not is_running:
        training_runs.show_latest(session, project.id)
    training_runs.show_history(session, project.id)
