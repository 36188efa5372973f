"""History, undo across pages, and the choice between two versions, as a curator meets them on a page with a deck."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain import Document, Sentence, Span, State
from core.workflows.projects import create_project
from db.queries import annotations, intake, synthetic
from db.queries.annotations import SentenceView
from db.queries.synthetic import SyntheticView
from tests.core.workflows.synthetic_desk import make_judged
from tests.pages.deck_page import DeckPage, OpenDatabase, use_database
from tests.pages.support import press, texts

TEXT = "One <b>bold</b> word. Two here. Three."
SPANS = ((0, 21), (22, 31), (32, 38))


@pytest.fixture
def open_database(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDatabase]:
    with use_database(tmp_path, migrated_file, monkeypatch) as opened:
        yield opened


@pytest.fixture
def project_id(open_database: OpenDatabase) -> int:
    with open_database() as session:
        project_id = create_project(session, "p", template="chemical-disease")
        sentences = tuple(Sentence(Span(*span)) for span in SPANS)
        intake.store_document(session, project_id, Document("d", TEXT, sentences), source_name="s")
        synthetic.add_synthetic(session, project_id, [make_judged(1), make_judged(2)])
        return project_id


class Stored:
    """What is in the database."""

    def __init__(self, open_database: OpenDatabase) -> None:
        self.open_database = open_database

    def sentence(self, sentence_id: int) -> SentenceView:
        with self.open_database() as session:
            return annotations.get_sentence_view(session, sentence_id)

    def synthetic(self, synthetic_id: int, project_id: int) -> SyntheticView:
        with self.open_database() as session:
            return synthetic.get_synthetic_view(session, synthetic_id, project_id=project_id)


@pytest.fixture
def stored(open_database: OpenDatabase) -> Stored:
    return Stored(open_database)


def open_history(tab: DeckPage, kind: str = "sentence") -> None:
    tab.app.session_state[f"history-{kind}"] = True
    tab.run()


def labels(tab: DeckPage) -> list[str]:
    return [button.label for button in tab.app.button]


def test_history_shows_both_pages_and_undoes_one_step_or_all_back_to_one(stored: Stored, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    first = tab.card["id"]
    tab.send("accept", position=1)
    second = tab.card["id"]
    tab.send("flag")
    other = DeckPage("synthetic", project=str(project_id))
    generated = other.card["id"]
    other.send("reject", position=1)
    assert "Undo this" not in labels(other)
    open_history(other, "synthetic")
    told = texts(other.app)
    assert r"One \<b\>bold\<\/b\> word" in told and "**Rejected**" in told and "**Flag changed**" in told
    assert labels(other).count("Undo this") == 3
    press(other.app, "Undo this")  # the newest
    assert stored.synthetic(generated, project_id).state is State.PENDING
    assert other.card["id"] == generated
    assert texts(other.app).count("taken back") == 1
    [button for button in other.app.button if button.label == "Undo back to here"][-1].click()
    other.run()
    assert stored.sentence(first).state is State.PENDING
    assert not stored.sentence(second).is_flagged


def test_step_of_the_same_page_is_opened_on_its_card(project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    first = tab.card["id"]
    tab.send("accept", position=1)
    tab.send("accept", position=2)
    open_history(tab)
    [button for button in tab.app.button if button.label == "Open"][-1].click()
    tab.run()
    assert tab.card["id"] == first


def test_undo_key_takes_back_what_was_decided_on_the_other_page_and_says_so(stored: Stored, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    first = tab.card["id"]
    tab.send("accept", position=1)
    other = DeckPage("synthetic", project=str(project_id))
    other.send("undo_last")
    assert stored.sentence(first).state is State.PENDING
    assert "on the Annotate page" in other.app.toast[0].value
    assert other.notices == []


def test_link_to_a_synthetic_sentence_opens_it_whatever_its_state(project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id))
    decided = tab.card["id"]
    tab.send("accept", position=1)
    again = DeckPage("synthetic", project=str(project_id), sentence=str(decided))
    assert again.card["id"] == decided
    press(again.app, "Back to the queue")
    assert again.card["id"] != decided
    gone = DeckPage("synthetic", project=str(project_id), sentence="999")
    assert "not in this project any more" in gone.app.warning[0].value


def race(project_id: int, page: str, kind: str, **fields: object) -> tuple[DeckPage, int]:
    """Let one tab change the card that another tab accepts afterwards; return the other tab and the card."""
    first, second = (DeckPage(page, project=str(project_id)) for _ in range(2))
    card_id = second.card["id"]
    first.send(kind, **fields)
    second.send("accept", position=1, version=1)
    return second, card_id


def test_loser_of_a_race_sees_both_versions_and_keeps_the_present_one(stored: Stored, project_id: int) -> None:
    tab, card_id = race(project_id, "annotate", "flag")
    assert "both versions are shown below" in tab.notices[0]
    told = texts(tab.app)
    assert "You changed this sentence in another tab" in told
    assert r"- To review :orange-badge[differs]" in told and "- Reviewed :orange-badge[differs]" in told
    press(tab.app, "Keep as it is now")
    assert "Two versions" not in texts(tab.app)
    assert (stored.sentence(card_id).is_flagged, stored.sentence(card_id).state) == (True, State.PENDING)
    assert tab.notices == []


def test_loser_of_a_race_takes_theirs_and_the_next_key_press_does_not_conflict(stored: Stored, project_id: int) -> None:
    tab, card_id = race(project_id, "annotate", "flag")
    press(tab.app, "Take mine")
    assert stored.sentence(card_id).state is State.ACCEPTED
    assert not stored.sentence(card_id).is_flagged
    tab.log = []
    tab.send("accept", position=2)
    assert tab.notices == []


def test_race_on_a_synthetic_sentence_is_decided_likewise(stored: Stored, project_id: int) -> None:
    tab, card_id = race(project_id, "synthetic", "reject", reason="nonsense")
    assert "Rejected\\: nonsense" in texts(tab.app)
    press(tab.app, "Take mine")
    assert stored.synthetic(card_id, project_id).state is State.ACCEPTED


def test_comment_that_lost_a_race_is_not_lost(stored: Stored, project_id: int) -> None:
    first, second = (DeckPage("annotate", project=str(project_id), document="1") for _ in range(2))
    card_id = first.card["id"]
    field = second.app.text_input[0]
    first.app.text_input[0].input("from the first tab").run()
    field.input("from the second tab").run()
    assert stored.sentence(card_id).comment == "from the first tab"
    assert "Comment\\: from the second tab" in texts(second.app)
    press(second.app, "Take mine")
    assert stored.sentence(card_id).comment == "from the second tab"


def test_new_decision_on_the_present_version_settles_the_conflict(stored: Stored, project_id: int) -> None:
    tab, card_id = race(project_id, "annotate", "flag")
    tab.send("previous", position=0)
    tab.send("accept", position=1)
    assert "Two versions" not in texts(tab.app)
    assert (stored.sentence(card_id).is_flagged, stored.sentence(card_id).state) == (True, State.ACCEPTED)
