"""The comment on a card, written beside the deck and stored at once."""

import zlib
from functools import partial
from typing import Any

import streamlit as st

from db.queries.annotations import SentenceView
from db.queries.synthetic import SyntheticView
from db.session import Session
from pages.components.deck_changes import Desk, change_beside
from pages.components.review_queue import ReviewQueue
from pages.components.session import act


def show(label: str, desk: Desk, cards: ReviewQueue[Any], view: SentenceView | SyntheticView) -> None:
    """Show the field; `label` says what is commented on, as escaped text."""
    # A comment that came from elsewhere is another field; one that was typed here keeps the field.
    key = f"comment-{cards.key}-{view.id}-{zlib.crc32(view.comment.encode())}"
    st.text_input(
        label,
        view.comment,
        key=key,
        max_chars=1000,
        placeholder="A note for whoever reads this sentence next; Enter saves it",
        on_change=_save,
        args=(desk, cards, (view.id, view.version), key),
    )


def _save(desk: Desk, cards: ReviewQueue[Any], card: tuple[int, int], key: str) -> None:
    act(partial(_do_save, desk=desk, cards=cards, card=card, text=st.session_state[key]))


def _do_save(session: Session, *, desk: Desk, cards: ReviewQueue[Any], card: tuple[int, int], text: str) -> str:
    change_beside(session, desk, cards, card, {"kind": "comment", "text": text})
    return ""
