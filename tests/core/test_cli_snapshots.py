"""The `dare snapshot` commands as scripts see them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.settings import Settings
from db.session import make_engine, migrate, session_scope
from tests.core.workflows.data_out.test_snapshot import SPLITS
from tests.core.workflows.training import seed_project


@pytest.fixture
def runner() -> CliRunner:
    """A runner on a database with one project, p."""
    engine = make_engine(Settings().resolved_database_url)
    migrate(engine)
    with session_scope(engine) as session:
        seed_project(session, splits=SPLITS)
    engine.dispose()
    return CliRunner()


def dare(runner: CliRunner, *arguments: str) -> str:
    result = runner.invoke(app, ["snapshot", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_create_list_show_export_and_diff(runner: CliRunner, tmp_path: Path) -> None:
    made = json.loads(dare(runner, "create", "p", "--name", "a", "--licence", "CC0", "--json"))
    assert (made["name"], made["counts"]["documents"], made["licence"]) == ("a", 3, "CC0")
    dare(runner, "create", "p", "--split", "dev")
    assert [line.split()[0] for line in dare(runner, "list", "p").splitlines()] == ["p-1", "a"]
    assert "- licence: CC0" in dare(runner, "show", "a")
    for name in ("one.zip", "two.zip", "folder"):
        dare(runner, "export", "a", "--out", str(tmp_path / name))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    files = sorted(path.name for path in (tmp_path / "folder").iterdir())
    assert files == ["MANIFEST", "card.json", "card.md", "data.jsonl"]
    lines = dare(runner, "diff", "a", "p-1").splitlines()
    assert lines[0] == "a and p-1 hold different data"
    assert "documents: 3 → 1; 0 added, 2 removed, 0 changed" in lines
    assert json.loads(dare(runner, "diff", "a", "a", "--json"))["same"] is True


def test_an_unknown_snapshot_or_format_is_one_clear_line(runner: CliRunner) -> None:
    dare(runner, "create", "p", "--name", "a")
    for arguments, message in (
        (["show", "b"], "error: No snapshot 'b'; there are: a."),
        (["export", "a", "--format", "poetry", "--out", "x"], "error: Cannot write format 'poetry'."),
    ):
        result = runner.invoke(app, ["snapshot", *arguments])
        assert result.exit_code == 1
        assert result.stderr.startswith(message)
