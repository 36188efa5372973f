"""Export: choose, see what is left out, download; keep the data as it is now."""

import streamlit as st

from pages.components import export_form, snapshot_list
from pages.components.session import open_session, require_project, require_user

user_id = require_user()
with open_session() as session:
    project = require_project(session)
    st.title("Export")
    export_form.show(session, project)
    snapshot_list.show(session, project, user_id)
