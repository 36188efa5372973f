"""Upload: paste text, drop files or name articles, and see what became of each."""

import streamlit as st

from db.queries import projects
from pages.components import fetch_form, import_report, newest_import, upload_forms
from pages.components.session import open_session, require_project, require_user

user_id = require_user()
with open_session() as session:
    project = require_project(session)
    st.title("Upload")
    newest_import.show(session, project.id)
    left, right = st.columns(2, gap="medium")
    with left:
        upload_forms.show_paste(project, user_id)
        fetch_form.show(project, user_id)
    with right:
        type_names = projects.get_schema(session, project.id).type_names
        upload_forms.show_files(project, user_id, type_names=type_names)
    st.subheader("Imports")
    import_report.show_imports(session, project.id)
