"""Annotate: review predicted mentions and relations, sentence by sentence."""

import streamlit as st

from pages.components import sentence_bulk, sentence_filters, sentence_queue, sentence_review, sentence_status
from pages.components.session import open_session, require_project, require_user

user_id = require_user()
with open_session() as session:
    project = require_project(session)
    st.title("Annotate")
    with st.container(horizontal=True, vertical_alignment="center"):
        choice = sentence_filters.show(session, project)
        sentence_bulk.show(session, project, user_id, choice)
    sentence_status.show_reading(session, project.id)
    cards = sentence_queue.open_queue(session, choice)
    if cards.ids:
        sentence_review.show(project, user_id, choice, cards)
    else:
        sentence_status.show_empty(session, choice)
