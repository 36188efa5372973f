"""What the two tables of the Browse page share: their switch, filters that live in the URL, pages, opening a row."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.domain import Split
from db.queries.browse import MAX_COUNTED
from pages.components.sentence_filters import BROWSE, FROM_KEY, drop_link
from pages.components.session import PROJECT_KEY, page_path
from pages.components.wording import SPLIT_NAMES, group

SENTENCES, DOCUMENTS = "Sentences", "Documents"
PAGE_SIZE = 50
PAGE_KEY = "page"
_OPENED_KEY = "browse-opened"


def settle_return() -> None:
    """Let the table be as it was left when the browser's back button leads here from a row.

    Opening a row leaves an address of this page with the row's link and without filters in the browser's history, and
    on the way back such an address would reset them; in a run of its own the tab's last choice counts, and replaces it.
    """
    if FROM_KEY in st.query_params:
        drop_link()
        st.rerun()


def show_look() -> str:
    """Show the switch between the tables and return which one is chosen."""
    return st.segmented_control(
        "Table",
        [SENTENCES, DOCUMENTS],
        default=SENTENCES,
        required=True,
        key="table",
        bind="query-params",
        label_visibility="collapsed",
        on_change=go_to_first_page,
    )


def go_to_first_page() -> None:
    """Let the next run show the first page, as after a change of the filters."""
    st.session_state[PAGE_KEY] = 1


def show_words(help_text: str) -> str:
    """Show the search field and return what was typed."""
    typed = st.text_input(
        "Search",
        key="words",
        bind="query-params",
        type="search",
        placeholder="Search the text",
        max_chars=200,
        label_visibility="collapsed",
        width=280,
        help=help_text,
        on_change=go_to_first_page,
    )
    return (typed or "").strip()


def show_choice(label: str, names: Mapping[str, str], *, key: str, every: str, width: int = 170) -> str | None:
    """Show a filter with an entry for "all", and return what was chosen; None for all.

    Args:
        label: What is filtered, for screen readers.
        names: Value → what people read.
        key: Name in the URL.
        every: What "all" is called.
        width: In pixels.
    """
    chosen = st.selectbox(
        label,
        ["", *names],
        format_func=lambda name: names.get(name, every),
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        width=width,
        on_change=go_to_first_page,
    )
    return chosen or None


def show_split() -> Split | None:
    """Show the filter by split."""
    names = {split.value: name.capitalize() for split, name in SPLIT_NAMES.items()}
    chosen = show_choice("Split", names, key="split", every="All splits", width=150)
    return Split(chosen) if chosen else None


def show_sort(names: Sequence[str]) -> str:
    """Show the choice of an order and return its name."""
    return st.selectbox(
        "Order",
        names,
        key="sort",
        bind="query-params",
        label_visibility="collapsed",
        width=210,
        on_change=go_to_first_page,
    )


def show_pages(total: int) -> int:
    """Show the pages of a table and how long it is; return how many rows lie before the page chosen."""
    counted = min(total, MAX_COUNTED)
    num_pages = max(1, -(-counted // PAGE_SIZE))
    if st.session_state.get(PAGE_KEY, 1) > num_pages:
        st.session_state[PAGE_KEY] = num_pages
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(num_pages, key=PAGE_KEY, bind="query-params") if num_pages > 1 else 1
        offset = (page - 1) * PAGE_SIZE
        last = min(offset + PAGE_SIZE, counted)
        of = f"more than {group(MAX_COUNTED)}; filters narrow them down" if total > MAX_COUNTED else group(total)
        st.caption(f"{group(offset + 1)} to {group(last)} of {of}" if total else "")
    return offset


def show_table(
    rows: Sequence[Mapping[str, object]], links: Sequence[Mapping[str, str]], *, alt: str, columns: Mapping[str, Any]
) -> None:
    """Show rows, and open the one that is clicked in the editor.

    Args:
        rows: Column → value, of each row.
        links: What each row is to the editor, as query parameters.
        alt: What the table holds.
        columns: Streamlit's configuration of columns.
    """
    opened = st.session_state.pop(_OPENED_KEY, None)
    if opened is not None:
        st.switch_page(page_path("annotate"), query_params=opened)
    key = "browse-rows"
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        alt=alt,
        placeholder="",
        column_config=dict(columns),
        key=key,
        on_select=_note_opened(key, links),
        selection_mode=["single-row", "single-cell"],
    )
    st.caption("Click a row to open it in the editor. The address of this page holds the filters.")


def _note_opened(key: str, links: Sequence[Mapping[str, str]]) -> Callable[[], None]:
    """Return what remembers the row that is clicked, once: coming back must not open it again."""

    def note() -> None:
        chosen = st.session_state[key]["selection"]
        rows = [*chosen.get("rows", ()), *(row for row, _ in chosen.get("cells", ()))]
        if rows and rows[0] < len(links):
            project = st.query_params.get(PROJECT_KEY)
            st.session_state[_OPENED_KEY] = {**links[rows[0]], FROM_KEY: BROWSE} | (
                {PROJECT_KEY: project} if project else {}
            )

    return note
