"""Python's side of the deck: events are checked, applied exactly once, and refusals are kept to be shown."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import ConflictError, DomainError, SchemaError
from pages.components.span_editor import DeckEvent, EventKind, parse_event
from pages.components.span_editor.deck import read_frontend
from pages.components.span_editor.event_log import EventLog, OnEvent, OnMove

PAGE = Path(__file__).parents[2] / "browser" / "harness" / "deck_page.py"


def event(number: int, kind: str, **fields: object) -> dict[str, object]:
    base = {"client": "c1", "session": "s1", "position": 0, "item_kind": "sentence", "item_id": 1, "version": 1}
    return base | {"seq": number, "kind": kind} | fields


def ignore(_: object) -> None:
    """Take anything and do nothing."""


def apply_all(
    log: EventLog, events: list[dict[str, object]], *, on_event: OnEvent = ignore, on_move: OnMove = ignore
) -> int:
    return log.apply(events, on_event=on_event, on_move=on_move)


def test_event_with_every_field_its_kind_needs_is_parsed() -> None:
    parsed = parse_event(event(1, "add_mention", start=2, end=5, entity_type="Gene", mention_id=None))
    assert (parsed.kind, parsed.start, parsed.end, parsed.mention_id) == (EventKind.ADD_MENTION, 2, 5, None)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (event(1, "add_mention", start=2), "lacks end, entity_type"),
        (event(1, "explode"), "Unknown EventKind 'explode'"),
        (event(1, "accept", item_kind="novel"), "Unknown ItemKind 'novel'"),
        (event(1, "accept", version="7"), "version must be int, got '7'"),
        (event(1, "flag", seq=True), "seq must be int, got True"),
        (event(1, "accept", item_id=None), "lacks item_id"),
        (event(1, "reject", reason=7), "reason must be str, got 7"),
        (event(1, "accept", sql="x"), "Unknown event fields sql"),
        ("accept", "must be an object, got str"),
    ],
)
def test_malformed_event_is_refused_with_what_is_wrong(raw: object, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        parse_event(raw)


def test_log_sent_again_is_applied_once_and_in_order() -> None:
    log = EventLog(session="s1")
    seen: list[int] = []
    first = [event(1, "accept"), event(2, "flag")]
    assert apply_all(log, first, on_event=lambda event: seen.append(event.seq)) == 2
    assert apply_all(log, [*first, event(3, "undo")], on_event=lambda event: seen.append(event.seq)) == 1
    assert (seen, log.acks) == ([1, 2, 3], {"c1": 3})


def test_only_what_was_stored_is_called_stored() -> None:
    def save(event: DeckEvent) -> int | None:
        if event.kind is EventKind.REJECT:
            raise SchemaError("no")
        return None if event.kind in (EventKind.NEXT, EventKind.UNDO_LAST) else 2

    log = EventLog(session="s1")
    apply_all(log, [event(1, "reject"), event(2, "next"), event(3, "accept", sql="x")], on_event=save)
    assert (log.acks, log.stored) == ({"c1": 3}, {})
    apply_all(log, [event(4, "flag"), event(5, "reject")], on_event=save)
    assert (log.acks, log.stored) == ({"c1": 5}, {"c1": 4})
    apply_all(log, [event(6, "undo_last")], on_event=save)
    assert log.stored == {"c1": 6}


def test_own_rapid_edits_do_not_conflict_with_each_other() -> None:
    present = 1

    def save(event: DeckEvent) -> int:
        nonlocal present
        if event.version != present:
            raise ConflictError(f"version {event.version}, not {present}")
        present += 1
        return present

    log = EventLog(session="s1")
    apply_all(log, [event(1, "flag"), event(2, "flag")], on_event=save)
    apply_all(log, [event(3, "flag"), event(4, "flag", version=2)], on_event=save)
    assert (present, log.notices) == (5, [])
    present = 9  # somebody else's changes
    apply_all(log, [event(5, "flag")], on_event=save)
    assert [(notice.seq, notice.is_conflict, notice.item_id) for notice in log.notices] == [(5, True, 1)]


def test_refused_event_is_acknowledged_and_kept_as_a_notice() -> None:
    def refuse(_: DeckEvent) -> int:
        raise SchemaError("CID may not join Gene → Gene.")

    log = EventLog(session="s1")
    apply_all(log, [event(1, "set_label", relation_id=4, label="CID"), event(2, "fly")], on_event=refuse)
    assert [notice.message for notice in log.notices][0] == "CID may not join Gene → Gene."
    assert "Unknown EventKind 'fly'" in log.notices[1].message
    assert log.acks == {"c1": 2}


def test_place_in_the_queue_is_stored_even_where_the_decision_is_refused() -> None:
    def refuse(_: DeckEvent) -> int:
        raise ConflictError("changed")

    places: list[int] = []
    log = EventLog(session="s1")
    apply_all(log, [event(1, "accept", position=1)], on_event=refuse, on_move=places.append)
    apply_all(log, [event(2, "accept", position=7, session="before the restart")], on_move=places.append)
    assert places == [1]


def test_undo_of_an_unknown_decision_is_not_replayed_after_a_restart() -> None:
    log = EventLog(session="new")
    seen: list[DeckEvent] = []
    apply_all(log, [event(1, "undo_last", item_id=None, version=None)], on_event=seen.append)
    assert seen == []
    assert "restarted" in log.notices[0].message


def test_seeded_log_reaches_the_page_exactly_once() -> None:
    app = AppTest.from_file(str(PAGE), default_timeout=30)
    app.query_params["deck"] = "plain"
    app.run()
    session = app.session_state["deck:log"].session
    log = [
        event(1, "accept", item_id=101, position=1, session=session),
        event(2, "reject", item_id=102, position=2, session=session),
    ]
    app.session_state["deck"] = {"log": log}
    app.run()
    app.run()
    assert not app.exception
    assert app.session_state["store"].decisions == [("accept", 101), ("reject", 102)]
    assert app.session_state["store"].position == 2
    app.session_state["deck"] = {"log": [*log, event(3, "accept", item_id=103, version=9, position=3, session=session)]}
    app.run()
    sent = json.loads(app.get("bidi_component")[0].proto.json)
    assert sent["ack"] == {"c1": 3}
    assert [notice["is_conflict"] for notice in sent["notices"]] == [True]
    assert sent["items"][sent["position"] - sent["first"]]["id"] == 104


def test_user_text_never_becomes_markup() -> None:
    script, _ = read_frontend()
    for risky in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
        assert risky not in script
