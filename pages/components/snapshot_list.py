"""Snapshots on the Export page: make one, see what there are, download one in a format."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.workflows.data_out.data_card import split_guideline
from core.workflows.data_out.export import ExportFilter
from core.workflows.data_out.snapshot import CARD_TEXT_NAME, create_snapshot, read_snapshot_file
from core.workflows.data_out.snapshot_export import export_snapshot
from core.workflows.data_out.snapshot_files import zip_files
from core.workflows.model_library.generators import open_store
from db.queries import snapshots
from db.queries.projects import ProjectView
from db.queries.snapshots import SnapshotView
from db.session import Session
from pages.components import snapshot_compare
from pages.components.export_form import FORMATS
from pages.components.session import act, escape, get_settings

GOLD, WITH_SUGGESTIONS = "Approved only", "With suggestions"
_NAME, _LICENCE, _STANDING, _SYNTHETIC = "snapshot-name", "snapshot-licence", "snapshot-standing", "snapshot-synthetic"
_PREPARED_KEY = "snapshot-prepared"


def show(session: Session, project: ProjectView, user_id: int) -> None:
    """Show the snapshots of a project and what can be done with them."""
    st.subheader("Snapshots")
    found = snapshots.list_snapshots(session, project.id)
    if found:
        _show_table(found)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _show_form(project, user_id)
    with right:
        if not found:
            st.caption("A snapshot keeps the data as it is now, with a data card. Each training makes or names one.")
            return
        _show_download(found)
    _show_card(found)
    if len(found) > 1:
        snapshot_compare.show(found)


def _show_form(project: ProjectView, user_id: int) -> None:
    with st.form("snapshot", border=True):
        st.text_input("Name (optional)", key=_NAME, max_chars=100, placeholder="before-second-review")
        st.radio("Annotations", [GOLD, WITH_SUGGESTIONS], key=_STANDING, horizontal=True)
        st.checkbox("With accepted synthetic sentences", value=True, key=_SYNTHETIC)
        st.text_input("Licence of the data (optional)", key=_LICENCE, max_chars=200, placeholder="CC BY 4.0")
        st.form_submit_button(
            "Make a snapshot", icon=":material/photo_camera:", on_click=_create, args=(project, user_id)
        )


def _create(project: ProjectView, user_id: int) -> None:
    act(partial(_do_create, project_id=project.id, user_id=user_id))


def _do_create(session: Session, *, project_id: int, user_id: int) -> str:
    made = create_snapshot(
        session,
        open_store(get_settings()),
        project_id,
        ExportFilter(
            gold_only=st.session_state[_STANDING] == GOLD,
            include_synthetic=bool(st.session_state[_SYNTHETIC]),
        ),
        name=st.session_state[_NAME],
        licence=st.session_state[_LICENCE],
        user_id=user_id,
    )
    st.session_state[_NAME] = ""
    return f"Kept as {made.name}."


def _show_table(found: Sequence[SnapshotView]) -> None:
    kinds = ("documents", "mentions", "relations", "synthetic")
    rows = [
        {"name": one.name, "made": one.created_at, **{kind: one.counts[kind] for kind in kinds},
         "SHA-256": one.content_hash[:12]}
        for one in found
    ]  # fmt: skip
    config = {"made": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=config, alt="Snapshots of this project")


def _show_download(found: Sequence[SnapshotView]) -> None:
    by_name = {one.name: one for one in found}
    name = st.selectbox("Snapshot", list(by_name), key="snapshot-chosen")
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    format_name = left.selectbox("Format", list(FORMATS), format_func=FORMATS.__getitem__, key="snapshot-format")
    wanted = (by_name[name].content_hash, name, format_name)
    if right.button("Prepare", icon=":material/build:", key="snapshot-prepare"):
        files = export_snapshot(open_store(get_settings()), by_name[name], format_name=format_name)
        st.session_state[_PREPARED_KEY] = (wanted, zip_files(files))
    prepared, data = st.session_state.get(_PREPARED_KEY, (None, b""))
    if prepared == wanted:
        st.download_button(
            f"Download {len(data) / 1024:,.0f} kB",
            data=data,
            file_name=f"{name}.{format_name}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key="snapshot-download",
        )


def _show_card(found: Sequence[SnapshotView]) -> None:
    name = st.session_state["snapshot-chosen"]
    chosen = next(one for one in found if one.name == name)
    with st.expander(f"Data card of {escape(name)}", icon=":material/description:"):
        card = read_snapshot_file(open_store(get_settings()), chosen, CARD_TEXT_NAME).decode("utf-8")
        told, guideline = split_guideline(card)
        with st.container(height=420, border=False):
            # The name is in the expander; headings of a page would shout here.
            st.markdown(told.partition("\n")[2].replace("\n## ", "\n##### "))
            st.markdown("##### Guideline")
            st.code(guideline, language=None, wrap_lines=True)
