"""`dare fetch` as scripts see it, against a server on this machine."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.main import app
from tests.fake_ncbi import pubmed_xml, serve


def test_fetch_imports_what_there_is_and_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "ids.txt"
    listed.write_text("13\n14\n", encoding="utf-8")
    with serve() as ncbi:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("DARE_NCBI_URL", ncbi.url)
        ncbi.pubmed = {"12": pubmed_xml("12"), "13": pubmed_xml("13", title="Codeine.")}
        options = ["--pubmed", "12", "--ids", str(listed), "--create", "chemical-disease", "--split", "dev", "--json"]
        result = CliRunner().invoke(app, ["fetch", "p", *options])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["outcome"]["num_documents"], told["missing"]) == (2, ["PubMed 14"])
    assert "PubMed 14: NCBI has no article of this id." in result.stderr


def test_offline_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARE_OFFLINE", "1")
    result = CliRunner().invoke(app, ["fetch", "p", "--pubmed", "12", "--create", "blank"])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: 1 of 1 articles were never fetched, and DARE_OFFLINE forbids")
