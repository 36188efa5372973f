"""Two snapshots side by side: what was added, removed and changed, by kind."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.workflows.data_out.snapshot_diff import KindDiff, diff_snapshots, name_item
from core.workflows.model_library.generators import open_store
from db.queries.snapshots import SnapshotView
from pages.components.session import escape, get_settings
from pages.components.wording import count

_NUM_LISTED = 50
_DIFF_KEY = "snapshot-diff"


def show(found: Sequence[SnapshotView]) -> None:
    """Show the choice of two snapshots, newest first in `found`, and their comparison once asked for."""
    st.markdown("**Compare two snapshots**")
    names = [one.name for one in found]
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    before = left.selectbox("Older", names, index=1, key="snapshot-before")
    after = middle.selectbox("Newer", names, index=0, key="snapshot-after")
    by_name = {one.name: one for one in found}
    if right.button("Compare", icon=":material/compare_arrows:", key="snapshot-compare"):
        kinds = diff_snapshots(open_store(get_settings()), by_name[before], by_name[after])
        st.session_state[_DIFF_KEY] = (before, after, kinds)
    old, new, compared = st.session_state.get(_DIFF_KEY, ("", "", {}))
    if (old, new) == (before, after):
        _show_diff(compared)


def _show_diff(kinds: Mapping[str, KindDiff]) -> None:
    rows = [
        {
            "kind": kind,
            "older": one.num_before,
            "newer": one.num_after,
            "added": len(one.added),
            "removed": len(one.removed),
            "changed": len(one.changed),
        }
        for kind, one in kinds.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Differences by kind")
    for kind, one in kinds.items():
        for word, items in (("added", one.added), ("removed", one.removed), ("changed", one.changed)):
            if not items:
                continue
            with st.expander(f"{kind.capitalize()} {word}: {count(len(items), 'item')}"):
                st.markdown("\n".join(f"- {escape(name_item(item))}" for item in items[:_NUM_LISTED]))
                if len(items) > _NUM_LISTED:
                    st.caption(f"{count(len(items) - _NUM_LISTED, 'more', 'more')}: `dare snapshot diff --json`.")
