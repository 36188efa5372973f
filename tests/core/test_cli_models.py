"""The `models` commands as scripts see them; pulling has tests of its own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.settings import Settings
from core.starter import DEFAULT_STARTER
from tests.core.workflows.model_library.test_catalogue import PULLED, add_generator, add_pulled


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    return Settings()


def test_models_are_listed_for_people_and_as_one_object(settings: Settings) -> None:
    add_pulled(settings)
    listed = CliRunner().invoke(app, ["models", "list"])
    head, *rows = listed.stdout.splitlines()
    assert head.split() == ["name", "kind", "origin", "size", "date", "terms", "use"]
    assert any(row.startswith(PULLED) and "encoder" in row and "mit" in row for row in rows)
    (starter, *_) = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).stdout)["models"]
    assert (starter["name"], starter["kind"], starter["origin"]) == (DEFAULT_STARTER, "joint", "shipped")
    assert starter["num_bytes"] > 10**6


def test_suggestions_are_listed_without_a_database_or_a_network(settings: Settings) -> None:
    result = CliRunner().invoke(app, ["models", "list", "--suggestions"])
    assert "dare models pull bioformers/bioformer-8L" in result.stdout
    assert "Cannot be pulled: its weights are pickled." in result.stdout
    known = json.loads(CliRunner().invoke(app, ["models", "list", "--suggestions", "--json"]).stdout)["suggestions"]
    assert known[0]["num_weights"] == 42_820_610
    assert not settings.home.exists()


def test_removing_asks_first_and_says_what_was_freed(settings: Settings) -> None:
    folder = add_generator(settings)
    kept = CliRunner().invoke(app, ["models", "remove", "mine"], input="n\n")
    assert kept.exit_code == 1 and folder.exists()
    assert kept.stderr.startswith("Delete mine (generator, from tiny, ")
    done = CliRunner().invoke(app, ["models", "remove", "mine", "--yes", "--json"])
    assert json.loads(done.stdout) == {
        "removed": "mine",
        "kind": "generator",
        "freed_bytes": pytest.approx(400, abs=200),
    }
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["remove", DEFAULT_STARTER, "--yes"], f"error: {DEFAULT_STARTER} is shipped with the program"),
        (["remove", "no-such", "--yes"], "error: No model 'no-such' here; there are: "),
        (["card", "no-such"], "error: No model 'no-such' here"),
        (["pull", "a/b/c"], "error: 'a/b/c' is no name of the hub"),
    ],
)
def test_a_refusal_is_one_clear_line(settings: Settings, arguments: list[str], message: str) -> None:  # noqa: ARG001
    result = CliRunner().invoke(app, ["models", *arguments])
    assert result.exit_code == 1
    assert result.stderr.startswith(message)
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_card_is_printed_without_characters_that_steer_a_terminal(settings: Settings) -> None:
    (add_pulled(settings) / "README.md").write_text("# Card\x1b[2Jgone\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["models", "card", PULLED])
    assert "# Card[2Jgone" in result.stdout
    assert "\x1b" not in result.stdout
