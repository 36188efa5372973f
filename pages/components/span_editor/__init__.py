"""Annotation editor and review deck: one Streamlit component, `show_deck`, for sentences and synthetic sentences."""

from pages.components.span_editor.deck import show_deck
from pages.components.span_editor.events import REJECT_REASONS, DeckEvent, EventKind, parse_event
from pages.components.span_editor.items import DeckExample, DeckItem, DeckMention, DeckRelation, ItemKind, Undecided

__all__ = [
    "REJECT_REASONS",
    "DeckEvent",
    "DeckExample",
    "DeckItem",
    "DeckMention",
    "DeckRelation",
    "EventKind",
    "ItemKind",
    "Undecided",
    "parse_event",
    "show_deck",
]
