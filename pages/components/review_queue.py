"""A queue of cards under review: its ids in a fixed order, loaded page by page, and the place reached in it."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import streamlit as st

from pages.components.span_editor import Undecided

BEFORE, AHEAD = 5, 40
_STORE_KEY = "review-queues"
_NUMBER_KEY = "review-queue-number"

CursorT = TypeVar("CursorT")
# Returns the ids after a cursor (None: the first ones), and the cursor to go on from; None at the end.
Load = Callable[[CursorT | None], tuple[Sequence[int], CursorT | None]]


@dataclass(slots=True)
class Refused:
    """What was done on a card that somebody else had changed: the version that was seen, and the events, in order."""

    seen_version: int
    events: list[dict[str, Any]]


@dataclass(slots=True)
class ReviewQueue(Generic[CursorT]):
    """What a browser tab remembers of one queue; every decision itself is in the database.

    Args:
        key: Key of the deck that shows it; another queue, or the same built anew, has another one.
        counted: Cards of the queue when it was built.
        ids: Those loaded so far, in their order.
        cursor: Where the next page starts.
        is_complete: Whether every card is loaded.
        position: Place of the card that is shown, from 0; `total` is the end.
        versions: From a version of a card that the browser may have seen to the present one, as far as only
            this tab changed it: a comment is not made in the deck, and must not look like a conflict to it.
        refused: By card, what was not stored because of a conflict and waits for a choice.
        is_outdated: Whether so many cards were changed beside it that it is to be built anew.
    """

    key: str
    counted: int
    ids: list[int] = field(default_factory=list)
    cursor: CursorT | None = None
    is_complete: bool = False
    position: int = 0
    versions: dict[tuple[int, int], int] = field(default_factory=dict)
    refused: dict[int, Refused] = field(default_factory=dict)
    is_outdated: bool = False

    @property
    def total(self) -> int:
        """Length of the queue, as far as it is known."""
        return len(self.ids) if self.is_complete else max(self.counted, len(self.ids) + 1)

    @property
    def first(self) -> int:
        """Place of the first card of the window that the browser holds."""
        return max(0, self.position - BEFORE)

    @property
    def window(self) -> list[int]:
        """The cards that the browser holds."""
        return self.ids[self.first : self.position + AHEAD]

    @property
    def current_id(self) -> int | None:
        """The card that is shown; None at the end."""
        return self.ids[self.position] if self.position < len(self.ids) else None

    def find_undecided(self, find_pending: Callable[[Sequence[int]], set[int]]) -> Undecided | None:
        """Return which cards of the queue are undecided once its end is reached; None before.

        Args:
            find_pending: Returns those of the cards that nobody has decided.
        """
        if self.position < self.total:
            return None
        pending = find_pending(self.ids)
        first = next((place for place, card_id in enumerate(self.ids) if card_id in pending), self.total)
        return Undecided(len(pending), len(self.ids), first)

    def move(self, position: int) -> None:
        """Go to a place; the browser names it, so it is held within the queue."""
        self.position = min(max(position, 0), self.total)

    def fill(self, load: Load[CursorT], *, until: int | None = None) -> None:
        """Load pages until enough lie ahead of the place reached, or until a card is among them."""
        while not self.is_complete and (
            len(self.ids) < self.position + AHEAD or (until is not None and until not in self.ids)
        ):
            ids, self.cursor = load(self.cursor)
            known = set(self.ids)
            self.ids += [card_id for card_id in ids if card_id not in known]
            self.is_complete = self.cursor is None

    def go_to(self, card_id: int) -> None:
        """Show a card; one that is not in the queue is put in at the place reached."""
        if card_id in self.ids:
            self.position = self.ids.index(card_id)
        else:
            self.position = min(self.position, len(self.ids))
            self.ids.insert(self.position, card_id)

    def follow(self, card_id: int, *, is_done: bool) -> None:
        """Go to a card of the queue, or past it where it is done; one that is not in the queue moves nothing."""
        if card_id in self.ids:
            self.position = self.ids.index(card_id) + is_done

    def drop(self, card_ids: set[int]) -> None:
        """Take out cards that do not exist any more."""
        self.position -= sum(card_id in card_ids for card_id in self.ids[: self.position])
        self.ids = [card_id for card_id in self.ids if card_id not in card_ids]

    def note_change(self, card_id: int, *, before: int, after: int) -> None:
        """Remember that this tab itself took a card from one version to another."""
        if before == after:
            return
        for (other_id, seen), present in list(self.versions.items()):
            if other_id == card_id and present == before:
                self.versions[card_id, seen] = after
        self.versions[card_id, before] = after

    def note_refusal(self, card_id: int, *, seen: int, event: dict[str, Any]) -> None:
        """Keep an event that met a conflict until the curator has chosen between the two versions."""
        known = self.refused.get(card_id)
        if known is not None and known.seen_version == seen:
            known.events.append(event)
        else:
            self.refused[card_id] = Refused(seen, [event])

    def restart_deck(self) -> None:
        """Give the deck another key: the browser forgets its own way back, which a change beside it made wrong."""
        self.key = _make_key(self.key.rpartition("-")[0])

    def present_version(self, card_id: int, seen: int) -> int:
        """Return the version that a card has if only this tab changed it since."""
        return self.versions.get((card_id, seen), seen)


def find_queue(name: str, signature: Hashable) -> ReviewQueue[CursorT] | None:
    """Return the queue of a page and its filter that this tab is in the middle of, or None."""
    return _store().get((name, signature))


def start_queue(name: str, signature: Hashable, *, counted: int) -> ReviewQueue[CursorT]:
    """Begin a queue anew; its deck is a new one to the browser."""
    queue: ReviewQueue[CursorT] = ReviewQueue(key=_make_key(name), counted=counted)
    _store()[name, signature] = queue
    return queue


def _make_key(name: str) -> str:
    number = st.session_state.get(_NUMBER_KEY, 0) + 1
    st.session_state[_NUMBER_KEY] = number
    return f"{name}-{number}"


def forget_queue(name: str, signature: Hashable) -> None:
    """Let the next run build the queue from the present state of the database."""
    _store().pop((name, signature), None)


def forget_queues(name: str) -> None:
    """Let the next run build every queue of a page anew, as after a change of many of its cards at once."""
    store = _store()
    for key in [key for key in store if isinstance(key, tuple) and key[0] == name]:
        del store[key]


def _store() -> dict[Hashable, Any]:
    store: dict[Hashable, Any] = st.session_state.setdefault(_STORE_KEY, {})
    return store
