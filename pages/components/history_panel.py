"""The last steps of the user on Annotate and Synthetic: what, when, where; open it, undo it, undo back to it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.workflows.curation.undo import Undone, undo_back_to, undo_step
from db.queries import decisions, history
from db.queries.history import Step
from db.session import Session
from pages.components.deck_changes import Desk, find_here
from pages.components.review_queue import ReviewQueue
from pages.components.session import PROJECT_KEY, act, escape, page_path
from pages.components.step_wording import Contents, describe_step
from pages.components.undo_wording import describe_undone
from pages.components.wording import moment, shorten

NUM_STEPS, NUM_FIRST = 50, 10
MAX_TEXT = 20_000  # characters of a sentence that are read, to quote the mentions in it
MAX_TOLD = 300  # those that the button leading to it tells
SENTENCE_KEY = "sentence"
_PAGES = {decisions.SENTENCE: "annotate", decisions.SYNTHETIC: "synthetic"}
_TITLES = {decisions.SENTENCE: "Annotate", decisions.SYNTHETIC: "Synthetic"}
TakeBack = Callable[[Session, int, int, int], Undone]


def show(session: Session, desk: Desk, queue: ReviewQueue[Any]) -> None:
    """Show the steps in a panel that is empty, and asks the database nothing, until it is opened."""
    panel = st.expander("History", icon=":material/history:", key=f"history-{desk.target_kind}", on_change="rerun")
    if not panel.open:
        return
    with panel:
        steps = history.list_steps(session, project_id=desk.project_id, user_id=desk.user_id, limit=NUM_STEPS)
        if not steps:
            st.caption("Nothing yet. What you decide here and on the other page appears here, and can be taken back.")
            return
        st.caption(
            "Your last steps on Annotate and Synthetic. **Undo this** takes back one step and leaves what came after; "
            "**Undo back to here** takes back this step and all of yours after it. Either is a new decision: nothing "
            "is erased."
        )
        is_whole = len(steps) <= NUM_FIRST or st.toggle(f"Show all {len(steps)}", key=f"all-{desk.target_kind}")
        shown = steps if is_whole else steps[:NUM_FIRST]
        texts = history.get_short_texts(session, shown, length=MAX_TEXT)
        contents = history.get_contents(session, shown)
        for step in shown:
            text = texts.get((step.target_kind, step.target_id))
            _show_step(desk, queue, step, text, contents.get(step.decision_id))


def _show_step(desk: Desk, queue: ReviewQueue[Any], step: Step, text: str | None, contents: Contents | None) -> None:
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.markdown(_describe(desk, step, text, contents), width="stretch")
        if text is not None:
            _show_jump(desk, queue, step, text)
        if step.is_undone:
            return
        _undo_button(desk, queue, step, "Undo this", undo_step)
        _undo_button(desk, queue, step, "Undo back to here", undo_back_to)


def _describe(desk: Desk, step: Step, text: str | None, contents: Contents | None) -> str:
    where = "" if step.target_kind == desk.target_kind else f" · {_TITLES[step.target_kind]}"
    told = f"{describe_step(step, text, contents)}{where} · {moment(step.created_at)}"
    if step.was_left:
        return f"{told} :orange-badge[left: changed since]"
    return f"{told} :gray-badge[taken back]" if step.is_undone else told


def _show_jump(desk: Desk, queue: ReviewQueue[Any], step: Step, text: str) -> None:
    whole = escape(shorten(text, MAX_TOLD))
    if step.target_kind == desk.target_kind:
        st.button(
            "Open",
            icon=":material/arrow_upward:",
            type="tertiary",
            key=f"open-{desk.target_kind}-{step.decision_id}",
            help=whole,
            on_click=_jump,
            args=(queue, step.target_id),
        )
        return
    st.page_link(
        page_path(_PAGES[step.target_kind]),
        label="Open",
        icon=":material/open_in_new:",
        help=whole,
        query_params={PROJECT_KEY: str(desk.project_id), SENTENCE_KEY: str(step.target_id)},
    )


def _jump(queue: ReviewQueue[Any], card_id: int) -> None:
    queue.go_to(card_id)
    queue.restart_deck()


def _undo_button(desk: Desk, queue: ReviewQueue[Any], step: Step, label: str, take_back: TakeBack) -> None:
    st.button(
        label,
        icon=":material/undo:" if take_back is undo_step else ":material/restart_alt:",
        type="tertiary",
        key=f"{take_back.__name__}-{desk.target_kind}-{step.decision_id}",
        on_click=_take_back,
        args=(desk, queue, step.decision_id, take_back),
    )


def _take_back(desk: Desk, queue: ReviewQueue[Any], decision_id: int, take_back: TakeBack) -> None:
    act(partial(_do_take_back, desk=desk, queue=queue, decision_id=decision_id, take_back=take_back))


def _do_take_back(
    session: Session, *, desk: Desk, queue: ReviewQueue[Any], decision_id: int, take_back: TakeBack
) -> str:
    undone = take_back(session, desk.project_id, desk.user_id, decision_id)
    here = find_here(desk, undone)
    if here is not None:
        queue.go_to(here)
    queue.restart_deck()
    queue.is_outdated = len(undone.restored) > 1
    return describe_undone(undone)
