"""Browse: find sentences and documents in tables, and open them in the editor."""

import streamlit as st

from pages.components import browse_documents, browse_filters, browse_sentences
from pages.components.session import open_session, require_project, require_user

require_user()
browse_filters.settle_return()
with open_session() as session:
    project = require_project(session)
    st.title("Browse")
    if browse_filters.show_look() == browse_filters.SENTENCES:
        browse_sentences.show(session, project.id)
    else:
        browse_documents.show(session, project.id)
