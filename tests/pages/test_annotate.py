"""The Annotate page: what a curator does on a card is in the database in the same run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain import Document, JobKind, Mention, Relation, Sentence, Source, Span, Split, State
from core.jobs.engine import migrate
from core.settings import Settings
from core.workflows.projects import create_project
from db.queries import annotations, decisions, intake, jobs, projects, queue, users
from db.queries.annotations import SentenceView
from db.session import Session
from tests.pages.deck_page import DeckPage, OpenDatabase, use_database

Read = Callable[[int], SentenceView]

TEXTS = (
    "Aspirin caused nausea and a rash.",
    "Codeine relieved the cough <b>quickly</b>.",
    "Nothing is marked here.",
)


def suggest(text: str, words: str, entity_type: str, offset: int) -> Mention:
    start = offset + text.index(words)
    return Mention(Span(start, start + len(words)), entity_type, score=0.8, state=State.PENDING, source=Source.MODEL)


def make_document() -> Document:
    """Three pending sentences; the first two carry suggestions, the third is unread."""
    starts = [sum(len(text) + 1 for text in TEXTS[:at]) for at in range(len(TEXTS))]
    aspirin, nausea = suggest(TEXTS[0], "Aspirin", "Chemical", 0), suggest(TEXTS[0], "nausea", "Disease", 0)
    codeine = suggest(TEXTS[1], "Codeine", "Chemical", starts[1])
    cough = suggest(TEXTS[1], "cough", "Disease", starts[1])
    link = Relation(codeine, cough, "CID", score=0.6, state=State.PENDING, source=Source.MODEL)
    sentences = tuple(Sentence(Span(start, start + len(text))) for start, text in zip(starts, TEXTS, strict=True))
    return Document("doc-1", " ".join(TEXTS), sentences, (aspirin, nausea, codeine, cough), (link,), split=Split.TRAIN)


def seed(session: Session) -> int:
    project_id = create_project(session, "p", template="chemical-disease")
    intake.store_document(session, project_id, make_document(), source_name="s")
    return project_id


@pytest.fixture
def open_database(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDatabase]:
    with use_database(tmp_path, migrated_file, monkeypatch) as opened:
        yield opened


@pytest.fixture
def project_id(open_database: OpenDatabase) -> int:
    with open_database() as session:
        return seed(session)


@pytest.fixture
def read(open_database: OpenDatabase, project_id: int) -> Read:
    """Read a sentence as it is stored, by its place in the document."""

    def read_one(place: int) -> SentenceView:
        with open_database() as session:
            ids = queue.get_queue_page(session, queue.QueueFilter(project_id, state=None)).sentence_ids
            return annotations.get_sentence_view(session, ids[place])

    return read_one


def words(view: SentenceView) -> dict[str, tuple[str, State]]:
    return {view.text[one.start : one.end]: (one.entity_type, one.state) for one in view.mentions}


def mention_id(card: dict[str, Any], text: str) -> int:
    return next(int(one["id"]) for one in card["mentions"] if card["text"][one["start"] : one["end"]] == text)


def test_card_is_corrected_with_every_step_stored(read: Read, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    assert tab.card["text"] == TEXTS[0]
    tab.send("delete_mention", mention_id=mention_id(tab.card, "nausea"))
    assert words(read(0)) == {"Aspirin": ("Chemical", State.PENDING)}
    start = TEXTS[0].index("rash")
    tab.send("add_mention", start=start, end=start + 4, entity_type="Chemical")
    tab.send("set_type", mention_id=mention_id(tab.card, "rash"), entity_type="Disease")
    assert words(read(0))["rash"] == ("Disease", State.ACCEPTED)
    head, tail = mention_id(tab.card, "Aspirin"), mention_id(tab.card, "rash")
    tab.send("add_relation", head_id=head, tail_id=tail, label="CID")
    assert [(one.head_id, one.tail_id, one.label) for one in read(0).relations] == [(head, tail, "CID")]
    tab.send("accept", position=1)
    assert read(0).state is State.ACCEPTED
    assert tab.notices == []
    assert tab.card["text"] == TEXTS[1]


def test_reject_one_then_accept_the_rest_then_undo(read: Read, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    tab.send("next", position=1)
    tab.send("reject", relation_id=tab.card["relations"][0]["id"])
    assert read(1).relations == ()
    tab.send("accept")
    assert read(1).state is State.ACCEPTED
    assert words(read(1)) == {"Codeine": ("Chemical", State.ACCEPTED), "cough": ("Disease", State.ACCEPTED)}
    tab.send("undo")
    tab.send("undo")
    assert read(1).state is State.PENDING
    assert [one.state for one in read(1).relations] == [State.PENDING]


def test_undo_after_a_reload_finds_the_card_again(read: Read, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id))
    decided = tab.card["id"]
    tab.send("accept", position=1)
    again = DeckPage("annotate", project=str(project_id))
    assert again.card["id"] != decided
    again.send("undo_last")
    assert again.card["id"] == decided
    assert read(0).state is State.PENDING
    again.send("undo_last")
    assert again.notices == ["You have nothing left to undo in this project."]


def test_second_tab_on_one_sentence_is_told_and_overwrites_nothing(read: Read, project_id: int) -> None:
    first, second = (DeckPage("annotate", project=str(project_id), document="1") for _ in range(2))
    first.send("set_type", mention_id=mention_id(first.card, "nausea"), entity_type="Chemical")
    stale = {"version": 1}
    second.send("accept", position=1, **stale)
    assert "was changed elsewhere" in second.notices[0]
    assert second.deck["notices"][0]["is_conflict"]
    assert read(0).state is State.PENDING
    assert words(read(0))["nausea"] == ("Chemical", State.CORRECTED)


def test_comment_is_stored_and_the_next_key_press_does_not_conflict(read: Read, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    tab.send("flag")
    seen = tab.card["version"]
    tab.app.text_input[0].input("the dose is missing").run()
    assert read(0).comment == "the dose is missing"
    tab.send("accept", position=1, version=seen)
    assert (tab.notices, read(0).state) == ([], State.ACCEPTED)


def test_reviewed_sentence_can_be_opened_again(read: Read, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    tab.send("accept")
    next(button for button in tab.app.button if button.label == "Reopen").click()
    tab.run()
    assert read(0).state is State.PENDING


def test_link_to_a_sentence_opens_that_sentence(read: Read, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1", sentence=str(read(2).id))
    assert tab.card["text"] == TEXTS[2]
    assert tab.deck["total"] == 3


def test_link_to_what_is_gone_says_so_and_shows_the_queue(project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="999")
    assert "not in this project any more" in tab.app.warning[0].value
    assert tab.deck["total"] == 3


def test_unread_sentence_says_so_with_the_state_of_the_worker(read: Read, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), sentence=str(read(2).id))
    assert tab.card["reason"] == "not read by a model yet"
    captions = " ".join(caption.value for caption in tab.app.caption)
    assert "No model has read this sentence yet" in captions
    assert "Worker not running" in captions


def test_unread_sentences_can_be_given_to_a_model_once(
    read: Read, open_database: OpenDatabase, project_id: int
) -> None:
    migrate(Settings())
    tab = DeckPage("annotate", project=str(project_id), sentence=str(read(2).id))
    (button,) = (one for one in tab.app.button if one.key == "read-open")
    button.click()
    tab.run()
    with open_database() as session:
        (job,) = jobs.list_jobs(session, project_id=project_id)
    assert (job.kind, job.params) == (JobKind.PREDICT, {})
    assert not [one for one in tab.app.button if one.key == "read-open"]


def test_the_rest_of_a_document_can_be_read_again_once_a_sentence_of_it_is_decided(
    read: Read, open_database: OpenDatabase, project_id: int
) -> None:
    def find_buttons() -> list[Any]:
        return [one for one in tab.app.button if one.key == "read-document"]

    migrate(Settings())
    tab = DeckPage("annotate", project=str(project_id))
    assert not find_buttons()
    tab.send("accept", position=1)
    (button,) = find_buttons()
    assert "2 open sentences of this document" in button.help
    button.click()
    tab.run()
    with open_database() as session:
        (job,) = jobs.list_jobs(session, project_id=project_id)
    assert (job.kind, job.params) == (JobKind.PREDICT, {"document_id": read(0).document_id})
    assert not find_buttons()


def test_queue_stays_as_it_is_until_new_suggestions_are_asked_for(open_database: OpenDatabase, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id))
    order = [item["id"] for item in tab.deck["items"]]
    other = Document("doc-2", "One more.", (Sentence(Span(0, 9)),))
    with open_database() as session:
        intake.store_document(session, project_id, other, source_name="s")
    tab.send("accept", position=1)
    assert [item["id"] for item in tab.deck["items"]] == order
    next(button for button in tab.app.button if button.label == "New suggestions").click()
    tab.run()
    assert (len(tab.deck["items"]), tab.deck["position"]) == (3, 0)
    assert order[0] not in [item["id"] for item in tab.deck["items"]]


def test_end_of_the_queue_names_what_was_skipped_and_the_way_to_new_suggestions_stays(project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id))
    assert tab.deck["undecided"] is None
    tab.send("skip", position=1)
    tab.send("accept", position=2)
    tab.send("skip", position=3)
    assert tab.deck["undecided"] == {"count": 2, "of": 3, "first": 0}
    assert any(button.label == "Go on with new suggestions" for button in tab.app.button)


def test_removed_document_leaves_the_queue(open_database: OpenDatabase, project_id: int) -> None:
    other = Document("doc-2", "One more.", (Sentence(Span(0, 9)),))
    with open_database() as session:
        intake.store_document(session, project_id, other, source_name="s")
    tab = DeckPage("annotate", project=str(project_id))
    assert tab.deck["total"] == 4
    with open_database() as session:
        session.connection().exec_driver_sql("DELETE FROM document WHERE id = 2")
    tab.run()
    assert (tab.deck["total"], len(tab.deck["items"])) == (3, 3)


def test_empty_project_and_finished_project_say_what_is_next(open_database: OpenDatabase) -> None:
    with open_database() as session:
        empty = create_project(session, "empty", template="chemical-disease")
    tab = DeckPage("annotate", project=str(empty))
    assert "no text yet" in tab.app.info[0].value
    done = Document("d", "Done.", (Sentence(Span(0, 5), State.ACCEPTED),))
    with open_database() as session:
        intake.store_document(session, empty, done, source_name="s")
    tab.run()
    assert "Every sentence of this project is reviewed" in tab.app.success[0].value


def test_only_a_sentence_opened_from_browse_leads_back_to_its_table(project_id: int) -> None:
    def links(tab: DeckPage) -> list[str]:
        return [link.proto.label for link in tab.app.get("page_link")]

    assert "Back to the table" in links(
        DeckPage("annotate", **{"project": str(project_id), "document": "1", "from": "browse"})
    )
    assert "Back to the table" not in links(DeckPage("annotate", project=str(project_id), document="1"))


def test_every_decision_of_a_card_is_one_row_of_the_trail(open_database: OpenDatabase, project_id: int) -> None:
    tab = DeckPage("annotate", project=str(project_id), document="1")
    tab.send("flag")
    tab.send("accept", position=1)
    with open_database() as session:
        rows = decisions.list_decisions(session, project_id=project_id)
        assert [row.action for row in rows] == ["accept", "flag"]
        assert {row.user_id for row in rows} == {users.get_or_add_user(session)}
        assert projects.count_project(session, project_id).flagged == 1


def test_decision_stored_just_before_a_restart_is_neither_repeated_nor_refused(project_id: int, read: Read) -> None:
    before = DeckPage("annotate", project=str(project_id), order="In text order")
    before.send("flag")
    before.send("flag", version=1)  # typed before the page had heard of the first one
    after = DeckPage("annotate", project=str(project_id), order="In text order")
    after.app.session_state[after.deck["deck"]] = {"log": before.log}
    after.run()
    assert after.notices == []
    stored = read(0)
    assert (stored.is_flagged, stored.version) == (False, 3)
    after.log = before.log
    after.send("accept", version=1, session=before.log[0]["session"])
    assert after.notices == []
    assert (read(0).state, read(0).version) == (State.ACCEPTED, 4)
    assert after.card["text"] == TEXTS[1]
