"""Accepting suggestions above a score from the Annotate page: told before, done in one step, undone in one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain import Split, State
from core.workflows.curation.unrelated_pairs import UnrelatedPairs
from db.queries import annotations, documents, queue
from db.queries.queue import QueueFilter
from pages.components.sentence_bulk import describe_filter, describe_unrelated
from tests.pages.deck_page import DeckPage, OpenDatabase, use_database
from tests.pages.support import press, texts
from tests.pages.test_annotate import TEXTS, seed


@pytest.fixture
def open_database(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDatabase]:
    with use_database(tmp_path, migrated_file, monkeypatch) as opened:
        yield opened


def read_states(open_database: OpenDatabase, project_id: int) -> list[State]:
    with open_database() as session:
        ids = queue.get_queue_page(session, QueueFilter(project_id, state=None)).sentence_ids
        return [view.state for view in annotations.get_sentence_views(session, ids)]


def test_step_is_told_with_a_sample_then_done_then_undone(open_database: OpenDatabase) -> None:
    with open_database() as session:
        project_id = seed(session)
    tab = DeckPage("annotate", project=str(project_id))
    assert tab.deck["total"] == 3
    tab.app.session_state["above-score"] = 0.7
    press(tab.app, "Accept above a score")
    told = texts(tab.app)
    assert [metric.value for metric in tab.app.metric] == ["4", "0", "1", "1"]
    assert "**1 pair of mentions** without a suggested relation becomes “no relation”" in told
    assert r"\<b\>quickly\<\/b\>" in told and "“Codeine” is Chemical, accepted" in told
    press(tab.app, "Accept 4 suggestions")
    assert read_states(open_database, project_id) == [State.ACCEPTED, State.PENDING, State.PENDING]
    assert "Suggestions in 2 sentences accepted in one step" in texts(tab.app)
    assert (tab.deck["total"], tab.card["text"]) == (2, TEXTS[1])
    press(tab.app, "Undo")
    assert read_states(open_database, project_id) == [State.PENDING] * 3
    assert "accepted in one step" not in texts(tab.app)
    assert tab.deck["total"] == 3


def test_nothing_above_the_score_offers_no_step(open_database: OpenDatabase) -> None:
    with open_database() as session:
        project_id = seed(session)
        assert documents.count_documents(session, project_id) == {Split.TRAIN: 1}
    tab = DeckPage("annotate", project=str(project_id))
    press(tab.app, "Accept above a score")
    assert "reaches the score" in tab.app.info[0].value
    assert not any(button.label.startswith("Accept 0") for button in tab.app.button)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (QueueFilter(1), "to review, all splits"),
        (
            QueueFilter(1, state=None, is_flagged=True, split=Split.DEV),
            "flagged, reviewed or not, the development split",
        ),
        (QueueFilter(1, state=State.ACCEPTED, document_id=4), "one document, reviewed, all splits"),
    ],
)
def test_filter_is_told_in_words(chosen: QueueFilter, words: str) -> None:
    assert describe_filter(chosen) == words


def test_pairs_of_a_large_step_are_told_as_a_least_number() -> None:
    told = describe_unrelated(UnrelatedPairs(31_000, is_exact=False))
    assert told == "At least **31\u2009000 pairs of mentions** without a suggested relation become “no relation”."
