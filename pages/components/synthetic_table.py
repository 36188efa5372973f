"""Synthetic sentences as a table, a page at a time."""

import pandas as pd
import streamlit as st

from db.queries import synthetic
from db.queries.synthetic import Place, SyntheticView
from db.session import Session
from pages.components.synthetic_cards import find_likelihood
from pages.components.synthetic_filters import STATE_NAMES, Choice
from pages.components.wording import group, label_name

PAGE_SIZE = 25


def show(session: Session, choice: Choice) -> None:
    """Show the sentences of a choice in the order of the review queue."""
    places: list[Place | None] = st.session_state.setdefault(f"synthetic-places-{choice}", [None])
    total = synthetic.count_queue(session, choice.project_id, label=choice.label, state=choice.state)
    views = synthetic.list_synthetic(
        session, choice.project_id, label=choice.label, state=choice.state, after=places[-1], limit=PAGE_SIZE
    )
    if not views and len(places) == 1:
        st.info("No synthetic sentence fits these filters.", icon=":material/filter_alt:")
        return
    st.dataframe(
        pd.DataFrame([_describe_row(view) for view in views]).dropna(axis="columns", how="all"),
        hide_index=True,
        height="content",
        alt="Synthetic sentences",
        column_config={
            "sentence": st.column_config.TextColumn(width="large"),
            "log-likelihood": st.column_config.NumberColumn(
                format="%.2f", help="Mean over the pieces of the sentence, as its generator gave it."
            ),
        },
    )
    _show_turner(session, places, views, total)


def _describe_row(view: SyntheticView) -> dict[str, object]:
    return {
        "sentence": view.text,
        "label": label_name(view.label),
        "state": STATE_NAMES[view.state].lower(),
        "reason": view.reason or None,
        "log-likelihood": find_likelihood(view),
    }


def _turn_back(places: list[Place | None]) -> None:
    places.pop()


def _show_turner(session: Session, places: list[Place | None], views: list[SyntheticView], total: int) -> None:
    first = (len(places) - 1) * PAGE_SIZE
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous", icon=":material/chevron_left:", disabled=len(places) == 1, on_click=_turn_back, args=(places,)
        )
        following = synthetic.get_queue_key(session, views[-1].id) if views else None
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=first + len(views) >= total,
            on_click=places.append,
            args=(following,),
        )
        st.caption(f"{group(first + 1)} to {group(first + len(views))} of {group(total)}")
