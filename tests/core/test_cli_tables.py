"""`dare import` of tables: one whose text column nobody knows is refused with its columns, never kept as one text."""

from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest
from click.testing import Result
from typer.testing import CliRunner

from core.cli.main import app

Import = Callable[..., Result]
TABLE = "quote,who,year\nAspirin caused rash.,AB,2001\n"


@pytest.fixture
def import_file(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Return a command that imports a text, written to a file, into a new project."""
    monkeypatch.setenv("DARE_HOME", str(tmp_path))
    copy(migrated_file, tmp_path / "curator.db")

    def run(text: str, *words: str, name: str = "a.csv") -> Result:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, ["import", "p", str(path), "--create", "chemical-disease", *words])

    return run


@pytest.mark.parametrize("text", [TABLE, TABLE.replace(",", ";"), TABLE.replace(",", "\t")])
def test_a_table_of_unknown_columns_is_refused_with_its_columns_and_the_remedy(import_file: Import, text: str) -> None:
    result = import_file(text)
    assert result.exit_code == 1
    assert "the columns quote, who, year;" in result.stderr
    assert "`--column text=NAME` says" in result.stderr and "`--format text`" in result.stderr
    assert "nothing of it was stored" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--column", "text=quote"), "(table): 1 documents"), (("--format", "text"), "(text): 1 documents")],
)
def test_the_remedies_of_the_refusal_work(import_file: Import, words: tuple[str, ...], said: str) -> None:
    result = import_file(TABLE, *words)
    assert result.exit_code == 0, result.output
    assert said in result.stdout


def test_prose_with_commas_is_still_one_text(import_file: Import) -> None:
    result = import_file("Aspirin, we think, helps.\nCodeine, we know, harms.\n", name="a.txt")
    assert result.exit_code == 0, result.output
    assert "(text): 1 documents" in result.stdout


def test_a_table_without_types_that_a_label_does_not_tell_asks_for_them_and_for_no_name_of_its_own(
    import_file: Import,
) -> None:
    untyped = "sentence,head,tail,label\nAspirin caused rash.,Aspirin,rash,causes\n"
    result = import_file(untyped)
    assert "Unknown relation label 'causes'" in result.stderr and "the project knows no causes;" in result.stderr
    result = import_file(untyped.replace("causes", "CID"), "--column", "head_type==Disease")
    assert result.exit_code == 1
    assert "The type of the tail is not given" in result.stderr
    assert "`--column head_type==TYPE`" in result.stderr
    assert "Entity" not in result.stderr and "--map" not in result.stderr
