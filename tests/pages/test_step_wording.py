"""What a line of the history says: the mention, relation or sentence that a step was about, cut at words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from db.queries.history import Step
from pages.components.step_wording import describe_step
from pages.components.wording import shorten

Content = dict[str, Any]

TEXT = "Codeine relieved the *severe* cough of two patients within one hour, as was said."


def make_step(action: str, *, kind: str = "sentence", num_rows: int = 1) -> Step:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return Step(1, when, kind, 1, action, None, num_rows, is_undone=False, was_left=False)


def make_content(
    state: str = "pending", *, head: str = "pending", tail: str = "pending", link: str = "pending"
) -> Content:
    mentions = [
        {"id": 1, "start": 0, "end": 7, "entity_type": "Chemical", "state": head},
        {"id": 2, "start": 30, "end": 35, "entity_type": "Disease", "state": tail},
    ]
    relation = {"id": 5, "head_id": 1, "tail_id": 2, "label": "CID", "state": link}
    return {"state": state, "mentions": mentions, "relations": [relation]}


@pytest.mark.parametrize(
    ("action", "after", "told"),
    [
        ("reject", make_content(tail="rejected", link="rejected"), "**Mention rejected**: “cough”, Disease"),
        ("reject", make_content(link="rejected"), "**Relation rejected**: “Codeine” → “cough”, CID"),
        ("accept", make_content(head="accepted"), "**Mention accepted**: “Codeine”, Chemical"),
        (
            "accept",
            make_content(head="accepted", tail="accepted", link="accepted"),
            "**Relation accepted**: “Codeine” → “cough”, CID",
        ),
        ("delete_mention", make_content(head="rejected", link="rejected"), "**Mention removed**: “Codeine”, Chemical"),
        (
            "reject",
            make_content("accepted", head="rejected", tail="rejected", link="rejected"),
            r"**Suggestions rejected**: “Codeine relieved the \*severe\*…”",
        ),
        (
            "accept",
            make_content("accepted", head="accepted", tail="accepted", link="accepted"),
            r"**Accepted**: “Codeine relieved the \*severe\*…”",
        ),
        ("flag", make_content(), r"**Flag changed**: “Codeine relieved the \*severe\*…”"),
    ],
)
def test_a_step_names_what_it_was_about(action: str, after: Content, told: str) -> None:
    assert describe_step(make_step(action), TEXT, (make_content(), after)) == told


def test_a_part_that_was_added_or_is_gone_is_named_too() -> None:
    whole, without = make_content(), make_content() | {"relations": []}
    added = describe_step(make_step("add_relation"), TEXT, (without, whole))
    assert added == "**Relation added**: “Codeine” → “cough”, CID"
    gone = describe_step(make_step("delete_relation"), TEXT, (whole, without))
    assert gone == "**Relation removed**: “Codeine” → “cough”, CID"


def test_synthetic_sentences_bulk_steps_and_removed_sentences_are_told_as_a_whole() -> None:
    assert describe_step(make_step("reject", kind="synthetic"), "Short.", ({}, {})) == r"**Rejected**: “Short\.”"
    assert describe_step(make_step("accept_above", num_rows=7), TEXT, None) == (
        "**7 sentences: suggestions accepted above a score** in one step"
    )
    assert describe_step(make_step("accept"), None, None) == "**Accepted**: a sentence that was removed"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two three", "one two three"),
        ("one two three four", "one two three…"),
        ("one two threefour", "one two…"),
        ("one \n two", "one two"),
        ("abcdefghijklmnopqrst", "abcdefghijklm…"),
    ],
)
def test_long_text_is_cut_behind_a_word_and_says_so(text: str, shown: str) -> None:
    assert shorten(text, 14) == shown
