"""The table of documents: filters, order, pages; a row opens in the editor, or is chosen to be moved or removed."""

import streamlit as st

from db.queries import browse_documents
from db.queries.browse_documents import DocumentFilter, DocumentLine, DocumentSort
from db.session import Session
from pages.components import browse_filters, document_changes
from pages.components.sentence_filters import DOCUMENT_KEY
from pages.components.wording import SPLIT_NAMES, moment

OPEN, DONE = "open", "done"
SORT_NAMES = {
    "In the order they came": DocumentSort.STORED,
    "Newest first": DocumentSort.NEWEST,
    "By name": DocumentSort.NAME,
}
SEARCH_HELP = "Part of a document's name, or words of one of its sentences."


def show(session: Session, project_id: int) -> None:
    """Show the filters and a page of the documents that they take."""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = browse_filters.show_words(SEARCH_HELP)
        state = browse_filters.show_choice(
            "State", {OPEN: "With sentences to review", DONE: "Reviewed whole"}, key="documents", every="All states",
            width=220,
        )  # fmt: skip
        split = browse_filters.show_split()
        sort = SORT_NAMES[browse_filters.show_sort(list(SORT_NAMES))]
    chosen = DocumentFilter(project_id, search=words, split=split, is_open=None if state is None else state == OPEN)
    total = browse_documents.count_documents(session, chosen)
    offset = browse_filters.show_pages(total)
    lines = browse_documents.list_documents(session, chosen, sort=sort, offset=offset, limit=browse_filters.PAGE_SIZE)
    if not lines:
        st.info("No document fits these filters.", icon=":material/filter_alt:")
        return
    rows = [_describe(line) for line in lines]
    if st.toggle("Move or remove documents", key="change-documents"):
        document_changes.show(session, chosen, lines, rows, total=total)
        return
    browse_filters.show_table(
        rows,
        [{DOCUMENT_KEY: str(line.id)} for line in lines],
        alt="Documents",
        columns={"document": st.column_config.TextColumn(width="medium")},
    )


def _describe(line: DocumentLine) -> dict[str, object]:
    return {
        "document": line.external_id,
        "split": SPLIT_NAMES[line.split],
        "sentences": line.sentences,
        "reviewed": line.reviewed,
        "flagged": line.flagged,
        "characters": line.length,
        "file": line.source_name,
        "added": moment(line.created_at),
    }
