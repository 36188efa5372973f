"""Both versions of a card that somebody else changed first, and the choice between them."""

from functools import partial
from typing import Any

import streamlit as st

from core.errors import NotFoundError
from core.workflows.curation import clash
from core.workflows.curation.clash import Clash
from db.session import Session
from pages.components.card_wording import describe_card
from pages.components.deck_changes import Desk
from pages.components.review_queue import Refused, ReviewQueue
from pages.components.session import act, escape
from pages.components.wording import moment

MAX_SHOWN = 3


def show(session: Session, desk: Desk, queue: ReviewQueue[Any]) -> None:
    """Show, for each card with a refused change, what it holds now and what it would hold with the change."""
    for card_id, refused in list(queue.refused.items())[:MAX_SHOWN]:
        try:
            found = clash.find_clash(
                session,
                project_id=desk.project_id,
                user_id=desk.user_id,
                target=(desk.target_kind, card_id),
                seen_version=refused.seen_version,
                events=refused.events,
            )
        except NotFoundError:
            queue.refused.pop(card_id)
            continue
        _show_clash(desk, queue, card_id, refused, found)


def _show_clash(desk: Desk, queue: ReviewQueue[Any], card_id: int, refused: Refused, found: Clash) -> None:
    now = describe_card(found.present, found.text)
    mine = [] if found.mine is None else describe_card(found.mine, found.text)
    with st.container(border=True):
        st.markdown(f":material/call_split: **Two versions.** {_describe_change(found)} Your change is not stored yet.")
        st.markdown(f"“{escape(found.text)}”")
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown("**As it is now**")
            _show_lines(now, mine)
            st.button("Keep as it is now", key=f"keep-{queue.key}-{card_id}", on_click=_keep, args=(queue, card_id))
        with right:
            st.markdown("**With your change**")
            if found.mine is None:
                st.caption(escape(found.error))
                return
            _show_lines(mine, now)
            st.button(
                "Take mine",
                key=f"mine-{queue.key}-{card_id}",
                on_click=_take_mine,
                args=(desk, queue, card_id, refused, found.version),
                help="Replaces what stands on the left. It is one step that undo takes back.",
            )


def _describe_change(found: Clash) -> str:
    if found.changed_by is None:
        return "A model or an import changed this sentence while you did."
    who = (
        "You changed this sentence in another tab"
        if found.is_own_change
        else (f"**{escape(found.changed_by)}** changed this sentence")
    )
    return f"{who}, {moment(found.changed_at)}, while you decided here."


def _show_lines(lines: list[str], others: list[str]) -> None:
    """List the lines; those that the other version lacks are marked in words, not by colour alone."""
    told = [f"- {escape(line)}" + ("" if line in others else " :orange-badge[differs]") for line in lines]
    st.markdown("\n".join(told) or "Nothing is marked.")


def _keep(queue: ReviewQueue[Any], card_id: int) -> None:
    queue.refused.pop(card_id, None)
    queue.restart_deck()


def _take_mine(desk: Desk, queue: ReviewQueue[Any], card_id: int, refused: Refused, version: int) -> None:
    act(partial(_do_take_mine, desk=desk, queue=queue, card_id=card_id, refused=refused, version=version))


def _do_take_mine(
    session: Session, *, desk: Desk, queue: ReviewQueue[Any], card_id: int, refused: Refused, version: int
) -> str:
    clash.apply_mine(
        session,
        project_id=desk.project_id,
        user_id=desk.user_id,
        target=(desk.target_kind, card_id),
        version=version,
        seen_version=refused.seen_version,
        events=refused.events,
    )
    _keep(queue, card_id)
    return "Your version is stored."
