"""A home with a project of suggested sentences, and `dare` run in it, for tests of the command line."""

import json
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.domain import Document, Mention, Relation, Sentence, Source, Span, State
from core.settings import Settings
from core.workflows.projects import create_project
from db.queries import intake
from db.session import Session, make_engine, session_scope

TEXT = "Aspirin caused rash."


class CliDesk:
    """A project "p" whose sentences "Aspirin caused rash." carry a suggested relation each, with these scores."""

    def __init__(self, home: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch, *scores: float) -> None:
        monkeypatch.setenv("DARE_HOME", str(home))
        self.home = home
        home.mkdir(exist_ok=True)
        copy(migrated_file, home / "curator.db")
        self.settings = Settings()
        self.change(lambda session: _fill(session, scores))

    def change(self, action: Any) -> Any:  # noqa: ANN401
        """Run an action on the database and return what it returns."""
        engine = make_engine(self.settings.resolved_database_url)
        with session_scope(engine) as session:
            found = action(session)
        engine.dispose()
        return found

    def dare(self, *words: str, text: str | None = None) -> Any:  # noqa: ANN401
        """Run a command, with a text typed or piped in."""
        return CliRunner().invoke(app, [*words], input=text)

    def read(self, *words: str, text: str | None = None) -> dict[str, Any]:
        """Run a command that must succeed, and return its JSON."""
        result = self.dare(*words, "--json", text=text)
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))

    def refuse(self, *words: str, text: str | None = None) -> str:
        """Run a command that must be refused, and return its one line."""
        result = self.dare(*words, text=text)
        assert result.exit_code == 1, result.output
        assert result.stdout == "" and len(result.stderr.strip().splitlines()) == 1, result.output
        assert result.stderr.startswith("error: "), result.stderr
        return str(result.stderr)


def _fill(session: Session, scores: tuple[float, ...]) -> None:
    project_id = create_project(session, "p", template="chemical-disease")
    for number, score in enumerate(scores):
        head, tail = (
            Mention(Span(start, end), entity_type, score=score, state=State.PENDING, source=Source.MODEL)
            for start, end, entity_type in ((0, 7, "Chemical"), (15, 19, "Disease"))
        )
        link = Relation(head, tail, "CID", score, State.PENDING, Source.MODEL)
        sentence = (Sentence(Span(0, len(TEXT))),)
        document = Document(f"d{number}", f"{TEXT} Case {number}.", sentence, (head, tail), (link,))
        intake.store_document(session, project_id, document, source_name="s")
