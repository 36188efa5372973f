"""Which synthetic sentences are shown, and how: one at a time, as a table, or the generation itself."""

from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from core.domain import State
from core.workflows.acceptance import LabelStanding
from pages.components.review_queue import forget_queue
from pages.components.wording import label_name

PAGE = "synthetic"
ALL_LABELS = "All labels"
STATE_NAMES = {
    State.PENDING: "Pending",
    State.ACCEPTED: "Accepted",
    State.CORRECTED: "Edited",
    State.REJECTED: "Rejected",
}
ALL_STATES = "All states"


class Look(StrEnum):
    """What the page shows below its title."""

    REVIEW = "Review"
    TABLE = "Table"
    GENERATE = "Generate"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which synthetic sentences to show; None takes all."""

    project_id: int
    label: str | None
    state: State | None


def show_look(standings: list[LabelStanding]) -> Look:
    """Show the switch between reviewing and generating; a project without any sentence starts with the latter."""
    has_any = any(standing.total for standing in standings)
    return Look(
        st.segmented_control(
            "View",
            [look.value for look in Look],
            default=(Look.REVIEW if has_any else Look.GENERATE).value,
            required=True,
            key="view",
            bind="query-params",
            label_visibility="collapsed",
        )
    )


def show(project_id: int, standings: list[LabelStanding]) -> Choice:
    """Show the filters and return what was chosen."""
    names = {standing.label: label_name(standing.label) for standing in standings}
    states = {state.value: name for state, name in STATE_NAMES.items()} | {"all": ALL_STATES}
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
    return Choice(project_id, label or None, None if state == "all" else State(state))


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
