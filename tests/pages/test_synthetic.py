"""The Synthetic page: decisions by events, counts with their interval, the start of a generation."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
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
from core.settings import Settings
from core.workflows.curation import curate
from core.workflows.curation.accept_rest import get_outlook
from core.workflows.projects import create_project
from core.workflows.synthesis.acceptance import LabelStanding, find_last_generation, get_standings
from db.queries import intake, jobs, synthetic, users
from db.queries.synthetic import SyntheticView
from db.session import Session
from pages.components import start_generation
from pages.components.synthetic_cards import describe_origin, describe_scores
from pages.components.synthetic_counts import describe_acceptance, store_wanted
from tests.core.workflows.synthetic_desk import make_judged
from tests.pages.deck_page import DeckPage, OpenDatabase, use_database
from tests.pages.support import press, texts
from tests.pulled import place_pulled

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


def test_flag_and_comment_are_stored_and_found_again(read: Read, project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id))
    first = tab.card["id"]
    tab.send("flag")
    tab.app.text_input[0].input("Who says so?").run()
    tab.send("accept", position=1)
    assert tab.notices == []
    assert (read(first).is_flagged, read(first).comment, read(first).state) == (True, "Who says so?", State.ACCEPTED)
    tab.app.selectbox(key=f"synthetic-state-{project_id}").select("flagged").run()
    assert [(item["id"], item["is_flagged"]) for item in tab.deck["items"]] == [(first, True)]
    assert tab.app.text_input[0].value == "Who says so?"
    table = DeckPage("synthetic", project=str(project_id), view="Table").app.dataframe[0].value
    assert "flagged" not in table, "an accepted sentence is not among the pending ones"


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
            intake.store_document(session, project_id, gold_document(number), source_name="s")
    tab.run()
    tab.app.number_input(key="generate-count").set_value(20)
    tab.app.slider(key="generate-min-agreement").set_value(0.25)
    next(button for button in tab.app.button if button.label == "Generate").click()
    tab.run()
    assert (asked[0]["count"], asked[0]["labels"], asked[0]["base"]) == (20, [], "starter-generator")
    assert (asked[0]["num_judges"], asked[0]["min_agreement"], asked[0]["label_counts"]) == (4, 0.25, {})
    assert next(button for button in tab.app.button if button.label == "Generate").disabled
    assert [button.label for button in tab.app.button if button.key == "cancel-job-1"] == ["Cancel"]


def test_pulled_generators_are_bases_of_a_generation_and_of_another_language_model(project_id: int) -> None:
    place_pulled(Settings(), "openai-community/gpt2", kind="generator")
    place_pulled(Settings(), "some-lab/some-bert")
    app = DeckPage("synthetic", project=str(project_id), view="Generate").app
    offered = app.radio(key="generate-base")
    assert offered.options[:-2] == ["starter-generator, shipped", "openai-community/gpt2, pulled from the hub"]
    assert offered.value == "starter-generator"
    assert "openai-community/gpt2" in app.selectbox(key="pretrain-base").options
    assert "some-lab/some-bert" not in app.selectbox(key="pretrain-base").options


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
    shown = [list(table.value.iloc[:, 1]) for table in tab.app.dataframe][-1]
    assert shown == [
        "has fewer than 8 words",
        "does not hold exactly one mask of each mention",
    ]
    assert [warning.value for warning in tab.app.warning] == ["W\\."]


@pytest.fixture
def judged_id(open_database: OpenDatabase) -> int:
    """A project with 30 judged sentences of CID, 18 of them accepted one by one."""
    with open_database() as session:
        project_id, user_id = create_project(session, "j", template="chemical-disease"), users.get_or_add_user(session)
        synthetic.add_synthetic(session, project_id, [make_judged(n, agreement=0.7 + n / 100) for n in range(30)])
        for view in synthetic.list_synthetic(session, project_id, limit=18):
            event = {"kind": "accept"}
            curate.apply_synthetic_event(
                session, project_id=project_id, user_id=user_id, synthetic_id=view.id, version=1, event=event
            )
    return project_id


def test_cards_and_table_read_names_or_masks_and_an_edit_keeps_the_masks(judged_id: int) -> None:
    tab = DeckPage("synthetic", project=str(judged_id))
    assert [mention["name"] for mention in tab.card["mentions"]] == ["lithium", "tremor"]
    assert tab.card["text"].startswith("$CHEMICAL$ caused")
    place = tab.deck["position"], [item["id"] for item in tab.deck["items"]]
    tab.app.segmented_control(key="synthetic-reading").set_value("Masks")
    tab.run()
    assert [mention["name"] for mention in tab.card["mentions"]] == ["", ""]
    assert (tab.deck["position"], [item["id"] for item in tab.deck["items"]]) == place
    tab.send("edit", text="$DISEASE$ is what lithium brought about.")
    assert "$CHEMICAL$ exactly once" in tab.notices[0]
    tab.app.segmented_control(key="view").set_value("Table")
    tab.run()
    assert all(text.startswith("$CHEMICAL$ caused $DISEASE$") for text in tab.app.dataframe[0].value["sentence"])
    tab.app.segmented_control(key="synthetic-reading").set_value("Names")
    tab.run()
    assert all(text.startswith("lithium caused tremor") for text in tab.app.dataframe[0].value["sentence"])


def test_order_is_part_of_the_queue_and_of_the_table(judged_id: int) -> None:
    tab = DeckPage("synthetic", project=str(judged_id))
    first = tab.deck["deck"]
    tab.app.selectbox(key=f"synthetic-order-{judged_id}").select("least agreed").run()
    scores = [item["scores"][0] for item in tab.deck["items"]]
    assert scores == sorted(scores) and len(scores) == 12
    assert tab.deck["deck"] != first
    tab.app.segmented_control(key="view").set_value("Table")
    tab.run()
    shown = list(tab.app.dataframe[0].value["agreement"])
    assert shown == sorted(shown)


def test_card_tells_scores_in_words_with_the_nearest_gold(open_database: OpenDatabase) -> None:
    with open_database() as session:
        project_id = create_project(session, "w", template="chemical-disease")
        synthetic.add_synthetic(session, project_id, [make_judged(1)])
    tab = DeckPage("synthetic", project=str(project_id))
    assert tab.card["scores"] == [
        "agreement 0.90: judges agree",
        "disagreement 0.01: judges of one mind",
        "novelty 0.50: partly new",
    ]
    assert tab.card["nearest"] == "$CHEMICAL$ caused $DISEASE$."
    tab.send("edit", text="$DISEASE$ came from $CHEMICAL$.")
    assert tab.card["scores"][-1] == "scores from before the edit"


def test_sentence_without_scores_shows_none(read: Read, project_id: int) -> None:  # noqa: ARG001 - seeds
    assert describe_scores(read(1)) == ()


def test_review_says_how_many_of_the_wanted_are_accepted(open_database: OpenDatabase, judged_id: int) -> None:
    with open_database() as session:
        store_wanted(session, project_id=judged_id, labels=["CID", NO_RELATION], changed={0: {"wanted": 50}})
    tab = DeckPage("synthetic", project=str(judged_id))
    assert "Accepted of what is wanted: CID 18 of 50" in texts(tab.app)
    tab.send("accept", position=1)
    assert "CID 19 of 50" in texts(tab.app)


def test_wanted_number_is_typed_into_the_table_and_emptied(open_database: OpenDatabase, project_id: int) -> None:
    labels = ["CID", NO_RELATION]
    with open_database() as session:
        store_wanted(session, project_id=project_id, labels=labels, changed={0: {"wanted": 7}, 1: {"wanted": 3}})
        store_wanted(session, project_id=project_id, labels=labels, changed={1: {"wanted": None}})
        assert [one.wanted for one in get_standings(session, project_id)] == [7, 0]
    table = DeckPage("synthetic", project=str(project_id), view="Generate").app.dataframe[0].value
    assert list(table["wanted"]) == [7, 0]


def test_rejected_and_removed_are_told_by_reason(open_database: OpenDatabase, project_id: int) -> None:
    result = {"labels": {NO_RELATION: {"generated": 9, "kept": 2, "removed": {"too_short": 7}}}}
    with open_database() as session:
        jobs.add_job(session, "job-1", JobKind.GENERATE, project_id=project_id, params={})
        jobs.finish_job(session, "job-1", result=result)
    tab = DeckPage("synthetic", project=str(project_id))
    tab.send("reject", position=1, reason="mixes two drugs")
    tab.app.segmented_control(key="view").set_value("Generate")
    tab.run()
    table, rejected, removed, *_ = (one.value for one in tab.app.dataframe)
    assert list(table["drawn"]) == [0, 9] and list(table["filtered"]) == [0, 7]
    assert rejected.to_dict("records") == [{"reason": "mixes two drugs", "CID": 1}]
    assert removed.to_dict("records") == [{"a removed sentence …": "has fewer than 8 words", "no relation": 7}]


def test_bulk_asks_for_more_review_and_opens_it_in_random_order_above_the_score(
    open_database: OpenDatabase, judged_id: int
) -> None:
    tab = DeckPage("synthetic", project=str(judged_id), view="Accept the rest")
    tab.app.slider(key=f"bulk-score-{judged_id}").set_value(0.8).run()
    with open_database() as session:
        outlook = get_outlook(session, judged_id, label="CID", min_agreement=0.8)
    assert f"Review {outlook.missing} more of them first" in texts(tab.app)
    assert [metric.value for metric in tab.app.metric] == [
        str(outlook.pending),
        f"{outlook.unchanged} of {outlook.reviewed}",
        "100 %",
    ]
    press(tab.app, "Review them in random order")
    tab.run()
    assert len(tab.deck["items"]) == outlook.pending
    assert {item["label"] for item in tab.deck["items"]} == {"CID"}
    assert "agreement of at least **0.80**" in texts(tab.app)
    press(tab.app, "Show all")
    assert len(tab.deck["items"]) == 12


def test_bulk_accepts_the_rest_after_a_confirmation_and_takes_it_back(
    open_database: OpenDatabase, judged_id: int
) -> None:
    tab = DeckPage("synthetic", project=str(judged_id))
    tab.send("accept", position=1)
    tab.send("reject", position=2)
    tab.app.segmented_control(key="view").set_value("Accept the rest")
    tab.run()
    tab.app.slider(key=f"bulk-score-{judged_id}").set_value(0.0).run()
    press(tab.app, "Accept 10 sentences")
    assert "Of 20 reviewed ones 19 were accepted as written" in texts(tab.app)
    press(tab.app, "Accept all 10")
    with open_database() as session:
        assert get_standings(session, judged_id)[0].accepted == 29
    tab.run()
    assert "10 sentences accepted in one step" in texts(tab.app)
    press(tab.app, "Undo")
    with open_database() as session:
        assert get_standings(session, judged_id)[0].pending == 10


def test_bulk_says_when_nothing_was_judged(project_id: int) -> None:
    tab = DeckPage("synthetic", project=str(project_id), view="Accept the rest")
    assert "No pending sentence has an agreement of the judges" in texts(tab.app)


def test_a_generation_fills_up_what_is_wanted_beyond_accepted_and_pending() -> None:
    standings = [
        LabelStanding("CID", pending=3, accepted=4, wanted=10),
        LabelStanding(NO_RELATION, pending=9, accepted=4, wanted=10),
    ]
    missing = start_generation.count_missing(standings)
    assert missing == {"CID": 3, NO_RELATION: 0}
    job = SimpleNamespace(params={"label_counts": missing})
    assert start_generation.name_generation(job) == "3 for CID"  # type: ignore[arg-type]


def test_parts_of_a_generation_are_told_in_words() -> None:
    names = [start_generation.name_part(part) for part in ("base", "judge-2", "shared", "label-1-cpr-3", "label-2")]
    assert names == ["Language model", "Judge 2", "Generator of all labels", "Label cpr-3", "Label 2"]


def test_what_the_last_generation_took_is_told_before_the_next(session: Session) -> None:
    project_id = create_project(session, "p", template="chemical-disease")
    assert "no finished generation" in start_generation.describe_last(session, project_id)
    jobs.add_job(session, "j", JobKind.GENERATE, project_id=project_id, params={})
    result = {"labels": {"CID": {"kept": 7}, NO_RELATION: {"kept": 5}}, "seconds": 90.0}
    jobs.finish_job(session, "j", result=result)
    told = start_generation.describe_last(session, project_id)
    assert told.startswith("The last one took 1 min 30 s: 12 sentences of 2 labels were kept.")
