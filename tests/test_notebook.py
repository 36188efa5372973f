"""The notebook in README runs as it stands, and the functions that `core.workflows` lists exist."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import core.workflows
from core.domain import Split
from core.settings import Settings
from db.queries import intake
from db.session import open_session
from tests.core.workflows.training import make_document

README = Path(__file__).parents[1] / "README.md"
LISTED = re.findall(r"^    ((?:core|db)\.[a-z_.]+)", core.workflows.__doc__ or "", re.MULTILINE)


@pytest.mark.slow
def test_the_notebook_of_the_readme_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    curating, training = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    cells: dict[str, Any] = {}
    exec(curating, cells)
    assert {"MANIFEST", "card.md", "data.bioc.json"} <= {path.name for path in (tmp_path / "nausea").iterdir()}
    assert "CID" in set(cells["pairs"]["label"])
    with open_session(Settings()) as session:
        for split in Split:
            for number in range(4):
                intake.store_document(session, cells["project_id"], make_document(number, split), source_name="t")
    exec(training, cells)
    assert 0 <= cells["result"]["f1"] <= 1


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_function_exists(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(import_module(module), function))


def test_functions_are_listed() -> None:
    assert len(LISTED) > 20
