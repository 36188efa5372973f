"""`dare project`, `dare schema` and `dare documents`: made, filled, shown, and deleted only when asked."""

import json
from pathlib import Path

import pytest

from core.jobs.engine import JobEngine
from tests.core.cli_desk import CliDesk


@pytest.fixture
def desk(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> CliDesk:
    return CliDesk(tmp_path / "home", migrated_file, monkeypatch, 0.9, 0.4)


def test_projects_are_created_listed_and_deleted_after_a_question(desk: CliDesk) -> None:
    assert desk.read("project", "create", " q ", "--template", "drug-drug")["project"] == "q"
    listed = desk.read("project", "list")["projects"]
    assert [(one["project"], one["documents"]) for one in listed] == [("p", 2), ("q", 0)]
    kept = desk.dare("project", "delete", "p", text="n\n")
    assert kept.exit_code == 1 and "Delete p with 2 documents" in kept.stderr
    assert desk.read("project", "delete", "p", "--yes") == {"deleted": "p"}
    assert [one["project"] for one in desk.read("project", "list")["projects"]] == ["q"]


def test_a_project_gets_another_name_unless_it_is_taken(desk: CliDesk) -> None:
    desk.read("project", "create", "q")
    assert "exists already" in desk.refuse("project", "rename", "p", "q")
    assert "1 to 100 characters" in desk.refuse("project", "rename", "p", " ")
    assert desk.read("project", "rename", "p", " r ") == {"project": "r"}
    assert {one["project"] for one in desk.read("project", "list")["projects"]} == {"q", "r"}


def test_documents_are_moved_and_removed_after_a_question(desk: CliDesk) -> None:
    first, second = (one["id"] for one in desk.read("documents", "p")["documents"])
    assert desk.read("document", "move", "p", str(first), "--split", "dev") == {"moved": 1, "split": "dev"}
    assert [one["id"] for one in desk.read("documents", "p", "--split", "dev")["documents"]] == [first]
    kept = desk.dare("document", "remove", "p", str(second), text="n\n")
    assert kept.exit_code == 1 and "Remove 1 documents of p" in kept.stderr
    assert desk.read("document", "remove", "p", str(second), "--yes") == {"removed": 1}
    assert "has none of these documents (999)" in desk.refuse("document", "remove", "p", "999", "--yes")
    assert [one["id"] for one in desk.read("documents", "p")["documents"]] == [first]


def test_a_deleted_project_takes_its_waiting_jobs_along(desk: CliDesk) -> None:
    job_id = desk.read("project", "predict", "p")["job_id"]
    desk.read("project", "delete", "p", "--yes")
    assert desk.read("jobs", "list")["jobs"] == []
    job_engine = JobEngine(desk.settings)
    assert job_engine.find_statuses([job_id]) == {job_id: "CANCELLED"}
    job_engine.close()


def test_a_project_is_shown_with_counts_balance_and_what_became_of_suggestions(desk: CliDesk) -> None:
    desk.read("review", "accept", "p", "1")
    shown = desk.read("project", "show", "p")
    assert (shown["documents"], shown["sentences"]) == (2, {"pending": 1, "accepted": 1})
    assert shown["balance"][0] == {"label": "CID", "gold": 1, "synthetic": 0}
    assert shown["models"] == {"ensemble": None, "joint": None, "shipped": "starter-chemical-disease"}
    assert [one["share"] for one in shown["suggestions"]] == [1.0] * 3
    assert [one["number"] for one in shown["activity"]["sentence"]["decisions"]] == [1]
    assert "1 of 2 sentences reviewed" in desk.dare("project", "show", "p").stdout


def test_a_schema_of_one_project_is_added_to_another_and_again_without_effect(desk: CliDesk, tmp_path: Path) -> None:
    desk.read("project", "create", "q")
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(desk.read("schema", "show", "p")), encoding="utf-8")
    assert desk.read("schema", "add", "q", str(file))["added"] == ["Chemical", "Disease", "CID"]
    assert desk.read("schema", "add", "q", str(file))["added"] == []
    both = [desk.read("schema", "show", name) for name in ("p", "q")]
    assert both[0]["relation_labels"] == both[1]["relation_labels"]
    assert "label CID (Chemical → Disease)" in desk.dare("schema", "show", "q").stdout


def test_new_types_and_labels_get_colours_of_their_own(desk: CliDesk) -> None:
    added = {
        "entity_types": [{"name": "Gene"}, {"name": "Cell"}],
        "relation_labels": [{"name": "IN", "legal_types": [["Gene", "Cell"], ["Chemical", "Cell"]]}],
    }
    assert desk.read("schema", "add", "p", "-", text=json.dumps(added))["added"] == ["Gene", "Cell", "IN"]
    types = desk.read("schema", "show", "p")["entity_types"]
    assert len({one["colour"] for one in types}) == 4


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ('{"relation_labels": [{"name": "X", "legal_types": [["Gene", "Disease"]]}]}', "unknown entity types ['Gene']"),
        ('{"relation_labels": [{"name": "X", "legal_types": []}]}', "Label X joins no entity types"),
        ('{"entity_types": [{"name": "Disease", "colour": "#000000"}]}', "in the schema already, with another colour"),
        ('{"entity_types": [{"nam": "X"}]}', "Not a schema: "),
        ('{"entity_types": 3}', "Not a schema: "),
        ("nonsense", "Not a schema: "),
    ],
)
def test_a_schema_that_does_not_fit_is_refused_and_adds_nothing(desk: CliDesk, schema: str, message: str) -> None:
    before = desk.read("schema", "show", "p")
    assert message in desk.refuse("schema", "add", "p", "-", text=schema)
    assert desk.read("schema", "show", "p") == before


def test_a_guideline_is_replaced_only_after_a_question(desk: CliDesk, tmp_path: Path) -> None:
    file = tmp_path / "guide.txt"
    file.write_text("Mark everything.\n", encoding="utf-8")
    asked = desk.dare("schema", "guideline", "p", str(file), text="n\n")
    assert asked.exit_code == 1 and "Relate a chemical to a disease" in asked.stderr
    desk.read("schema", "guideline", "p", str(file), "--yes")
    assert desk.read("schema", "show", "p")["guideline"] == "Mark everything."


def test_documents_are_filtered_and_paged(desk: CliDesk) -> None:
    desk.read("review", "accept", "p", "1")
    found = desk.read("documents", "p", "--open")["documents"]
    assert [(one["external_id"], one["sentences"], one["reviewed"]) for one in found] == [("d1", 1, 0)]
    lines = desk.dare("documents", "p", "--limit", "1", "--page", "2").stdout.splitlines()
    assert lines[-1] == "page 2: 1 of 2 documents" and " d1 " in lines[0]


def test_sentences_are_filtered_by_score_flag_source_and_day(desk: CliDesk) -> None:
    def found(*words: str) -> list[int]:
        return [one["id"] for one in desk.read("sentences", "p", *words)["sentences"]]

    assert found("--min-score", "0.5") == [1] and found("--max-score", "0.5") == [2]
    assert found("--flagged") == [] and found("--source", "model") == [1, 2]
    assert found("--since", "2001-01-01") == [1, 2] and found("--until", "2001-01-01") == []


def test_an_export_takes_the_labels_that_are_named(desk: CliDesk, tmp_path: Path) -> None:
    desk.read("review", "accept", "p", "1")
    assert desk.read("export", "p", "--out", str(tmp_path / "a.jsonl"), "--label", "CID")["num_relations"] == 1
    assert "Unknown relation label 'X'; known: CID." in desk.refuse("export", "p", "--out", "x", "--label", "X")
