"""`dare formats` lists every reader and writer, and prints the schema that exports fit."""

import json
import re
from pathlib import Path

import jsonschema
from typer.testing import CliRunner

from core.cli.main import app
from core.formats import READERS, WRITERS
from core.workflows.data_out.format_list import HOLDS

README = Path(__file__).parents[2] / "README.md"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["formats", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_format_is_listed_with_its_ways() -> None:
    formats = {one["name"]: one for one in json.loads(run("--json"))["formats"]}
    assert formats.keys() == HOLDS.keys() == READERS.keys() | WRITERS.keys()
    assert {name for name, one in formats.items() if one["is_read"]} == READERS.keys()
    assert {name for name, one in formats.items() if one["is_written"]} == WRITERS.keys()
    assert "jsonl           in  out  everything" in run()


def test_the_schema_is_a_valid_json_schema() -> None:
    schema = json.loads(run("--schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(run("--schema", "--json")) == schema


def test_the_readme_names_every_format() -> None:
    table = README.read_text(encoding="utf-8").partition("## Formats")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:4] for line in table.split("\n") if line.startswith("| `")]
    read = {name for names, way, _ in rows if "✓" in way for name in re.findall(r"`([^`]+)`", names)}
    written = {name for names, _, way in rows if "✓" in way for name in re.findall(r"`([^`]+)`", names)}
    assert (read, written) == (set(READERS), set(WRITERS))
