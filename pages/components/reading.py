"""Let a model read open sentences: all of a project, or those of one document with what is decided in the others."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.domain import JobKind, State
from core.jobs import client
from db.queries import documents, jobs
from db.queries.annotations import SentenceView
from db.session import Session
from pages.components.session import act, get_settings
from pages.components.wording import count

READING_KINDS = (JobKind.INGEST, JobKind.FETCH, JobKind.PREDICT)


def list_active(session: Session, project_id: int) -> list[jobs.Job]:
    """Return the jobs by which a model reads, or will read, sentences of a project."""
    return jobs.list_jobs(session, project_id=project_id, kinds=READING_KINDS, states=jobs.ACTIVE_STATES)


def start(session: Session, project_id: int, user_id: int, *, document_id: int | None = None) -> str:
    """Queue the reading of a project's open sentences, or of one document's; there is nothing to tell of it."""
    params = {} if document_id is None else {"document_id": document_id}
    client.enqueue(get_settings(), session, JobKind.PREDICT, project_id=project_id, params=params, user_id=user_id)
    return ""


def offer_project(session: Session, project_id: int, user_id: int) -> None:
    """Offer to let a model read the open sentences of a project, unless one does."""
    if not list_active(session, project_id):
        action = partial(start, project_id=project_id, user_id=user_id)
        _offer("Let a model read the open sentences", action, key="read-open")


def offer_document(session: Session, project_id: int, user_id: int, view: SentenceView) -> None:
    """Offer to read the open sentences of a document again, once another sentence of it is decided."""
    waiting = documents.list_pending_sentence_ids(session, project_id, document_id=view.document_id)
    decided = documents.list_sentence_ids(session, [view.document_id], state=State.ACCEPTED)
    if not waiting or not decided or list_active(session, project_id):
        return
    _offer(
        "Read the rest again",
        partial(start, project_id=project_id, user_id=user_id, document_id=view.document_id),
        key="read-document",
        explanation=f"A model reads {count(len(waiting), 'open sentence')} of this document anew: names and "
        "abbreviations are marked as you decided in its other sentences.",
    )


def _offer(label: str, action: Callable[[Session], str], *, key: str, explanation: str | None = None) -> None:
    if st.button(label, icon=":material/auto_awesome:", key=key, help=explanation):
        act(action)
        st.rerun()  # of the whole page, not of the deck alone: the bar of the reading stands above it
