"""Correct what an import brought: choose documents in the table, put them into another split or remove them."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.domain import Split
from core.workflows.documents.edit_documents import move_documents, remove_documents
from db.queries import browse_documents
from db.queries.browse_documents import DocumentFilter, DocumentLine
from db.session import Session
from pages.components.session import act, escape
from pages.components.wording import SPLIT_NAMES, count, group

_ROWS_KEY = "changed-documents"
_ALL_KEY = "changed-documents-all"
NUM_NAMED = 8


def show(
    session: Session,
    chosen: DocumentFilter,
    lines: Sequence[DocumentLine],
    rows: Sequence[dict[str, object]],
    *,
    total: int,
) -> None:
    """Show the table with boxes to tick, and above it what can be done with what is ticked.

    Args:
        session: An open session.
        chosen: The filters of the table.
        lines: The documents of its page.
        rows: Column → value of each of them.
        total: How many documents the filters take.
    """
    actions = st.container()  # above the table, which may be longer than a screen
    table = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        alt="Documents to choose",
        placeholder="",
        key=_ROWS_KEY,
        on_select="rerun",
        selection_mode="multi-row",
    )
    ids = [lines[row].id for row in table.selection.rows if row < len(lines)]
    with actions:
        if total > len(lines) and st.checkbox(f"All {count(total, 'document')} of these filters", key=_ALL_KEY):
            ids = browse_documents.list_document_ids(session, chosen)
        _show_actions(chosen.project_id, ids, lines)


def _show_actions(project_id: int, ids: Sequence[int], lines: Sequence[DocumentLine]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.selectbox(
            "Split",
            list(Split),
            format_func=lambda one: SPLIT_NAMES[one].capitalize(),
            key="changed-split",
            width=170,
            help="Development data choose epochs and thresholds, test data are only scored: what a generator has "
            "read should stay in training.",
        )
        st.button(
            f"Move {count(len(ids), 'document')}",
            icon=":material/drive_file_move:",
            disabled=not ids,
            on_click=_move,
            args=(project_id, ids, split),
        )
        if st.button(f"Remove {count(len(ids), 'document')}", icon=":material/delete:", disabled=not ids):
            named = [line.external_id for line in lines if line.id in set(ids)]
            _confirm(project_id, ids, named)
        if not ids:
            st.caption("Tick the boxes in front of documents.")


def _move(project_id: int, ids: Sequence[int], split: Split) -> None:
    act(partial(_do_move, project_id=project_id, ids=ids, split=split))
    _untick()


def _do_move(session: Session, *, project_id: int, ids: Sequence[int], split: Split) -> str:
    number = move_documents(session, project_id, ids, split)
    return f"{count(number, 'document')} moved to {SPLIT_NAMES[split]}."


@st.dialog("Remove documents?")
def _confirm(project_id: int, ids: Sequence[int], named: Sequence[str]) -> None:
    names = ", ".join(escape(name) for name in named[:NUM_NAMED])
    more = f" and {group(len(ids) - NUM_NAMED)} more" if len(ids) > NUM_NAMED else ""
    st.markdown(f"**{count(len(ids), 'document')}**: {names}{more}")
    st.caption("They go with everything that is marked and decided in them, and cannot be brought back.")
    with st.container(horizontal=True):
        if st.button("Remove for good", type="primary", icon=":material/delete:", key="remove-documents"):
            _remove(project_id, ids)
            st.rerun()
        if st.button("Cancel"):
            st.rerun()


def _remove(project_id: int, ids: Sequence[int]) -> None:
    act(partial(_do_remove, project_id=project_id, ids=ids))
    _untick()


def _do_remove(session: Session, *, project_id: int, ids: Sequence[int]) -> str:
    return f"{count(remove_documents(session, project_id, ids), 'document')} removed."


def _untick() -> None:
    for key in (_ROWS_KEY, _ALL_KEY):
        st.session_state.pop(key, None)
