"""The Synthetic page: decisions by events, counts with their interval, the start of a generation."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from core.domain import (
    NO_RELATION,
    Document,
    JobKind,
    Mention,
    Relation,
    Sentence,
    Span,
    State,
    SyntheticSentence,
)
from core.workflows.acceptance import LabelStanding, find_last_generation, get_standings
from core.workflows.projects import create_project
from db.queries import documents, jobs, synthetic
from db.queries.synthetic import SyntheticView
from db.session import Session
from pages.components.synthetic_cards import describe_origin
from pages.components.synthetic_counts import describe_acceptance
from tests.pages.deck_page import DeckPage, OpenDatabase, use_database

Read = Callable[[int], SyntheticView]

TEXTS = (
    "$CHEMICAL$ was given and $DISEASE$ followed in <b>two</b> patients.",
    "The $DISEASE$ had been caused by $CHEMICAL$ as was found later.",
    "No patient who took $CHEMICAL$ had any sign of $DISEASE$ at all.",
)
PROVENANCE = (
    ("generator", "GPT-2 from nothing"),
    ("base", "scratch"),
    ("seed", "7"),
    ("mean_log_likelihood", "-2.345"),
)


def make_sentence(text: str, label: str = "CID") -> SyntheticSentence:
    head, tail = text.index("$CHEMICAL$"), text.index("$DISEASE$")
    return SyntheticSentence(
        text,
        label,
        Mention(Span(head, head + 10), "Chemical"),
        Mention(Span(tail, tail + 9), "Disease"),
        provenance=PROVENANCE,
    )


def seed(session: Session) -> int:
    project_id = create_project(session, "p", template="chemical-disease")
    synthetic.add_synthetic(session, project_id, [make_sentence(text) for text in TEXTS])
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
    """Read a synthetic sentence as it is stored."""

    def read_one(row_id: int) -> SyntheticView:
        with open_database() as session:
            return synthetic.get_synthetic_view(session, row_id, project_id=project_id)

    return read_one


def gold_document(number: int) -> Document:
    text = f"Aspirin{number} caused nausea."
    head, tail = Mention(Span(0, text.index(" ")), "Chemical"), Mention(Span(len(text) - 7, len(text) - 1), "Disease")
    whole = Sentence(Span(0, len(text)), State.ACCEPTED)
    return Document(f"d{number}", text, (whole,), (head, tail), (Relation(head, tail, "CID"),))


def test_cards_are_accepted_rejected_edited_and_relabelled(read: Read, project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id))
    first = tab.card["id"]
    tab.send("accept", position=1)
    second = tab.card["id"]
    tab.send("reject", position=2, reason="not fluent")
    third = tab.card["id"]
    tab.send("edit", text="$DISEASE$ is what $CHEMICAL$ brought about in all of them.")
    tab.send("relabel", label=NO_RELATION)
    assert tab.notices == []
    assert read(first).state is State.ACCEPTED
    assert (read(second).state, read(second).reason) == (State.REJECTED, "not fluent")
    edited = read(third)
    assert (edited.state, edited.label, edited.head_start) == (State.CORRECTED, NO_RELATION, 18)
    assert edited.original_text in TEXTS
    assert "edited from" in tab.card["note"]


def test_undo_takes_back_an_edit_and_a_decision(read: Read, project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id))
    before = read(tab.card["id"])
    tab.send("edit", text="$DISEASE$ is what $CHEMICAL$ brought about in all of them.")
    tab.send("accept")
    tab.send("undo")
    after = read(before.id)
    assert (after.text, after.state, after.original_text) == (before.text, State.PENDING, None)


def test_undo_of_what_was_done_on_another_page_is_refused_by_name(open_database: OpenDatabase, project_id: int) -> None:
    text = Document("d", "One.", (Sentence(Span(0, 4)),))
    with open_database() as session:
        documents.store_document(session, project_id, text, source_name="s")
    DeckPage("annotate", project=str(project_id)).send("flag")
    tab = DeckPage("synthetic", project=str(project_id))
    tab.send("undo_last")
    assert tab.notices == ["Your last step was on the Annotate page; undo it there."]


def test_edit_that_loses_a_mask_is_refused_on_the_card(read: Read, project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id))
    tab.send("edit", text="$DISEASE$ came out of nowhere.")
    assert "$CHEMICAL$ exactly once" in tab.notices[0]
    assert read(tab.card["id"]).state is State.PENDING


def test_second_tab_on_one_sentence_is_told(read: Read, project_id: int) -> None:
    first, second = (DeckPage("synthetic", project=str(project_id)) for _ in range(2))
    card = first.card["id"]
    first.send("reject")
    second.send("accept", version=1)
    assert "was changed elsewhere" in second.notices[0]
    assert read(card).state is State.REJECTED


def test_filter_by_state_shows_the_others(project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id))
    rejected = tab.card["text"]
    tab.send("reject", position=1, reason="duplicate")
    tab.app.selectbox(key=f"synthetic-state-{project_id}").select(State.REJECTED.value).run()
    assert [(item["text"], item["reason"]) for item in tab.deck["items"]] == [(rejected, "duplicate")]


def test_table_lists_the_sentences(project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id), view="Table")
    table = tab.app.dataframe[0].value
    assert sorted(table["sentence"]) == sorted(TEXTS)
    assert "reason" not in table


def test_origin_names_generator_seed_and_likelihood(read: Read, project_id: int) -> None:  # noqa: ARG001 - seeds
    assert describe_origin(read(1)) == "GPT-2 from nothing · seed 7 · mean log-likelihood -2.35"


def test_standings_count_decisions_and_say_how_sure_the_share_is(open_database: OpenDatabase, project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id))
    tab.send("accept", position=1)
    tab.send("reject", position=2)
    with open_database() as session:
        cid, negative = get_standings(session, project_id)
    assert cid == LabelStanding("CID", pending=1, accepted=1, edited=0, rejected=1, reasons=(("", 1),))
    assert describe_acceptance(cid) == "50 % (9 to 91 %)"
    assert (negative.label, describe_acceptance(negative)) == (NO_RELATION, "–")


def test_generation_needs_gold_and_is_queued_with_what_the_form_says(
    open_database: OpenDatabase, project_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def enqueue(
        _: object, session: Session, kind: JobKind, *, project_id: int, params: Mapping[str, object], user_id: int
    ) -> str:
        asked.append(dict(params))
        jobs.add_job(session, "job-1", kind, project_id=project_id, params=dict(params), user_id=user_id)
        return "job-1"

    monkeypatch.setattr("core.jobs.client.enqueue", enqueue)
    tab = DeckPage("synthetic", project=str(project_id), view="Generate")
    start = next(button for button in tab.app.button if button.label == "Generate")
    assert start.disabled
    with open_database() as session:
        for number in range(5):
            documents.store_document(session, project_id, gold_document(number), source_name="s")
    tab.run()
    tab.app.number_input(key="generate-count").set_value(20)
    next(button for button in tab.app.button if button.label == "Generate").click()
    tab.run()
    assert (asked[0]["count"], asked[0]["labels"], asked[0]["base"]) == (20, [], "scratch")
    assert next(button for button in tab.app.button if button.label == "Generate").disabled
    assert [button.label for button in tab.app.button if button.key == "cancel-job-1"] == ["Cancel"]


def test_filters_of_the_last_generation_are_shown_in_words(open_database: OpenDatabase, project_id: int) -> None:
    result = {
        "labels": {"CID": {"generated": 90, "kept": 50, "removed": {"masks": 10, "too_short": 30}, "warnings": ["W."]}},
        "notes": ["N."],
    }

    with open_database() as session:
        jobs.add_job(session, "job-1", JobKind.GENERATE, project_id=project_id, params={})
        jobs.finish_job(session, "job-1", result=result)
        last = find_last_generation(session, project_id)
    assert last is not None
    assert last.yields[0].removed[0] == ("has fewer than 8 words", 30)
    tab = DeckPage("synthetic", project=str(project_id), view="Generate")
    shown = [list(table.value.iloc[:, 1]) for table in tab.app.dataframe][1]
    assert shown == [
        "has fewer than 8 words",
        "does not hold exactly one mask of the head and one of the tail",
    ]
    assert [warning.value for warning in tab.app.warning] == ["W\\."]
