"""The table of sentences: filters, order, pages; a row opens in the editor."""

from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from core.domain import Source, State
from db.queries import browse, projects, users
from db.queries.browse import SentenceFilter, SentenceLine, SentenceSort
from db.session import Session
from pages.components import browse_filters
from pages.components.browse_filters import go_to_first_page
from pages.components.sentence_filters import SEARCH_HELP, SENTENCE_KEY
from pages.components.session import page_path
from pages.components.wording import SPLIT_NAMES, count, moment

STATE_NAMES = {State.PENDING: "To review", State.ACCEPTED: "Reviewed"}
FLAGGED = "flagged"
SOURCE_NAMES = {
    Source.MODEL: "Suggested by a model",
    Source.CURATOR: "Made by hand",
    Source.IMPORT: "From a file",
    Source.PROJECTED: "From document facts",
}
SORT_NAMES = {
    "In text order": SentenceSort.TEXT,
    "Last changed first": SentenceSort.CHANGED,
    "Least certain first": SentenceSort.UNCERTAINTY,
    "Most disputed first": SentenceSort.DISAGREEMENT,
}
# Everything beside the row of filters that is always seen, with the value that filters nothing.
_MORE: dict[str, Any] = {
    "origin": "", "reviewer": "", "since": None, "until": None, "score": (0.0, 1.0), "uncertainty": 0.0,
}  # fmt: skip


def show(session: Session, project_id: int) -> None:
    """Show the filters and a page of the sentences that they take."""
    names = users.get_user_names(session)
    labels = {name: name for name in projects.get_schema(session, project_id).label_names}
    states = {state.value: name for state, name in STATE_NAMES.items()} | {FLAGGED: "Flagged"}
    with st.container(horizontal=True, vertical_alignment="center"):
        words = browse_filters.show_words(SEARCH_HELP)
        state = browse_filters.show_choice("State", states, key="state", every="All states", width=140)
        label = browse_filters.show_choice("Label", labels, key="label", every="All labels")
        split = browse_filters.show_split()
        sort = SORT_NAMES[browse_filters.show_sort(list(SORT_NAMES))]
        more = _show_more(names)
    chosen = SentenceFilter(
        project_id, search=words, label=label, split=split, is_flagged=True if state == FLAGGED else None,
        state=State(state) if state and state != FLAGGED else None, **more,
    )  # fmt: skip
    _show_rows(session, chosen, sort, names)


def _show_rows(session: Session, chosen: SentenceFilter, sort: SentenceSort, names: dict[int, str]) -> None:
    total = browse.count_sentences(session, chosen)
    offset = browse_filters.show_pages(total)
    lines = browse.list_sentences(session, chosen, sort=sort, offset=offset, limit=browse_filters.PAGE_SIZE)
    if not lines:
        st.info("No sentence fits these filters.", icon=":material/filter_alt:")
    else:
        browse_filters.show_table(
            [_describe(line, names) for line in lines],
            [{SENTENCE_KEY: str(line.id)} for line in lines],
            alt="Sentences",
            columns={
                "sentence": st.column_config.TextColumn(width="large"),
                "uncertainty": st.column_config.NumberColumn(
                    format="%.2f", help="1 minus the largest mean probability, of the least certain decision."
                ),
                "disagreement": st.column_config.NumberColumn(
                    format="%.2f", help="How far the models contradict each other, in nats."
                ),
            },
        )
    st.page_link(
        page_path("synthetic"),
        label="Sentences that a generator wrote have a table of their own",
        icon=":material/auto_awesome:",
        query_params={"view": "Table"},
    )


def _describe(line: SentenceLine, names: dict[int, str]) -> dict[str, object]:
    return {
        "sentence": line.text,
        "document": line.external_id,
        "state": STATE_NAMES.get(line.state, line.state.value) + (" · flagged" if line.is_flagged else ""),
        "labels": ", ".join(line.labels),
        "split": SPLIT_NAMES[line.split],
        "uncertainty": line.uncertainty,
        "disagreement": line.disagreement,
        "reviewer": names.get(line.reviewer_id or 0, ""),
        "changed": moment(line.changed_at),
    }


def _show_more(names: dict[int, str]) -> dict[str, Any]:
    """Show the filters that are needed less often; what they hide is told beside them."""
    with st.popover("More filters", icon=":material/tune:"):
        source = browse_filters.show_choice(
            "Origin of a relation",
            {source.value: name for source, name in SOURCE_NAMES.items()},
            key="origin",
            every="Relations of any origin",
            width=280,
        )
        people = {str(user_id): name for user_id, name in names.items()}
        reviewer = browse_filters.show_choice("Reviewer", people, key="reviewer", every="Any reviewer", width=280)
        since = _show_day("Changed since", "since")
        until = _show_day("Changed until", "until")
        low, high = st.slider(
            "Score of a relation", 0.0, 1.0, (0.0, 1.0), 0.01, key="score", bind="query-params",
            on_change=go_to_first_page,
        )  # fmt: skip
        uncertainty = st.slider(
            "Uncertainty at least", 0.0, 1.0, 0.0, 0.01, key="uncertainty", bind="query-params",
            on_change=go_to_first_page,
        )  # fmt: skip
    used = sum(st.session_state[key] != usual for key, usual in _MORE.items())
    if used:
        st.button(
            f"{count(used, 'more filter')} in use",
            icon=":material/filter_alt_off:",
            type="tertiary",
            help="Clears what is set under More filters.",
            on_click=_clear,
        )
    return {
        "source": Source(source) if source else None,
        "reviewer_id": int(reviewer) if reviewer else None,
        "changed_from": _start_of(since),
        "changed_before": _start_of(until + timedelta(days=1) if until else None),
        "min_score": low if low > 0 else None,
        "max_score": high if high < 1 else None,
        "min_uncertainty": uncertainty or None,
    }


def _show_day(label: str, key: str) -> date | None:
    return st.date_input(
        label, None, key=key, bind="query-params", format="YYYY-MM-DD", width=280, on_change=go_to_first_page
    )


def _start_of(day: date | None) -> datetime | None:
    """Return the first moment of a day where the server is."""
    return None if day is None else datetime.combine(day, time.min).astimezone()


def _clear() -> None:
    for key, usual in _MORE.items():
        st.session_state[key] = usual
    go_to_first_page()
