"""Synthetic sentences as a table, a page at a time."""

from typing import Any

import pandas as pd
import streamlit as st

from core.workflows.curation.synthetic_reading import realise_view
from db.queries import synthetic
from db.queries.synthetic import Place, SyntheticOrder, SyntheticView
from db.session import Session
from pages.components.synthetic_cards import find_likelihood
from pages.components.synthetic_filters import STATE_NAMES, Choice, count_choice, list_choice, show_lowest
from pages.components.wording import group, label_name

PAGE_SIZE = 25


def show(session: Session, choice: Choice, *, with_names: bool) -> None:
    """Show the sentences of a choice in the order of the review queue."""
    places: list[Place | None] = st.session_state.setdefault(f"synthetic-places-{choice}", [None])
    show_lowest(choice)
    total = count_choice(session, choice)
    views = list_choice(session, choice, after=places[-1], limit=PAGE_SIZE)
    if not views and len(places) > 1:  # What stood here was decided meanwhile.
        del places[1:]
        views = list_choice(session, choice, after=None, limit=PAGE_SIZE)
    if not views:
        st.info("No synthetic sentence fits these filters.", icon=":material/filter_alt:")
        return
    st.dataframe(
        pd.DataFrame([_describe_row(view, with_names) for view in views]).dropna(axis="columns", how="all"),
        hide_index=True,
        height="content",
        alt="Synthetic sentences",
        placeholder="",
        column_config={
            "sentence": st.column_config.TextColumn(width="large"),
            "agreement": _score_column("Mean probability that judges of gold alone gave the label."),
            "disagreement": _score_column("How far the judges contradict each other, in nats."),
            "novelty": _score_column("1 minus the overlap of its words with those of the nearest gold sentence."),
            "log-likelihood": st.column_config.NumberColumn(
                format="%.2f", help="Mean over the pieces of the sentence, as its generator gave it."
            ),
        },
    )
    _show_turner(session, places, views, total, choice.order)


def _score_column(meaning: str) -> Any:  # noqa: ANN401 - Streamlit's type of it is private
    return st.column_config.NumberColumn(format="%.2f", help=meaning)


def _describe_row(view: SyntheticView, with_names: bool) -> dict[str, object]:
    return {
        "sentence": realise_view(view).text if with_names else view.text,
        "label": label_name(view.label),
        "state": STATE_NAMES[view.state].lower(),
        "reason": view.reason or None,
        "flagged": "flagged" if view.is_flagged else None,
        "comment": view.comment or None,
        "agreement": view.agreement,
        "disagreement": view.disagreement,
        "novelty": view.novelty,
        "nearest gold sentence": view.nearest_gold or None,
        "log-likelihood": find_likelihood(view),
    }


def _turn_back(places: list[Place | None]) -> None:
    places.pop()


def _show_turner(
    session: Session, places: list[Place | None], views: list[SyntheticView], total: int, order: SyntheticOrder
) -> None:
    first = (len(places) - 1) * PAGE_SIZE
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous", icon=":material/chevron_left:", disabled=len(places) == 1, on_click=_turn_back, args=(places,)
        )
        following = synthetic.get_queue_key(session, views[-1].id, order=order) if views else None
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=first + len(views) >= total,
            on_click=places.append,
            args=(following,),
        )
        st.caption(f"{group(first + 1)} to {group(first + len(views))} of {group(total)}")
