"""`dare synthetic` as scripts use it: list, accept, reject, export, and what they refuse."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.settings import Settings
from db.session import make_engine, session_scope
from tests.core.workflows.synthetic_desk import SyntheticDesk

Dare = Callable[..., Any]


@pytest.fixture
def dare(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Dare:
    """Run a command in a home with a project "p" of 25 judged sentences, 20 of them accepted one by one."""
    monkeypatch.setenv("DARE_HOME", str(tmp_path))
    copy(migrated_file, tmp_path / "curator.db")
    engine = make_engine(Settings().resolved_database_url)
    with session_scope(engine) as session:
        desk = SyntheticDesk(session, num_sentences=25)
        for view in desk.views[:20]:
            desk.do(view, "accept")
    engine.dispose()
    return lambda *words, **more: CliRunner().invoke(app, ["synthetic", *words], **more)


def listed(dare: Dare, *words: str) -> dict[str, Any]:
    return dict(json.loads(dare("list", "p", *words, "--json").stdout))


def test_list_filters_orders_and_limits(dare: Dare) -> None:
    found = listed(dare, "--state", "pending", "--order", "most agreed", "--limit", "3", "--label", "CID")
    assert (found["total"], len(found["sentences"])) == (5, 3)
    assert {one["state"] for one in found["sentences"]} == {"pending"}
    lines = dare("list", "p", "--limit", "1").stdout.splitlines()
    assert lines[-1] == "1 of 25 sentences" and "0.90: $CHEMICAL$ caused" in lines[0]


def test_reject_by_id_stores_the_reason_in_one_step(dare: Dare) -> None:
    ids = [str(one["id"]) for one in listed(dare, "--state", "pending")["sentences"][:2]]
    result = json.loads(dare("reject", "p", *ids, "--reason", "not fluent", "--json").stdout)
    assert result == {"rejected": 2, "reason": "not fluent"}
    rejected = listed(dare, "--state", "rejected")["sentences"]
    assert [(one["reason"], one["decision"]["in_bulk"]) for one in rejected] == [("not fluent", True)] * 2


def test_accept_above_a_score_asks_and_tells_the_sample(dare: Dare) -> None:
    words = ["accept", "p", "--label", "CID", "--min-agreement", "0.8"]
    refused = dare(*words, input="n\n")
    assert refused.exit_code == 1 and "Accept 5 pending sentences of CID unread?" in refused.stderr
    assert listed(dare, "--state", "pending")["total"] == 5
    result = json.loads(dare(*words, "--yes", "--json").stdout)
    assert (result["accepted"], result["reviewed"], result["unchanged"], result["precision"]) == (5, 20, 20, 1.0)
    assert listed(dare, "--state", "pending")["total"] == 0


def test_a_dry_run_tells_and_draws_what_would_be_accepted(dare: Dare) -> None:
    told = json.loads(dare("accept", "p", "--label", "CID", "--min-agreement", "0.8", "--dry-run", "--json").stdout)
    assert (told["pending"], told["precision"], len(told["examples"])) == (5, 1.0, 5)
    assert told["examples"][0].startswith("lithium caused tremor in case ")
    assert listed(dare, "--state", "pending", "--min-agreement", "0.8")["total"] == 5
    assert listed(dare, "--min-agreement", "0.95")["total"] == 0


def test_a_file_of_decisions_edits_relabels_and_names_its_reviewer(dare: Dare) -> None:
    first, second, third = (one["id"] for one in listed(dare, "--state", "pending")["sentences"][:3])
    rows = [
        {"id": first, "kind": "edit", "text": "$CHEMICAL$ brought on $DISEASE$."},
        {"id": second, "kind": "relabel", "label": "NO_RELATION"},
        {"id": third, "kind": "reject", "reason": "not fluent"},
    ]
    lines = "\n".join(map(json.dumps, rows))
    applied = json.loads(dare("apply", "p", "-", "--reviewer", "eve", "--json", input=lines).stdout)
    assert (applied["num_changed"], applied["reviewer"]) == (3, "eve")
    found = {one["id"]: one for one in listed(dare)["sentences"]}
    assert found[first]["text"] == "$CHEMICAL$ brought on $DISEASE$."
    assert (found[second]["label"], found[third]["reason"]) == ("NO_RELATION", "not fluent")
    assert {found[one]["reviewer"] for one in (first, second, third)} == {"eve"}
    undone = CliRunner().invoke(app, ["undo", "p", "--back-to", str(applied["first_step"]), "--reviewer", "eve"])
    assert undone.stdout.startswith("3 sentences are as before")
    assert listed(dare, "--state", "pending")["total"] == 5


def test_flags_and_comments_come_from_a_file_and_are_listed(dare: Dare) -> None:
    one = listed(dare, "--state", "pending")["sentences"][0]["id"]
    lines = f'{{"id": {one}, "kind": "flag"}}\n{{"id": {one}, "kind": "comment", "text": "Who says so?"}}'
    assert dare("apply", "p", "-", input=lines).exit_code == 0
    (found,) = listed(dare, "--flagged")["sentences"]
    assert (found["id"], found["comment"], found["state"], found["decision"]) == (one, "Who says so?", "pending", None)
    assert listed(dare, "--not-flagged")["total"] == 24
    told = dare("list", "p", "--flagged").stdout
    assert "pending 0.90, flagged: $CHEMICAL$" in told and "comment: Who says so?" in told


def test_what_is_wanted_for_a_label_is_set_told_and_taken_back(dare: Dare) -> None:
    def wanted(*words: str) -> tuple[int, int]:
        cid = json.loads(dare("standing", "p", *words, "--json").stdout)["labels"][0]
        return cid["wanted"], cid["accepted"]

    assert wanted() == (0, 20)
    assert wanted("--want", "CID=50") == (50, 20)
    assert "CID: 20 of 50 wanted accepted (100% of the decided), 5 pending" in dare("standing", "p").stdout
    assert wanted("--want", "CID=") == (0, 20)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["standing", "p", "--want", "CID"], "--want is 'CID'; it must be LABEL=NUMBER"),
        (["standing", "p", "--want", "X=3"], "Unknown relation label 'X'"),
        (["accept", "p"], "Give either ids of sentences, or --label and --min-agreement."),
        (["accept", "p", "1", "--label", "CID"], "Give either ids of sentences, or --label and --min-agreement."),
        (["accept", "p", "--label", "CID"], "--label and --min-agreement go together; give both."),
        (["accept", "p", "--label", "X", "--min-agreement", "0.5"], "Unknown relation label 'X'; known: CID"),
        (["accept", "p", "--label", "CID", "--min-agreement", "0.95", "--yes"], "Review 20 more of them first."),
        (["reject", "p", "999"], "1 of 1 synthetic sentences are not in this project, 999 for one"),
        (["list", "nowhere"], "No project 'nowhere'"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(dare: Dare, words: list[str], message: str) -> None:
    result = dare(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ") and message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_export_writes_one_sentence_a_line(dare: Dare, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.jsonl"
    result = json.loads(dare("export", "p", "--out", str(out), "--state", "accepted", "--json").stdout)
    assert result["num_sentences"] == 20
    sentences = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(sentences) == 20
    first = sentences[0]
    assert (first["reviewer"], first["decision"]["action"]) == ("ada", "accept")
    assert first["realised"]["text"] == "lithium caused tremor in case 0."
    assert first["provenance"]["seed"] == "7"
