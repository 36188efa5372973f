"""Export: what is taken, what is left out, and the file."""

import json

import pytest

from core.formats import WRITERS
from core.workflows.projects import create_project
from db.queries import snapshots
from db.session import Session
from pages.components.export_form import FORMATS, file_name, preview
from tests.pages.support import OpenPage, press, texts


def test_the_file_is_there_with_counts_and_a_preview(open_page: OpenPage) -> None:
    app = open_page("export")
    press(app, "Prepare the file")
    numbers = {metric.label: int(metric.value) for metric in app.metric}
    assert numbers["Documents"] > 0 and numbers["Relations"] > 0 and numbers["Synthetic"] > 0
    assert app.download_button[0].label.startswith("Download")
    json.loads(app.code[0].value.splitlines()[0])


def test_every_filter_says_what_it_left_out(open_page: OpenPage) -> None:
    app = open_page("export")
    app.multiselect[0].select("test").run()
    press(app, "Prepare the file")
    left_out = app.dataframe[0].value.set_index("what")["number"]
    assert left_out["splits: documents"] > 0
    assert left_out["synthetic: sentences"] > 0


def test_a_format_that_cannot_hold_something_says_so(open_page: OpenPage) -> None:
    app = open_page("export")
    next(box for box in app.selectbox if box.label == "Format").select("pubtator").run()
    press(app, "Prepare the file")
    assert "Lost, because PubTator cannot hold it" in texts(app)


def test_a_zip_archive_is_offered_without_a_preview(open_page: OpenPage) -> None:
    app = open_page("export")
    next(box for box in app.selectbox if box.label == "Format").select("brat").run()
    press(app, "Prepare the file")
    assert app.download_button[0].label.startswith("Download")
    assert not app.code
    assert "no preview" in texts(app)


def test_a_changed_filter_asks_for_the_file_again(open_page: OpenPage) -> None:
    app = open_page("export")
    press(app, "Prepare the file")
    app.radio[0].set_value("With suggestions").run()
    assert "prepare the file again" in app.warning[0].value


def test_a_prepared_file_is_not_offered_in_another_project(open_page: OpenPage, session: Session) -> None:
    other = create_project(session, "Other", template="blank")
    session.commit()
    app = open_page("export")
    press(app, "Prepare the file")
    app.selectbox(key="project_selector").select(other).run()
    assert not app.download_button


def test_every_format_that_can_be_written_is_offered() -> None:
    assert list(FORMATS) == list(WRITERS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Demo: drugs", "demo-drugs.jsonl"), ("../../etc", "etc.jsonl"), ("薬", "project.jsonl"), ("a_b", "a_b.jsonl")],
)
def test_a_file_name_fits_every_system(name: str, expected: str) -> None:
    assert file_name(name, "jsonl") == expected


def test_a_file_is_called_what_its_programs_expect() -> None:
    assert file_name("Demo", "brat") == "demo.brat.zip"
    assert file_name("Demo", "docbin") == "demo.spacy"


def test_a_preview_ends_with_a_whole_line() -> None:
    assert preview(b"x" * 10) == "x" * 10
    assert preview(b"line\n" * 2000).endswith("line\n…")


def test_a_snapshot_is_made_listed_downloaded_and_compared(open_page: OpenPage, session: Session) -> None:
    app = open_page("export")
    assert "Each training makes or names one." in texts(app)
    for name, standing in (("first", "Approved only"), ("second", "With suggestions")):
        app.text_input(key="snapshot-name").input(name)
        app.radio(key="snapshot-standing").set_value(standing)
        press(app, "Make a snapshot")
    assert [one.name for one in snapshots.list_snapshots(session)] == ["second", "first"]
    assert list(app.dataframe[0].value["name"]) == ["second", "first"]
    press(app, "Prepare")
    assert [button.label.split()[0] for button in app.download_button] == ["Download"]
    press(app, "Compare")
    differences = app.dataframe[1].value.set_index("kind")
    assert differences.loc["documents", "newer"] >= differences.loc["documents", "older"]


def test_a_name_that_is_taken_is_one_clear_message(open_page: OpenPage, session: Session) -> None:
    app = open_page("export")
    for _ in range(2):
        app.text_input(key="snapshot-name").input("same")
        press(app, "Make a snapshot")
    assert "exists already" in app.error[0].value
    assert len(snapshots.list_snapshots(session)) == 1
