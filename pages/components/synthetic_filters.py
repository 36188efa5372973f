"""Which synthetic sentences are shown, in which order, and how: cards, a table, bulk steps, generation, charts."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import streamlit as st

from core.domain import State
from core.workflows.synthesis.acceptance import LabelStanding
from db.queries import synthetic
from db.queries.synthetic import Place, SyntheticOrder, SyntheticView
from db.session import Session
from pages.components.review_queue import forget_queue
from pages.components.wording import label_name

PAGE = "synthetic"
VIEW_KEY = "view"
SENTENCE_KEY = "sentence"
ALL_LABELS = "All labels"
STATE_NAMES = {
    State.PENDING: "Pending",
    State.ACCEPTED: "Accepted",
    State.CORRECTED: "Edited",
    State.REJECTED: "Rejected",
}
FLAGGED, ALL_STATES = "Flagged", "All states"
ORDER_NAMES = {
    SyntheticOrder.RANDOM: "In random order",
    SyntheticOrder.MOST_AGREED: "Highest agreement first",
    SyntheticOrder.LEAST_AGREED: "Lowest agreement first",
    SyntheticOrder.MOST_DISPUTED: "Highest disagreement first",
    SyntheticOrder.MOST_NOVEL: "Newest wording first",
    SyntheticOrder.LEAST_NOVEL: "Closest to gold first",
}
NAMES, MASKS = "Names", "Masks"


class Look(StrEnum):
    """What the page shows below its title."""

    REVIEW = "Review"
    TABLE = "Table"
    BULK = "Accept the rest"
    GENERATE = "Generate"
    PROGRESS = "Progress"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which synthetic sentences to show, and in which order; None takes all.

    Args:
        min_agreement: Only those with at least this agreement, in [0, 1].
        is_flagged: Only flagged ones.
        first_id: The sentence to open first, where a link names one; it need not fit the rest.
    """

    project_id: int
    label: str | None
    state: State | None
    order: SyntheticOrder = SyntheticOrder.RANDOM
    min_agreement: float | None = None
    is_flagged: bool | None = None
    first_id: int | None = None


def show_look(standings: list[LabelStanding]) -> Look:
    """Show the switch between reviewing and generating; a project without any sentence starts with the latter."""
    has_any = any(standing.total for standing in standings)
    return Look(
        st.segmented_control(
            "View",
            [look.value for look in Look],
            default=(Look.REVIEW if has_any else Look.GENERATE).value,
            required=True,
            key=VIEW_KEY,
            bind="query-params",
            label_visibility="collapsed",
        )
    )


def show(project_id: int, standings: list[LabelStanding]) -> Choice:
    """Show the filters and return what was chosen."""
    names = {standing.label: label_name(standing.label) for standing in standings}
    states = {state.value: name for state, name in STATE_NAMES.items()} | {"flagged": FLAGGED, "all": ALL_STATES}
    label = st.selectbox(
        "Label",
        ["", *names],
        format_func=lambda name: names.get(name, ALL_LABELS),
        key=f"synthetic-label-{project_id}",
        label_visibility="collapsed",
        persist_state="session",
        width=220,
    )
    state = st.selectbox(
        "State",
        list(states),
        format_func=states.__getitem__,
        key=f"synthetic-state-{project_id}",
        label_visibility="collapsed",
        persist_state="session",
        width=150,
    )
    order = st.selectbox(
        "Order",
        list(ORDER_NAMES),
        format_func=ORDER_NAMES.__getitem__,
        key=f"synthetic-order-{project_id}",
        label_visibility="collapsed",
        persist_state="session",
        width=220,
    )
    lowest = st.session_state.get(f"synthetic-lowest-{project_id}")
    return Choice(
        project_id,
        label or None,
        None if state in ("flagged", "all") else State(state),
        SyntheticOrder(order),
        lowest,
        is_flagged=True if state == "flagged" else None,
    )


def show_reading() -> bool:
    """Show the switch between names and masks; return whether names are to be read in the place of masks."""
    chosen = st.segmented_control(
        "Read",
        [NAMES, MASKS],
        default=NAMES,
        required=True,
        key="synthetic-reading",
        label_visibility="collapsed",
        persist_state="session",
        help="Names of the project stand for the masks. What is stored and edited keeps the masks.",
    )
    return chosen == NAMES


def show_lowest(choice: Choice) -> None:
    """Say that only sentences above a score are shown, with the way back to all."""
    if choice.min_agreement is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            f":material/filter_alt: Only sentences with an agreement of at least **{choice.min_agreement:.2f}**",
            width="content",
        )
        st.button(
            "Show all", icon=":material/close:", type="tertiary", on_click=_forget_lowest, args=(choice.project_id,)
        )


def _forget_lowest(project_id: int) -> None:
    st.session_state.pop(f"synthetic-lowest-{project_id}", None)


def review_sample(project_id: int, label: str, min_agreement: float) -> None:
    """Let the next run show the pending sentences of a label above a score, one at a time in random order."""
    st.session_state[VIEW_KEY] = Look.REVIEW.value
    st.session_state[f"synthetic-label-{project_id}"] = label
    st.session_state[f"synthetic-state-{project_id}"] = State.PENDING.value
    st.session_state[f"synthetic-order-{project_id}"] = SyntheticOrder.RANDOM
    st.session_state[f"synthetic-lowest-{project_id}"] = min_agreement


def show_generation() -> None:
    """Let the next run show how more sentences are generated."""
    st.session_state[VIEW_KEY] = Look.GENERATE.value


def follow_link(session: Session, choice: Choice) -> Choice:
    """Return the choice that begins at the sentence of the address, where it names one, with the way back."""
    text = st.query_params.get(SENTENCE_KEY, "")
    if not text:
        return choice
    found = synthetic.get_synthetic_views(
        session,
        [int(text)] if text.isascii() and text.isdigit() and len(text) < 19 else [],
        project_id=choice.project_id,
    )
    if not found:
        st.warning("What this link names is not in this project any more.", icon=":material/link_off:")
        return choice
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(":material/link: The sentence of the link comes first", width="content")
        st.button("Back to the queue", icon=":material/arrow_back:", type="tertiary", on_click=_leave_link)
    return replace(choice, first_id=found[0].id)


def _leave_link() -> None:
    st.query_params.pop(SENTENCE_KEY, None)


def show_refresh(choice: Choice) -> None:
    """Show the button that builds the queue anew."""
    st.button(
        "New sentences",
        icon=":material/refresh:",
        type="tertiary",
        help="Puts the queue together anew. It never changes while you work in it.",
        on_click=forget_queue,
        args=(PAGE, choice),
    )


def count_choice(session: Session, choice: Choice) -> int:
    """Return how many sentences a choice takes."""
    return synthetic.count_queue(session, choice.project_id, **_conditions(choice))


def list_choice(session: Session, choice: Choice, *, after: Place | None, limit: int) -> list[SyntheticView]:
    """Return a page of the sentences that a choice takes, in its order."""
    return synthetic.list_synthetic(
        session, choice.project_id, **_conditions(choice), order=choice.order, after=after, limit=limit
    )


def _conditions(choice: Choice) -> dict[str, Any]:
    return {
        "label": choice.label,
        "state": choice.state,
        "min_agreement": choice.min_agreement,
        "is_flagged": choice.is_flagged,
    }
