"""Gold examples of each label for the guideline on a card; looked up again once a minute."""

import streamlit as st

from core.domain import Schema
from db.queries.gold_examples import GoldExample, list_gold_examples
from db.session import session_scope
from pages.components.session import get_engine, get_settings
from pages.components.span_editor import DeckExample

SECONDS = 60


def get_examples(project_id: int, schema: Schema) -> dict[str, list[DeckExample]]:
    """Return a few accepted training sentences for each label."""
    found = _look_up(get_settings().resolved_database_url, project_id, schema.label_names)
    return {label: [DeckExample(one.text, one.head, one.tail) for one in examples] for label, examples in found.items()}


# A deck is drawn anew after every decision; the examples need not be as new as that.
@st.cache_resource(ttl=SECONDS, show_spinner=False, max_entries=50)
def _look_up(url: str, project_id: int, labels: tuple[str, ...]) -> dict[str, list[GoldExample]]:
    with session_scope(get_engine(url)) as session:
        return list_gold_examples(session, project_id, labels)
