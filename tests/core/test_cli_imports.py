"""A command loads what it uses: help and predictions start without what they have no use for."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNUSED = {"dbos", "streamlit"}
SCRIPT = """
import sys
from core.cli.main import main
sys.argv = ["dare", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
sys.stderr.write(" ".join(sys.modules))
"""


def modules_after(*arguments: str) -> set[str]:
    """Return the modules that a process has loaded when its command is over."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return set(done.stderr.split())


def test_help_loads_neither_jobs_nor_models() -> None:
    assert not modules_after("--help") & (UNUSED | {"torch", "transformers", "spacy"})


def test_a_command_loads_no_other_commands_and_no_libraries_of_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    found = modules_after("project", "list")
    assert not found & (UNUSED | {"torch", "transformers", "spacy", "bioc", "pyarrow", "pandas"})
    own = {name for name in found if name.startswith("core.cli.")}
    assert own == {f"core.cli.{name}" for name in ("main", "lazy", "options", "output", "projects")}


@pytest.mark.slow
def test_a_prediction_by_a_shipped_model_loads_neither_database_nor_jobs_nor_ensembles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    (tmp_path / "a.txt").write_text("Aspirin caused nausea.", encoding="utf-8")
    found = modules_after("predict", str(tmp_path / "a.txt"), "--out", str(tmp_path / "out.jsonl"))
    assert "torch" in found
    assert not found & (UNUSED | {"core.ensemble.ensemble", "scipy.stats", "sqlalchemy"})
