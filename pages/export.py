"""Export: choose, see what is left out, download."""

import streamlit as st

from pages.components import export_form
from pages.components.session import open_session, require_project, require_user

require_user()
with open_session() as session:
    project = require_project(session)
    st.title("Export")
    export_form.show(session, project)
