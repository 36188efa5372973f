"""Annotate and Synthetic in a real browser on the real app: mouse, keys, reload, hostile text."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING, TypeVar

import pytest

from core.domain import Document, Mention, Relation, Sentence, Source, Span, State, SyntheticSentence
from core.workflows.curation import curate
from core.workflows.projects import create_project
from db.queries import annotations, intake, queue, quotas, synthetic, users
from db.session import Engine, Session, make_engine, session_scope
from tests.browser.harness.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SERVE = "from app import serve; from core.settings import Settings; serve(Settings(port={port}))"
HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"> <b>Aspirin</b> caused nausea and <script>alert(1)</script> a rash."
)
CALM = "Codeine relieved the cough."
MASKED = ("$CHEMICAL$ <b>caused</b> $DISEASE$ in two patients.", "After $CHEMICAL$ the $DISEASE$ went away at once.")

Found = TypeVar("Found")


class PageDesk(Desk):
    """A curator's hands and eyes on a page of the app."""

    def __init__(self, page: "Page", address: str) -> None:
        self.page = page
        page.goto(address)
        page.get_by_test_id("dare-text").wait_for()
        self.root = page.get_by_test_id("dare-deck")

    def wait_saved(self) -> None:
        """Wait until the server has confirmed everything."""
        self.root.get_by_test_id("dare-status").get_by_text("Saved").wait_for()


def suggest(text: str, words: str, entity_type: str, offset: int = 0) -> Mention:
    start = offset + text.index(words)
    return Mention(Span(start, start + len(words)), entity_type, score=0.8, state=State.PENDING, source=Source.MODEL)


def fill(session: Session) -> None:
    project_id = create_project(session, "<b>Bold</b> project", template="chemical-disease")
    offset = len(HOSTILE) + 1
    codeine, cough = suggest(CALM, "Codeine", "Chemical", offset), suggest(CALM, "cough", "Disease", offset)
    link = Relation(codeine, cough, "CID", score=0.6, state=State.PENDING, source=Source.MODEL)
    document = Document(
        "<i>doc</i>",
        f"{HOSTILE} {CALM}",
        (Sentence(Span(0, offset - 1)), Sentence(Span(offset, offset + len(CALM)))),
        (suggest(HOSTILE, "Aspirin", "Chemical"), suggest(HOSTILE, "nausea", "Disease"), codeine, cough),
        (link,),
    )
    intake.store_document(session, project_id, document, source_name="s")
    sentences = [
        SyntheticSentence(text, "CID", suggest(text, "$CHEMICAL$", "Chemical"), suggest(text, "$DISEASE$", "Disease"))
        for text in MASKED
    ]
    synthetic.add_synthetic(session, project_id, sentences)


def fill_judged(session: Session) -> None:
    """Store a second project: 30 judged sentences with hostile names and gold, 19 of them decided one by one."""
    project_id, user_id = create_project(session, "Judged", template="chemical-disease"), users.get_or_add_user(session)
    texts = [f"$CHEMICAL$ caused severe $DISEASE$ in case {number}." for number in range(30)]
    sentences = [
        SyntheticSentence(
            text,
            "CID",
            suggest(text, "$CHEMICAL$", "Chemical"),
            suggest(text, "$DISEASE$", "Disease"),
            head_name="<b>α-methyldopa</b>",
            tail_name="tremor",
            agreement=0.95,
            disagreement=0.01,
            novelty=0.3,
            nearest_gold="<script>alert(1)</script> caused severe tremor.",
        )
        for text in texts
    ]
    synthetic.add_synthetic(session, project_id, sentences)
    for view in synthetic.list_synthetic(session, project_id, limit=19):
        curate.apply_synthetic_event(
            session, project_id=project_id, user_id=user_id, synthetic_id=view.id, version=1, event={"kind": "accept"}
        )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Engine]:
    """The database of a running app, with one project and no worker."""
    path = tmp_path_factory.mktemp("home") / "curator.db"
    copy(migrated_file, path)
    engine = make_engine(f"sqlite:///{path}")
    with session_scope(engine) as session:
        fill(session)
        fill_judged(session)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def address(browser: "Browser", start_server: Callable[..., str], engine: Engine) -> str:  # noqa: ARG001 - skips first
    home = str(Path(str(engine.url.database)).parent)
    return start_server("-c", SERVE, environment={"DARE_HOME": home})


def read(engine: Engine, find: Callable[[Session], Found]) -> Found:
    with session_scope(engine) as session:
        return find(session)


def read_sentence(engine: Engine, place: int) -> annotations.SentenceView:
    def find(session: Session) -> annotations.SentenceView:
        ids = queue.get_queue_page(session, queue.QueueFilter(1, state=None)).sentence_ids
        return annotations.get_sentence_view(session, ids[place])

    return read(engine, find)


def test_sentence_is_corrected_by_hand_and_survives_a_reload(page: "Page", address: str, engine: Engine) -> None:
    link = f"{address}/annotate?project=1&document=1"
    desk = PageDesk(page, link)
    assert page.get_by_test_id("dare-text").text_content() == HOSTILE
    desk.press("2")
    desk.drag("rash")
    page.get_by_text("3 mentions, 0 relations").wait_for()
    desk.wait_saved()
    desk.click("Aspirin")
    desk.click("rash")
    page.get_by_text("3 mentions, 1 relation").wait_for()
    desk.click("nausea")
    desk.press("x", "a")
    page.get_by_text("2 of 2").wait_for()
    page.get_by_text("1 of 2 sentences of this project are reviewed").wait_for()
    stored = read_sentence(engine, 0)
    words = {one.id: HOSTILE[one.start : one.end] for one in stored.mentions}
    assert (sorted(words.values()), stored.state) == (["Aspirin", "rash"], State.ACCEPTED)
    assert [(words[one.head_id], one.label, words[one.tail_id]) for one in stored.relations] == [
        ("Aspirin", "CID", "rash")
    ]
    desk.press("x")
    page.get_by_text("2 of 2 sentences of this project are reviewed").wait_for()
    desk.press("u")
    page.get_by_text("1 of 2 sentences of this project are reviewed").wait_for()
    again = PageDesk(page, link)  # opens at the first sentence that nobody has reviewed
    assert page.get_by_test_id("dare-text").text_content() == CALM
    again.press("p")
    page.get_by_text("2 mentions, 1 relation").wait_for()
    page.get_by_text("Reviewed", exact=True).wait_for()
    assert page.title() == "Annotate · DARE Curator"


def test_synthetic_sentences_are_decided_by_keyboard(page: "Page", address: str, engine: Engine) -> None:
    desk = PageDesk(page, f"{address}/synthetic?project=1")
    first = page.get_by_test_id("dare-text").text_content()
    desk.press("2")  # no relation
    desk.press("a")
    page.get_by_text("2 of 2").wait_for()
    desk.press("Shift+X", "2")
    page.get_by_text("Nothing left in this queue").wait_for()
    page.get_by_text("Every synthetic sentence of this project is decided.").wait_for()
    views = read(engine, lambda session: synthetic.list_synthetic(session, 1, state=None))
    assert [(view.text == first, view.label, view.state.value, view.reason) for view in views] == [
        (True, "NO_RELATION", "corrected", ""),
        (False, "CID", "rejected", "not fluent"),
    ]
    desk.press("u")
    page.get_by_text("2 of 2").wait_for()
    desk.wait_saved()
    PageDesk(page, f"{address}/synthetic?project=1")
    page.get_by_test_id("dare-deck").get_by_text("caused" if "caused" not in str(first) else "went away").wait_for()
    assert read(engine, lambda session: synthetic.count_queue(session, 1)) == 1


def count_states(engine: Engine) -> dict[State, int]:
    return read(engine, lambda session: synthetic.count_synthetic(session, 2))["CID"]


def test_names_are_read_masks_are_edited_and_the_rest_is_accepted_and_taken_back(
    page: "Page", address: str, engine: Engine
) -> None:
    desk = PageDesk(page, f"{address}/synthetic?project=2")
    text = page.get_by_test_id("dare-text")
    assert str(text.text_content()).startswith("<b>α-methyldopa</b> caused severe tremor in case")
    desk.root.get_by_text("agreement 0.95: judges agree").wait_for()
    assert desk.root.locator("mark").all_text_contents() == ["caused severe"]
    desk.root.get_by_text("<script>alert(1)</script>").wait_for()
    desk.press("e")
    assert page.get_by_label("Text of the sentence").input_value().startswith("$CHEMICAL$ caused severe $DISEASE$")
    desk.press("Escape")
    page.get_by_role("button", name="Masks", exact=True).or_(page.get_by_role("radio", name="Masks")).first.click()
    text.get_by_text("$CHEMICAL$ caused severe $DISEASE$").wait_for()
    text.click()
    desk.press("Shift+X", "6")
    page.get_by_label("Another reason").fill("mixes two drugs")
    desk.press("Enter")
    page.get_by_text("2 of 11").wait_for()
    page.get_by_text("Accepted of what is wanted: CID 19, none wanted").wait_for()
    desk.wait_saved()
    page.goto(f"{address}/synthetic?project=2&view=Accept+the+rest")
    page.get_by_role("button", name="Accept 10 sentences").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("<b>α-methyldopa</b> caused").nth(9).wait_for()
    assert dialog.get_by_role("listitem").count() == 10
    dialog.get_by_role("button", name="Accept all 10").click()
    page.get_by_text("10 sentences accepted in one step").wait_for()
    assert count_states(engine) == {State.ACCEPTED: 29, State.REJECTED: 1}
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("10 sentences accepted in one step").wait_for(state="detached")
    assert count_states(engine) == {State.PENDING: 10, State.ACCEPTED: 19, State.REJECTED: 1}
    rejected = read(engine, lambda session: synthetic.list_synthetic(session, 2, state=State.REJECTED))
    assert [view.reason for view in rejected] == ["mixes two drugs"]


def test_wanted_number_is_typed_into_the_table_of_labels(page: "Page", address: str, engine: Engine) -> None:
    page.goto(f"{address}/synthetic?project=1&view=Generate")
    table = page.get_by_test_id("stDataFrame").first
    table.locator("canvas").first.wait_for()
    table.dblclick(position={"x": 120, "y": 50})
    page.locator(".gdg-input").fill("50")
    page.keyboard.press("Enter")
    page.get_by_text("there would be too few for CID").wait_for()
    assert read(engine, lambda session: quotas.get_quotas(session, 1)) == {"CID": 50}
