"""`dare review`, `dare history` and `dare undo`: the queue, decisions one by one, in bulk and from a file, and back."""

import json
from pathlib import Path

import pytest

from tests.core.cli_desk import CliDesk


@pytest.fixture
def desk(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> CliDesk:
    return CliDesk(tmp_path / "home", migrated_file, monkeypatch, 0.95, 0.9, 0.4)


def states(desk: CliDesk) -> list[str]:
    return [one["state"] for one in desk.read("sentences", "p")["sentences"]]


def test_the_queue_gives_ids_and_versions_of_all_that_can_be_decided(desk: CliDesk) -> None:
    found = desk.read("review", "queue", "p", "--order", "text", "--limit", "2")
    assert (found["total"], len(found["sentences"])) == (3, 2)
    sentence = found["sentences"][0]
    assert sentence["version"] >= 0 and sentence["text"] == "Aspirin caused rash."
    (relation,) = sentence["relations"]
    assert {relation["head_id"], relation["tail_id"]} == {one["id"] for one in sentence["mentions"]}
    lines = desk.dare("review", "queue", "p", "--limit", "1").stdout
    assert "Chemical pending" in lines and "Aspirin → rash" in lines


def test_ids_are_accepted_in_one_step_that_one_undo_takes_back(desk: CliDesk) -> None:
    assert desk.read("review", "accept", "p", "1", "2", "--reviewer", "ada") == {"accepted": 2}
    assert states(desk) == ["accepted", "accepted", "pending"]
    assert len(desk.read("sentences", "p", "--reviewer", "ada")["sentences"]) == 2
    (step,) = desk.read("history", "p", "--reviewer", "ada")["steps"]
    assert (step["action"], step["num_rows"], step["is_undone"]) == ("accept", 2, False)
    assert len(desk.read("undo", "p", "--reviewer", "ada")["restored"]) == 2
    assert states(desk) == ["pending"] * 3
    assert "'ada' has nothing left to undo" in desk.refuse("undo", "p", "--reviewer", "ada")


def test_suggestions_above_a_score_are_told_asked_for_and_accepted(desk: CliDesk) -> None:
    words = ["review", "accept", "p", "--min-score", "0.8"]
    tried = desk.read(*words, "--dry-run")
    assert (tried["relations"], tried["sentences"], len(tried["examples"])) == (2, 2, 2)
    refused = desk.dare(*words, text="n\n")
    assert refused.exit_code == 1 and "2 relations in 2 sentences unread" in refused.stderr
    assert (
        tried["is_unrelated_exact"]
        and f'{tried["unrelated_pairs"]} pairs of mentions become "no relation"' in refused.stderr
    )
    assert states(desk) == ["pending"] * 3
    assert desk.read(*words, "--yes")["accepted"] == 2
    assert states(desk) == ["accepted", "accepted", "pending"]


def test_a_file_of_decisions_is_applied_as_a_whole_and_taken_back_as_a_whole(desk: CliDesk, tmp_path: Path) -> None:
    rows = [
        {"id": 1, "kind": "accept"},
        {"id": 1, "kind": "comment", "text": "=1+1 is odd"},
        {"id": 2, "kind": "flag"},
        {"id": 3, "kind": "delete_relation", "relation_id": 3},
        {"id": 3, "kind": "resize_mention", "mention": "15-19", "start": 8, "end": 19},
        {"id": 3, "kind": "add_relation", "head": "0-7", "tail": "8-19:Disease", "label": "CID"},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    applied = desk.read("review", "apply", "p", str(file))
    assert (applied["num_changed"], applied["num_unchanged"]) == (6, 0)
    first, second, third = desk.read("review", "queue", "p", "--document", "1")["sentences"] + [
        one for number in ("2", "3") for one in desk.read("review", "queue", "p", "--document", number)["sentences"]
    ]
    assert (first["state"], first["comment"], second["is_flagged"]) == ("accepted", "=1+1 is odd", True)
    assert [one["state"] for one in third["relations"]] == ["accepted"]
    assert {(one["start"], one["end"]) for one in third["mentions"]} == {(0, 7), (8, 19)}
    desk.read("undo", "p", "--back-to", str(applied["first_step"]))
    assert states(desk) == ["pending"] * 3
    assert not any(one["is_flagged"] for one in desk.read("sentences", "p")["sentences"])


def test_a_table_of_decisions_is_read_from_a_pipe(desk: CliDesk) -> None:
    table = 'id,kind,relation_id,text\n1,reject,,\n2,comment,,"a, b"\n2,accept,2,\n'
    assert desk.read("review", "apply", "p", "-", text=table)["num_changed"] == 3
    assert states(desk)[:2] == ["accepted", "pending"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            '{"id": 1, "kind": "accept"}\n{"id": 99, "kind": "accept"}',
            "standard input, line 2: Sentence 99 is not in this project",
        ),
        ('{"id": 1, "kind": "accept"}\n{"id": 2, "kind": "praise"}', "line 2: Unknown event kind 'praise'"),
        ('{"id": 1, "kind": "accept"}\n{"id": 2, "kind": "flag", "version": 77}', "line 2: Sentence 2 was changed"),
        ('{"id": 1, "kind": "accept"}\n{"id": 2, "kind": "accept", "who": "me"}', "line 2: Unknown field 'who'"),
        ('{"id": 1, "kind": "accept"}\n[]', "line 2: A decision is a JSON object"),
        ('{"id": 1, "kind": "accept"}\n{"id": 2, "kind": "delete_mention", "mention": "3-5"}', "0 mentions stand at"),
        ("id,kind\n1,accept\ntwo,accept", "line 3: id is 'two'; it must be a whole number."),
    ],
)
def test_a_file_with_a_refused_row_stores_nothing_and_names_the_line(desk: CliDesk, rows: str, message: str) -> None:
    assert message in desk.refuse("review", "apply", "p", "-", text=rows)
    assert states(desk) == ["pending"] * 3


def test_a_file_in_another_encoding_or_with_a_cell_without_end_is_refused(desk: CliDesk, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("id,kind\n1,accept\n", encoding="utf-16")
    assert "rows.csv: Not UTF-8 at byte 0" in desk.refuse("review", "apply", "p", str(file))
    file.write_text(f"id,kind\n1,{'a' * 2**21}\n", encoding="utf-8")
    assert "rows.csv, line 2: Not a table: field larger" in desk.refuse("review", "apply", "p", str(file))


def test_several_rows_of_a_sentence_may_name_the_version_that_was_read(desk: CliDesk) -> None:
    version = desk.read("review", "queue", "p", "--document", "1")["sentences"][0]["version"]
    rows = "\n".join(json.dumps({"id": 1, "kind": kind, "version": version}) for kind in ("flag", "accept"))
    assert desk.read("review", "apply", "p", "-", text=rows)["num_changed"] == 2


def test_rejected_sentences_are_reviewed_and_can_be_reopened(desk: CliDesk) -> None:
    assert desk.read("review", "reject", "p", "3") == {"rejected": 1}
    assert states(desk) == ["pending", "pending", "accepted"]
    assert desk.read("review", "queue", "p", "--reviewed")["total"] == 1
    assert desk.read("review", "reopen", "p", "3") == {"reopened": 1}
    assert states(desk) == ["pending"] * 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["review", "accept", "p"], "Give either ids of sentences, or --min-score."),
        (["review", "accept", "p", "--min-score", "0.99", "--yes"], "No suggestion in these sentences has a score"),
        (["review", "accept", "p", "--min-score", "0.5", "--label", "X"], "Unknown relation label 'X'; known: CID"),
        (["review", "reject", "p", "99"], "1 of 1 sentences are not in this project, 99 for one"),
        (["review", "queue", "nowhere"], "No project 'nowhere'"),
        (["history", "p", "--reviewer", "eve"], "Nobody called 'eve' has decided anything; known: "),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(desk: CliDesk, words: list[str], message: str) -> None:
    assert message in desk.refuse(*words)
