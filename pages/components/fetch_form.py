"""Articles by id: the form that has PubMed and PMC asked for them, in the background."""

from functools import partial

import streamlit as st

from core.domain import JobKind, Split
from core.jobs import client
from core.workflows.data_in.article_ids import parse_ids
from db.queries.projects import ProjectView
from db.session import Session
from pages.components.session import act, get_settings
from pages.components.wording import SPLIT_NAMES

_IDS, _SPLIT, _PREDICT = "fetch-ids", "fetch-split", "fetch-predict"


def show(project: ProjectView, user_id: int) -> None:
    """Show the form; it says what leaves the machine, and when nothing may."""
    with st.form("fetch", border=True):
        st.markdown("**Fetch articles by id**")
        st.text_area(
            "PubMed or PMC ids",
            key=_IDS,
            height=90,
            placeholder="10491763, 12041669, PMC3012345",
            help="Plain numbers are PubMed ids, fetched as title and abstract. Numbers after PMC are PMC ids, fetched "
            "as full text where the publisher allows it.",
        )
        left, right = st.columns(2, vertical_alignment="bottom")
        left.selectbox("Their split", list(Split), format_func=_split_name, key=_SPLIT)
        right.checkbox("Predict them", value=True, key=_PREDICT)
        st.form_submit_button(
            "Fetch and import", icon=":material/cloud_download:", on_click=_fetch, args=(project, user_id)
        )
        if get_settings().offline:
            st.caption("This installation is offline (DARE_OFFLINE): only articles that were fetched before are here.")
        else:
            st.caption("Asks NCBI for these articles by id, each once; no text of yours leaves the machine.")


def _split_name(split: Split) -> str:
    return SPLIT_NAMES[split].capitalize()


def _fetch(project: ProjectView, user_id: int) -> None:
    act(partial(_do_fetch, project_id=project.id, user_id=user_id))


def _do_fetch(session: Session, *, project_id: int, user_id: int) -> str:
    ids = parse_ids(st.session_state[_IDS])
    params = {
        "pubmed": list(ids.pubmed),
        "pmc": list(ids.pmc),
        "source": f"{len(ids)} {'id' if len(ids) == 1 else 'ids'} of {ids.source}",
        "split": Split(st.session_state[_SPLIT]).value,
        "predict": bool(st.session_state[_PREDICT]),
    }
    client.enqueue(get_settings(), session, JobKind.FETCH, project_id=project_id, params=params, user_id=user_id)
    st.session_state[_IDS] = ""
    return f"Fetching {params['source']}"
