"""The deck of sentences with what belongs to a card but not into it: progress, comment, reopening."""

from functools import partial
from typing import Any

import streamlit as st

from core.domain import State
from core.workflows.curation import curate
from db.queries import decisions, pending, projects, queue
from db.queries.annotations import SentenceView
from db.queries.projects import ProjectView
from db.queries.queue import QueueCursor, QueueFilter
from db.session import Session
from pages.components import (
    clash_panel,
    comment_field,
    history_panel,
    reading,
    sentence_cards,
    sentence_queue,
    sentence_status,
)
from pages.components.deck_changes import Desk, apply_event, apply_replay, change_beside
from pages.components.label_examples import get_examples
from pages.components.review_queue import ReviewQueue, forget_queue
from pages.components.sentence_filters import PAGE, Choice
from pages.components.session import act, escape, open_session, redraw_without, show_notice
from pages.components.span_editor import show_deck
from pages.components.wording import group


@st.fragment
def show(project: ProjectView, user_id: int, choice: Choice, cards: ReviewQueue[QueueCursor]) -> None:
    """Show the card at the place reached; a decision reruns this part of the page only."""
    redraw_without(project.id)
    if cards.is_outdated:
        forget_queue(PAGE, choice)
        st.rerun()
    show_notice()
    desk = _make_desk(project.id, user_id)
    with open_session() as session:
        views = _show_deck(session, project, user_id, choice, cards)
        clash_panel.show(session, desk, cards)
        current = views.get(cards.current_id or 0)
        if current is not None and sentence_cards.is_unread(current):
            sentence_status.show_unread(session, project.id, user_id)
        _show_progress(session, project.id)
        if current is None:
            sentence_status.show_end(session, choice)
        else:
            _show_beside(session, desk, cards, current)
        history_panel.show(session, desk, cards)


def _show_deck(
    session: Session, project: ProjectView, user_id: int, choice: Choice, cards: ReviewQueue[QueueCursor]
) -> dict[int, SentenceView]:
    sentence_queue.fill(session, cards, choice)
    items, views = sentence_cards.load_cards(session, cards.window, choice.queue)
    if len(items) < len(cards.window):  # Their document was removed.
        cards.drop(set(cards.window) - views.keys())
        return _show_deck(session, project, user_id, choice, cards)
    schema = projects.get_schema(session, project.id)
    desk = _make_desk(project.id, user_id)
    show_deck(
        items,
        position=cards.position,
        first=cards.first,
        total=cards.total,
        schema=schema,
        key=cards.key,
        on_event=partial(apply_event, desk=desk, queue=cards),
        on_replay=partial(apply_replay, desk=desk, queue=cards),
        on_move=cards.move,
        guideline=project.guideline,
        examples=get_examples(project.id, schema),
        undecided=cards.find_undecided(partial(pending.find_pending_sentences, session)),
    )
    return views


def _make_desk(project_id: int, user_id: int) -> Desk:
    change = partial(_change, project_id=project_id, user_id=user_id)
    return Desk(project_id, user_id, decisions.SENTENCE, elsewhere="Synthetic", change=change)


def _change(
    session: Session, sentence_id: int, version: int, fields: dict[str, Any], *, project_id: int, user_id: int
) -> int:
    view = curate.apply_sentence_event(
        session, project_id=project_id, user_id=user_id, sentence_id=sentence_id, version=version, event=fields
    )
    return view.version


def _show_progress(session: Session, project_id: int) -> None:
    total = queue.count_queue(session, QueueFilter(project_id, state=None))
    pending = queue.count_queue(session, QueueFilter(project_id))
    st.caption(f"{group(total - pending)} of {group(total)} sentences of this project are reviewed")


def _show_beside(session: Session, desk: Desk, cards: ReviewQueue[QueueCursor], view: SentenceView) -> None:
    """Show comment and reopening of the sentence, and the reading of its document; every change is stored at once."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        comment_field.show(f"Comment on this sentence of {escape(view.external_id)}", desk, cards, view)
        if view.state is not State.PENDING:
            st.button(
                "Reopen",
                icon=":material/lock_open:",
                help="Puts the sentence back among those to review; its mentions and relations stay as they are.",
                on_click=_reopen,
                args=(desk, cards, view),
            )
        reading.offer_document(session, desk.project_id, desk.user_id, view)


def _reopen(desk: Desk, cards: ReviewQueue[QueueCursor], view: SentenceView) -> None:
    act(partial(_do_reopen, desk=desk, cards=cards, view=view))


def _do_reopen(session: Session, *, desk: Desk, cards: ReviewQueue[QueueCursor], view: SentenceView) -> str:
    change_beside(session, desk, cards, (view.id, view.version), {"kind": "reopen"})
    return ""
