"""Mounts the component: items down, events up, each event applied exactly once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from core.domain import Schema
from pages.components.span_editor.event_log import EventLog, OnEvent
from pages.components.span_editor.events import REJECT_REASONS
from pages.components.span_editor.items import DeckExample, DeckItem, Undecided, encode_schema

_FRONTEND = Path(__file__).parent / "frontend"
# Concatenated into one module in this order, so that no build step is needed; index.js holds the default export.
_SCRIPTS = (
    "text.js",
    "dom.js",
    "schema.js",
    "sections.js",
    "optimistic.js",
    "event_log.js",
    "layout.js",
    "drawing.js",
    "canvas.js",
    "pointer.js",
    "card.js",
    "table.js",
    "panels.js",
    "actions.js",
    "marking.js",
    "keys.js",
    "index.js",
)


def read_frontend() -> tuple[str, str]:
    """Return the component's JavaScript module and its style sheet."""
    return "\n".join(_read_lines(name) for name in _SCRIPTS), _read_lines("span_editor.css")


def _read_lines(name: str) -> str:
    # Streamlit sends the code with every run, so indentation and lines of comment stay at home.
    lines = (line.strip() for line in (_FRONTEND / name).read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


_JS, _CSS = read_frontend()
# Styles are not isolated: in a shadow root the browser reports selections of the text at the wrong node.
_COMPONENT = st.components.v2.component("dare_span_editor", js=_JS, css=_CSS, isolate_styles=False)


def _stay(position: int) -> None:  # noqa: ARG001 - the default of a callback with one argument
    """Ignore where the curator went; right for a deck of one card."""


def show_deck(
    items: Sequence[DeckItem],
    *,
    position: int,
    first: int,
    total: int,
    schema: Schema,
    key: str,
    on_event: OnEvent,
    on_replay: OnEvent | None = None,
    on_move: Callable[[int], None] = _stay,
    guideline: str = "",
    examples: Mapping[str, Sequence[DeckExample]] | None = None,
    undecided: Undecided | None = None,
) -> None:
    """Show a queue of cards one at a time; with one item it is the plain editor.

    The browser holds the items, so deciding a card shows the next one at once and Python confirms behind.
    Every event reaches `on_event` once, in order, before the page's script runs again. A `DareError` raised
    there is shown on the card. Keep the order of the queue fixed while the deck is shown, and pass a few
    items before `position` and about 40 after it. Show one deck a page: it listens to the page's keys.

    Args:
        items: A window of the queue.
        position: Place in the queue of the card to show, from 0; `total` shows the end of the queue.
        first: Place in the queue of `items[0]`.
        total: Length of the queue.
        schema: Entity types and relation labels that may be used.
        key: Names the queue: the browser keeps its way back (undo) by key, so give another queue another key.
        on_event: Applies one event to the database and returns the item's new version, or None if it did not
            change; navigation arrives too and needs no answer.
        on_replay: Applies an event that was made before the server was started anew and may be stored already;
            `on_event` if None.
        on_move: Stores the place in the queue that the curator went to; called before `on_event`.
        guideline: The project's guideline, shown on demand above those of types and labels.
        examples: Approved sentences by relation label, shown with its guideline.
        undecided: At the end of the queue, the cards of it that nobody has decided; None before the end.
    """
    log: EventLog = st.session_state.setdefault(f"{key}:log", EventLog())

    def drain(entries: Sequence[object] | None = None) -> int:
        sent = (st.session_state.get(key) or {}).get("log") if entries is None else entries
        return log.apply(sent or (), on_event=on_event, on_move=on_move, on_replay=on_replay)

    def receive() -> None:
        drain()

    if drain():  # The log was set without a callback, as tests do: the page has read its items too early.
        st.rerun()
    result = _COMPONENT(
        key=key,
        data={
            "deck": key,
            "items": [asdict(item) for item in items],
            "position": position,
            "first": first,
            "total": total,
            "schema": encode_schema(schema),
            "guideline": guideline,
            "examples": {label: [asdict(one) for one in found] for label, found in (examples or {}).items()},
            "reasons": list(REJECT_REASONS),
            "session": log.session,
            "undecided": None if undecided is None else asdict(undecided),
            "ack": dict(log.acks),
            "stored": dict(log.stored),
            "notices": [asdict(notice) for notice in log.notices],
        },
        on_log_change=receive,
    )
    if drain(result.log or ()):  # The first run after a restart: no callback was registered yet.
        st.rerun()
