"""Models: what was trained, how good each is, and which one predicts."""

import streamlit as st

from pages.components import model_list
from pages.components.session import open_session, require_project, require_user

user_id = require_user()
with open_session() as session:
    project = require_project(session)
    st.title("Models")
    model_list.show(session, project, user_id)
