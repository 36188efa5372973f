"""The `corpus` command: counts for people and machines, import, errors in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path


def dare(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        env={**os.environ, "DARE_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write_conll04(folder: Path) -> Path:
    folder.mkdir()
    for name, word in (("train", "left"), ("valid", "saw")):
        item = {
            "tokens": ["Ada", word, "Rome"],
            "entities": [[0, 1, "Peop"], [2, 3, "Loc"]],
            "relations": [[0, 1, 2, 3, "Live_In"]],
        }
        (folder / f"{name}.CoNLL04.json").write_text(json.dumps([item]), encoding="utf-8")
    return folder


def test_a_corpus_is_counted_by_split_and_stores_nothing(tmp_path: Path) -> None:
    result = dare(tmp_path / "home", "corpus", "conll04", str(write_conll04(tmp_path / "c")))
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[:6] == [
        "conll04 train:",
        "  documents: 1",
        "  sentences: 1",
        "  candidates: 1",
        "  mentions: 2 (Loc 1, Peop 1)",
        "  relations: 1 (Live_In 1)",
    ]
    assert result.stdout.splitlines()[-1].startswith("note: ")
    assert not (tmp_path / "home").exists()


def test_a_corpus_is_imported_into_a_project_of_its_own_schema(tmp_path: Path) -> None:
    arguments = ["corpus", "conll04", str(write_conll04(tmp_path / "c")), "--project", "news", "--json"]
    result = dare(tmp_path / "home", *arguments)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["splits"]["dev"]["relations"] == {"Live_In": 1}
    assert (found["project"], found["outcome"]["num_documents"]) == ("news", 2)
    out = tmp_path / "out.jsonl"
    dare(tmp_path / "home", "export", "news", "--out", str(out))
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [record["split"] for record in records[1:]] == ["train", "dev"]


def test_an_error_is_one_line(tmp_path: Path) -> None:
    result = dare(tmp_path / "home", "corpus", "poetry", str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: Unknown corpus 'poetry'. Choose one of: bc5cdr, ")
    assert len(result.stderr.strip().splitlines()) == 1
