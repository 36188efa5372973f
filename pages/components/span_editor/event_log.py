"""Applies the browser's event log exactly once: sequence numbers, versions of own changes, refusals to show."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from core.errors import ConflictError, DareError
from pages.components.span_editor.events import DeckEvent, EventKind, parse_event

MAX_NOTICES = 8

OnEvent: TypeAlias = Callable[[DeckEvent], int | None]
OnMove: TypeAlias = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Notice:
    """A refused event and why, to be shown on its card."""

    client: str
    seq: int
    item_kind: str
    item_id: int | None
    message: str
    is_conflict: bool


@dataclass(slots=True)
class EventLog:
    """What one Streamlit session remembers about a deck.

    Args:
        session: Random token of the session; an event typed under another one is a replay after a restart.
        acks: Last sequence number applied, by browser view.
        stored: Last sequence number of an event that is in the database, by browser view.
        notices: Latest refusals, oldest first.
        versions: For each card, from a version the browser may have seen to the present one, as far as only
            this session's own events lie between.
    """

    session: str = field(default_factory=lambda: secrets.token_hex(8))
    acks: dict[str, int] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    versions: dict[tuple[str, int], dict[int, int]] = field(default_factory=dict)

    def apply(
        self, log: Sequence[object], *, on_event: OnEvent, on_move: OnMove, on_replay: OnEvent | None = None
    ) -> int:
        """Hand every event not seen before to the page, in order.

        Args:
            log: The whole log of events that the browser holds as unacknowledged.
            on_event: Applies one event; returns the item's new version, None if it did not change.
            on_move: Stores the place in the queue of the card that is now shown.
            on_replay: Applies an event of an earlier server session, which may have been stored before that one
                ended; `on_event` if None.

        Returns:
            Number of events that were new.
        """
        num_new = 0
        for raw in log:
            client, seq = _address(raw)
            if seq <= self.acks.get(client, 0):
                continue
            # Acknowledged first: an event whose handling crashes must not be handled at every later run.
            self.acks[client] = seq
            num_new += 1
            self._apply_one(raw, (client, seq), on_event, on_move, on_replay or on_event)
        return num_new

    def _apply_one(
        self, raw: object, address: tuple[str, int], on_event: OnEvent, on_move: OnMove, on_replay: OnEvent
    ) -> None:
        client, seq = address
        try:
            event = parse_event(raw)
        except DareError as error:
            self._refuse(Notice(client, seq, "", None, str(error), is_conflict=False))
            return
        is_live = event.session == self.session
        if is_live:
            on_move(event.position)
        try:
            if self._dispatch(event, on_event if is_live else on_replay):
                self.stored[client] = seq
        except DareError as error:
            conflict = isinstance(error, ConflictError)
            self._refuse(Notice(client, seq, event.item_kind, event.item_id, str(error), conflict))

    def _dispatch(self, event: DeckEvent, on_event: OnEvent) -> bool:
        """Hand an event to the page, with the version that its card has by now; return whether it was stored."""
        if event.kind is EventKind.UNDO_LAST and event.session != self.session:
            raise ConflictError("The server was restarted, so this undo was not repeated. Press undo again if needed.")
        if event.item_id is None or event.version is None:
            on_event(event)
            return event.kind is EventKind.UNDO_LAST
        seen = self.versions.setdefault((event.item_kind, event.item_id), {})
        if event.kind is EventKind.RELOAD:
            seen.clear()
        current = seen.get(event.version, event.version)
        changed = on_event(replace(event, version=current))
        if changed is not None and changed != current:
            seen |= {version: changed for version, present in seen.items() if present == current}
            seen[current] = changed
        # Taking back the last step changes another card than the one shown, so there is no version to return.
        return changed is not None or event.kind is EventKind.UNDO_LAST

    def _refuse(self, notice: Notice) -> None:
        self.notices = [*self.notices, notice][-MAX_NOTICES:]


def _address(raw: object) -> tuple[str, int]:
    """Return the sender and number of an event; one without them counts as seen, as nobody can be told."""
    if not isinstance(raw, Mapping):
        return "", 0
    client, seq = raw.get("client"), raw.get("seq")
    if not isinstance(client, str) or not isinstance(seq, int):
        return "", 0
    return client, seq
