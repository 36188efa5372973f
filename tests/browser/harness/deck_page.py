"""The page of the harness: one deck, what Python holds as JSON, and widgets that compete for keys."""

import json
import time
from dataclasses import asdict
from html import escape

import streamlit as st

from core.domain import State
from pages.components.span_editor import DeckEvent, EventKind, Undecided, show_deck
from tests.browser.harness.cards import CHEMICAL_DISEASE, Store, make_decks

st.set_page_config(page_title="harness", layout="wide")
state = st.session_state
if "store" not in state:
    state.store = Store(make_decks()[st.query_params.get("deck", "rash")])
delay = float(st.query_params.get("delay", 0))  # seconds; a slow page


def handle(event: DeckEvent) -> int | None:
    """Apply one event of the deck."""
    store: Store = state.store
    return store.apply(event)


def move(position: int) -> None:
    """Remember where the curator went."""
    state.store.position = position


@st.fragment
def deck() -> None:
    """Show the deck and, below it, what Python holds."""
    time.sleep(delay)
    store: Store = state.store
    first = max(0, store.position - 5)
    open_places = [place for place, item in enumerate(store.items) if item.state is State.PENDING]
    is_over = store.position >= len(store.items)
    show_deck(
        store.items[first : store.position + 40],
        position=store.position,
        first=first,
        total=len(store.items),
        schema=CHEMICAL_DISEASE,
        key="deck",
        on_event=handle,
        on_move=move,
        guideline="Mark every chemical and disease; relate them only where the sentence says so.",
        undecided=Undecided(len(open_places), len(store.items), (open_places or [0])[0]) if is_over else None,
    )
    held = {"items": [asdict(item) for item in store.items], "position": store.position, "log": store.decisions}
    st.html(f"<pre hidden class='probe'>{escape(json.dumps(held))}</pre>")


def change_elsewhere() -> None:
    """Change the first card as another tab would."""
    first = state.store.items[0]
    state.store.apply(DeckEvent(EventKind.FLAG, "other tab", 1, "", 0, item_id=first.id, version=first.version))


deck()
if not st.query_params.get("bare"):
    st.text_input("Comment")
    st.button("Change elsewhere", on_click=change_elsewhere)
