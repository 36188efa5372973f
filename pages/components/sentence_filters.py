"""Which sentences the Annotate page shows: a document or sentence named by a link, else the chosen filters."""

from dataclasses import dataclass

import streamlit as st

from core.domain import Split, State
from db.queries import annotations, queue
from db.queries.projects import ProjectView
from db.queries.queue import QueueFilter, QueueOrder
from db.session import Session
from pages.components.review_queue import forget_queue
from pages.components.session import PROJECT_KEY, escape, page_path
from pages.components.wording import SPLIT_NAMES

PAGE = "annotate"
DOCUMENT_KEY, SENTENCE_KEY = "document", "sentence"
FROM_KEY = "from"  # the page whose table led here
BROWSE = "browse"
TO_REVIEW, REVIEWED, FLAGGED = "To review", "Reviewed", "Flagged"
ALL_SPLITS = "All splits"
ORDERS = {
    "Least certain first": QueueOrder.UNCERTAINTY,
    "Most disputed first": QueueOrder.DISAGREEMENT,
    "Rarest label first": QueueOrder.LABELS,
    "In random order": QueueOrder.RANDOM,
    "In text order": QueueOrder.TEXT,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What to show.

    Args:
        queue: The filter.
        sentence_id: The sentence to open first, where a link names one.
    """

    queue: QueueFilter
    sentence_id: int | None = None

    @property
    def is_linked(self) -> bool:
        """Whether one document is shown because a link names it."""
        return self.queue.document_id is not None


def show(session: Session, project: ProjectView) -> Choice:
    """Show the filters, or the document that the link names, and return what to show."""
    linked = _find_linked(session, project.id)
    if linked is not None:
        _show_link(session, linked)
        return linked
    names = {split.value: name.capitalize() for split, name in SPLIT_NAMES.items()}
    shown = st.segmented_control(
        "Sentences",
        [TO_REVIEW, REVIEWED, FLAGGED],
        default=TO_REVIEW,
        required=True,
        key="show",
        bind="query-params",
        label_visibility="collapsed",
    )
    split = st.selectbox(
        "Split",
        ["", *names],
        format_func=lambda name: names.get(name, ALL_SPLITS),
        key="split",
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    order = QueueOrder.TEXT
    if shown == TO_REVIEW:
        order = ORDERS[st.selectbox(
            *("Order", list(ORDERS)), key="order", bind="query-params",
            label_visibility="collapsed", width=210, help=_ORDER_HELP,
        )]  # fmt: skip
    search = _show_search()
    choice = Choice(_make_filter(project.id, shown, split, order, search))
    st.button(
        "New suggestions",
        icon=":material/refresh:",
        type="tertiary",
        help=_NEW_HELP,
        on_click=forget_queue,
        args=(PAGE, choice),
    )
    st.page_link(
        page_path("browse"),
        label="Choose a document",
        icon=":material/description:",
        query_params={PROJECT_KEY: str(project.id), "table": "Documents"},
    )
    return choice


def _show_search() -> str:
    return (
        st.text_input(
            "Search",
            key="search",
            bind="query-params",
            type="search",
            placeholder="Words in the sentence",
            max_chars=200,
            label_visibility="collapsed",
            width=210,
            help=SEARCH_HELP,
        )
        or ""
    ).strip()


SEARCH_HELP = (
    'Every word must be there; "words in quotes" side by side. The last word may be the beginning of one. Accents and '
    "hyphens do not matter, and α is alpha."
)
_ORDER_HELP = """
- **Least certain**: 1 minus the largest probability, of the mean of the models (uncertainty).
- **Most disputed**: how far the models contradict each other (disagreement, mutual information in nats).
- **Rarest label**: every label wants as many gold relations as the richest label has, 20 at least; the label with the
  fewest comes next.

In these three, about every seventh sentence is drawn at random.
"""
_NEW_HELP = "Puts the queue together anew from the latest predictions. It never changes while you work in it."


def _make_filter(project_id: int, shown: str, split: str, order: QueueOrder, search: str) -> QueueFilter:
    return QueueFilter(
        project_id,
        state={TO_REVIEW: State.PENDING, REVIEWED: State.ACCEPTED}.get(shown),
        split=Split(split) if split else None,
        is_flagged=True if shown == FLAGGED else None,
        order=order,
        search=search,
    )


def _find_linked(session: Session, project_id: int) -> Choice | None:
    """Return the document that the link names, or that of the sentence that it names."""
    document_id, sentence_id = _read_id(DOCUMENT_KEY), _read_id(SENTENCE_KEY)
    if sentence_id is not None:
        views = annotations.get_sentence_views(session, [sentence_id], project_id=project_id)
        if views:
            return Choice(_whole_document(project_id, views[0].document_id), sentence_id)
    elif document_id is not None and queue.count_queue(session, _whole_document(project_id, document_id)):
        return Choice(_whole_document(project_id, document_id))
    if document_id is not None or sentence_id is not None:
        st.warning("What this link names is not in this project any more.", icon=":material/link_off:")
    return None


def _whole_document(project_id: int, document_id: int) -> QueueFilter:
    return QueueFilter(project_id, state=None, document_id=document_id, order=QueueOrder.TEXT)


def _read_id(name: str) -> int | None:
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _show_link(session: Session, choice: Choice) -> None:
    ids = queue.get_queue_page(session, choice.queue, limit=1).sentence_ids
    name = annotations.get_sentence_view(session, ids[0]).external_id
    st.markdown(f":material/description: Document **{escape(name)}**, in text order", width="content")
    if st.query_params.get(FROM_KEY) == BROWSE:
        # The table's filters, order and page are what this tab last chose there.
        st.page_link(
            page_path(BROWSE),
            label="Back to the table",
            icon=":material/table_rows:",
            query_params={PROJECT_KEY: str(choice.queue.project_id)},
        )
    st.button("Back to the queue", icon=":material/arrow_back:", type="tertiary", on_click=drop_link)


def drop_link() -> None:
    """Take what a link to the editor names out of the address."""
    for name in (DOCUMENT_KEY, SENTENCE_KEY, FROM_KEY):
        st.query_params.pop(name, None)
