"""The Browse page: what its tables list, that links hold their filters, and that a row opens in the editor."""

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import Document, Sentence, Span, Split
from core.workflows.projects import create_project
from db.queries import browse_documents, intake, projects
from db.queries.browse_documents import DocumentFilter
from db.session import Session
from pages.components import browse_filters
from tests.pages.support import OpenPage, press, texts


def column(app: AppTest, name: str) -> list[str]:
    return list(app.dataframe[0].value[name])


def test_sentences_are_listed_with_what_is_known_of_them(open_page: OpenPage) -> None:
    app = open_page("browse")
    assert {"sentence", "document", "state", "labels", "uncertainty", "reviewer"} <= set(app.dataframe[0].value)
    assert set(column(app, "state")) <= {"To review", "Reviewed"}
    assert "1 to " in texts(app)


def test_link_with_filters_lists_the_same_again(open_page: OpenPage) -> None:
    query = {"words": "patients", "state": "Reviewed", "label": "CID", "sort": "Last changed first"}
    app = open_page("browse", **query)
    assert column(app, "sentence")
    assert all("patient" in text.lower() for text in column(app, "sentence"))
    assert set(column(app, "state")) == {"Reviewed"}
    assert all("CID" in labels for labels in column(app, "labels"))
    assert {key: app.query_params[key] for key in query} == query


@pytest.mark.parametrize("words", ['"', "(*)", "zymurgine", "<b>x</b>"])
def test_search_for_what_is_not_there_says_so(open_page: OpenPage, words: str) -> None:
    assert "No sentence fits these filters." in texts(open_page("browse", words=words))


def test_filters_that_are_hidden_are_told_and_cleared(open_page: OpenPage) -> None:
    app = open_page("browse", uncertainty="1.0")
    assert "No sentence fits" in texts(app)
    press(app, "1 more filter in use")
    assert len(app.dataframe) == 1 and "uncertainty" not in app.query_params


def test_documents_are_listed_and_found_by_name(open_page: OpenPage) -> None:
    app = open_page("browse", table="Documents")
    names = column(app, "document")
    assert len(names) > 1 and {"sentences", "reviewed", "characters"} <= set(app.dataframe[0].value)
    found = open_page("browse", table="Documents", words=names[-1])
    assert column(found, "document") == [names[-1]]


def test_all_documents_of_the_filters_are_moved_to_a_split(open_page: OpenPage, session: Session) -> None:
    app = open_page("browse", table="Documents")
    app.toggle(key="change-documents").set_value(True).run()
    buttons = [one for one in app.button if one.label in ("Move 0 documents", "Remove 0 documents")]
    assert [one.disabled for one in buttons] == [True, True]
    (project,) = projects.list_projects(session)
    name = column(app, "document")[0]
    ids = browse_documents.list_document_ids(session, DocumentFilter(project.id, search=name))
    app.session_state["changed-documents"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.selectbox(key="changed-split").select(Split.TEST)
    app.run()
    press(app, "Move 1 document")
    assert {one.split for one in browse_documents.list_documents(session, DocumentFilter(project.id, search=name))} == {
        Split.TEST
    }
    assert len(ids) == 1


def test_row_that_is_clicked_opens_once(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, str]] = []
    monkeypatch.setattr(browse_filters.st, "switch_page", lambda _path, query_params: opened.append(query_params))
    app = open_page("browse", table="Documents")
    app.session_state["browse-opened"] = {"document": "2"}
    app.run()
    app.run()
    assert opened == [{"document": "2"}]


def test_address_that_opening_a_row_left_behind_is_cleaned_and_resets_no_filter(open_page: OpenPage) -> None:
    app = open_page("browse")
    app.text_input(key="words").input("patients").run()
    found = column(app, "sentence")
    app.query_params["sentence"] = "1"
    app.query_params["from"] = "browse"
    app.run()
    assert not {"sentence", "from"} & app.query_params.keys()
    assert column(app, "sentence") == found


def test_second_page_of_a_long_table(open_page: OpenPage, session: Session) -> None:
    text = " ".join(f"Sentence {number:03d}." for number in range(120))
    spans = tuple(Sentence(Span(at * 14, at * 14 + 13)) for at in range(120))
    project_id = create_project(session, "long", template="blank")
    intake.store_document(session, project_id, Document("d", text, spans, split=Split.TRAIN), source_name="s")
    session.commit()
    app = open_page("browse", project=str(project_id), page="3")
    assert column(app, "sentence")[0] == "Sentence 100."
    assert "101 to 120 of 120" in texts(app)
    app.text_input(key="words").input("sentence 00").run()
    assert len(column(app, "sentence")) == 10
