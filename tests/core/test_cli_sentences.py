"""`dare sentences` as scripts use it: search, filters, pages, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.domain import Document, Sentence, Span, State
from core.settings import Settings
from core.workflows.projects import create_project
from db.queries import intake
from db.session import make_engine, session_scope

TEXT = "TNF-α rose. Codeine helped. Codeine failed."


@pytest.fixture
def dare(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run the command in a home with a project "p" of three sentences, the last one reviewed."""
    monkeypatch.setenv("DARE_HOME", str(tmp_path))
    copy(migrated_file, tmp_path / "curator.db")
    spans = (Sentence(Span(0, 11)), Sentence(Span(12, 27)), Sentence(Span(28, 43), State.ACCEPTED))
    engine = make_engine(Settings().resolved_database_url)
    with session_scope(engine) as session:
        project_id = create_project(session, "p", template="chemical-disease")
        intake.store_document(session, project_id, Document("doc", TEXT, spans), source_name="s")
    engine.dispose()
    return lambda *words: CliRunner().invoke(app, ["sentences", *words])


def test_search_filters_and_pages(dare: Callable[..., Any]) -> None:
    found = json.loads(dare("p", "--search", "tnf-alpha", "--json").stdout)
    assert (found["total"], [one["text"] for one in found["sentences"]]) == (1, ["TNF-α rose."])
    found = json.loads(dare("p", "--search", "codeine", "--state", "accepted", "--json").stdout)
    assert [one["text"] for one in found["sentences"]] == ["Codeine failed."]
    lines = dare("p", "--limit", "2", "--page", "2").stdout.splitlines()
    assert lines == ["3 doc accepted: Codeine failed.", "page 2: 1 of 3 sentences"]


@pytest.mark.parametrize(
    ("words", "message"),
    [(["p", "--label", "X"], "Unknown relation label 'X'; known: CID"), (["nowhere"], "No project 'nowhere'")],
)
def test_what_is_not_there_is_one_clear_line(dare: Callable[..., Any], words: list[str], message: str) -> None:
    result = dare(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ") and message in result.stderr
