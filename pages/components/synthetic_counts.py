"""How each label stands: sentences by decision, acceptance with its interval, what the filters removed."""

import pandas as pd
import streamlit as st

from core.workflows.acceptance import LabelStanding, LabelYield, LastGeneration
from pages.components.session import escape
from pages.components.wording import count, group, label_name, moment


def show(standings: list[LabelStanding]) -> None:
    """Show the table of labels."""
    rows = [
        {
            "label": label_name(standing.label),
            "generated": standing.total,
            "pending": standing.pending,
            "accepted": standing.accepted,
            "edited": standing.edited,
            "rejected": standing.rejected,
            "acceptance (95 % interval)": describe_acceptance(standing),
        }
        for standing in standings
    ]
    config = {
        "generated": st.column_config.NumberColumn(help="Stored after the filters."),
        "accepted": st.column_config.NumberColumn(help="Edited ones too."),
        "acceptance (95 % interval)": st.column_config.TextColumn(
            help="Share of the decided sentences that was accepted; the Wilson interval is wide while few are decided."
        ),
    }
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", column_config=config, alt="Synthetic sentences by label"
    )


def describe_acceptance(standing: LabelStanding) -> str:
    """Return "57 % (25 to 84 %)", or a dash while nothing is decided."""
    if standing.acceptance is None:
        return "–"
    low, high = standing.interval
    return f"{100 * standing.acceptance:.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"


def show_last(last: LastGeneration | None) -> None:
    """Show what the filters removed in the newest generation, and its warnings."""
    st.subheader("What the filters removed")
    if last is None:
        st.caption("Once a generation has finished, this says how many sentences were unusable, and why.")
        return
    st.caption(f"In the last generation, finished {moment(last.finished_at)}.")
    for one in last.yields:
        _show_yield(one)
    for note in last.notes:
        st.caption(f":material/info: {escape(note)}")


def _show_yield(one: LabelYield) -> None:
    kept = f"{group(one.kept)} of {count(one.generated, 'sentence')} kept"
    st.markdown(f"**{escape(label_name(one.label))}**: {kept}")
    for warning in one.warnings:
        st.warning(escape(warning), icon=":material/warning:")
    if one.removed:
        rows = [{"number": number, "a removed sentence …": reason} for reason, number in one.removed]
        title = f"Removed for {label_name(one.label)}"
        st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=title)
