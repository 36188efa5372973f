"""What the Annotate page says where there is no card to decide: unread sentences, an empty queue, its end."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from db.queries import jobs, queue
from db.queries.queue import QueueFilter
from db.session import Session
from pages.components import job_progress, reading
from pages.components.review_queue import forget_queue
from pages.components.sentence_filters import PAGE, Choice
from pages.components.session import page_path
from pages.components.wording import count
from pages.shell.sidebar import describe_workers


def show_reading(session: Session, project_id: int) -> None:
    """Show, while a model reads sentences of the project, how far it is; the page is drawn anew when it ends."""
    if reading.list_active(session, project_id):
        job_progress.show_live(partial(_draw_reading, project_id=project_id), is_active=True, key="reading")


def _draw_reading(session: Session, *, project_id: int) -> bool:
    active = reading.list_active(session, project_id)
    for job in active:
        line = _describe_workers(session)
        job_progress.show_bar(job, jobs.get_progress(session, job.id), waiting=f"Predictions are on their way. {line}.")
    return bool(active)


def show_unread(session: Session, project_id: int, user_id: int) -> None:
    """Say that a sentence has no predictions because none were made, what the worker does, and let a model read."""
    st.caption(
        ":material/hourglass_empty: No model has read this sentence yet, so nothing is suggested. "
        f"You can mark it by hand all the same. {_describe_workers(session)}."
    )
    reading.offer_project(session, project_id, user_id)


def _describe_workers(session: Session) -> str:
    return describe_workers(jobs.list_workers(session), now=datetime.now(UTC))[1]


def show_end(session: Session, choice: Choice) -> None:
    """Show what to do after the last card of a queue."""
    waiting = queue.count_queue(session, QueueFilter(choice.queue.project_id))
    if waiting and not choice.is_linked:
        st.markdown(f"{count(waiting, 'sentence')} of the project still {'waits' if waiting == 1 else 'wait'}.")
        st.button(
            "Go on with new suggestions",
            type="primary",
            icon=":material/refresh:",
            on_click=forget_queue,
            args=(PAGE, choice),
        )
    show_links()


def show_empty(session: Session, choice: Choice) -> None:
    """Say why a queue has no card, and where to go."""
    everything = queue.count_queue(session, QueueFilter(choice.queue.project_id, state=None))
    waiting = queue.count_queue(session, QueueFilter(choice.queue.project_id))
    if not everything:
        st.info("This project has no text yet. Paste an abstract or drop files.", icon=":material/description:")
        st.page_link(page_path("upload"), label="Upload text", icon=":material/upload_file:")
    elif choice.queue.search:
        st.info("No sentence of these holds the words you look for.", icon=":material/search_off:")
    elif waiting:
        st.info(
            f"No sentence fits these filters; {count(waiting, 'sentence')} of the project "
            f"{'waits' if waiting == 1 else 'wait'} for review.",
            icon=":material/filter_alt:",
        )
    elif choice.queue.is_flagged:
        st.info("No sentence is flagged. Press f on a card to come back to it later.", icon=":material/flag:")
        show_links()
    else:
        st.success("Every sentence of this project is reviewed.", icon=":material/task_alt:")
        show_links()


def show_links() -> None:
    """Link to the steps that follow a review."""
    with st.container(horizontal=True, gap="medium"):
        st.page_link(page_path("synthetic"), label="Generate for rare labels", icon=":material/auto_awesome:")
        st.page_link(page_path("train"), label="Train on what is reviewed", icon=":material/model_training:")
        st.page_link(page_path("export"), label="Export the data", icon=":material/download:")
