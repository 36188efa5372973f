"""How each label stands: sentences by decision, what is wanted, acceptance with its interval, what was removed."""

import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.workflows.synthesis.acceptance import MAX_WANTED, LabelStanding, LabelYield, LastGeneration, set_wanted
from db.session import Session
from pages.components.session import act, escape
from pages.components.wording import count, group, label_name, moment


def show(project_id: int, standings: list[LabelStanding]) -> None:
    """Show the table of labels, in which the wanted numbers can be changed, and why sentences were not used."""
    labels = [standing.label for standing in standings]
    # A new number makes a new table, so that its own memory of edits never hides what is stored.
    key = f"quotas-{project_id}-{zlib.crc32(repr([(one.label, one.wanted) for one in standings]).encode())}"
    st.data_editor(
        pd.DataFrame([_describe_row(standing) for standing in standings]),
        hide_index=True,
        height="content",
        disabled=[name for name in _COLUMNS if name != WANTED],
        column_config=_COLUMNS,
        key=key,
        on_change=_save_wanted,
        args=(key, project_id, labels),
        alt="Synthetic sentences by label",
    )
    reasons = {one.label: one.reasons for one in standings}
    removed = {one.label: one.removed for one in standings}
    if any(reasons.values()) or any(removed.values()):
        with st.expander("Why sentences were rejected or removed", icon=":material/filter_alt:"):
            _show_reasons("Rejected by curators", "reason", reasons)
            _show_reasons("Removed by the filters, in all generations", "a removed sentence …", removed)
    missing = [one for one in standings if one.accepted + one.pending < one.wanted]
    if missing:
        names = ", ".join(escape(label_name(one.label)) for one in missing)
        st.caption(f":material/info: Even if all that wait were accepted, there would be too few for {names}.")


WANTED = "wanted"
_COLUMNS: dict[str, Any] = {
    "label": st.column_config.TextColumn(pinned=True),
    WANTED: st.column_config.NumberColumn(
        min_value=0,
        max_value=MAX_WANTED,
        step=1,
        help="Accepted sentences that you want for the label; change it here. As many as there are gold instances in "
        "the training split, unless you say otherwise: that is what training draws. Empty it to go back to that.",
    ),
    "accepted": st.column_config.NumberColumn(help="Edited ones too."),
    "progress": st.column_config.ProgressColumn(format="%d %%", min_value=0, max_value=100, help="Accepted of wanted."),
    "pending": st.column_config.NumberColumn(help="Nobody has decided."),
    "edited": st.column_config.NumberColumn(help="Accepted after a change of text or label."),
    "rejected": st.column_config.NumberColumn(help="Not used; the reasons are below."),
    "drawn": st.column_config.NumberColumn(help="By all finished generations, before the filters."),
    "filtered": st.column_config.NumberColumn(help="Drawn, but removed by the filters."),
    "acceptance (95 % interval)": st.column_config.TextColumn(
        help="Share of the decided sentences that was accepted; the Wilson interval is wide while few are decided."
    ),
}


def _describe_row(standing: LabelStanding) -> dict[str, object]:
    return {
        "label": label_name(standing.label),
        WANTED: standing.wanted,
        "accepted": standing.accepted,
        "progress": None if standing.progress is None else round(100 * standing.progress),
        "pending": standing.pending,
        "edited": standing.edited,
        "rejected": standing.rejected,
        "drawn": standing.drawn,
        "filtered": standing.num_removed,
        "acceptance (95 % interval)": describe_acceptance(standing),
    }


def _save_wanted(key: str, project_id: int, labels: list[str]) -> None:
    changed = st.session_state[key]["edited_rows"]
    act(partial(store_wanted, project_id=project_id, labels=labels, changed=changed))


def store_wanted(
    session: Session, *, project_id: int, labels: list[str], changed: Mapping[int, Mapping[str, int | None]]
) -> str:
    """Store the wanted numbers that were typed into the table, by row; an emptied one goes back to the usual."""
    for row, values in changed.items():
        if WANTED in values:
            set_wanted(session, project_id, labels[row], values[WANTED])
    return ""


def _show_reasons(title: str, heading: str, by_label: Mapping[str, tuple[tuple[str, int], ...]]) -> None:
    """Show a table of reasons by label."""
    if not any(by_label.values()):
        return
    st.markdown(f"**{title}**")
    columns = {label_name(label): dict(counts) for label, counts in by_label.items() if counts}
    reasons = dict.fromkeys(reason for counts in columns.values() for reason in counts)
    rows = [
        {heading: reason or "no reason given"} | {name: counts.get(reason, 0) for name, counts in columns.items()}
        for reason in reasons
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=title)


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
