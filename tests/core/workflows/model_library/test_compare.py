"""Two models are compared item by item, and only on the same items."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain import ModelState
from core.settings import Settings
from core.workflows.model_library.compare import Comparison, NotComparable, compare_models, compare_with_shipped
from db.queries.models import ModelView

Labels = dict[str, list[str]]

GOLD: Labels = {"a": ["CID"], "b": ["CID"], "c": [], "d": []}


def make_model(name: str) -> ModelView:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return ModelView(
        id=1,
        project_id=1,
        name=name,
        architecture="cls",
        kind="ensemble",
        state=ModelState.CANDIDATE,
        artifact_key=f"runs/{name}",
        job_id=name,
        metrics={},
        settings={},
        created_at=moment,
        promoted_at=None,
    )


def write_result(home: Path, name: str, labels: Labels, *, gold: Labels | None = None) -> None:
    folder = home / "artifacts" / "runs" / name / "evaluate"
    folder.mkdir(parents=True)
    result = {"labels": labels, "gold_labels": gold or GOLD, "scores": {"micro": {"f1": 0.5}}}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def test_right_answers_are_counted_on_every_item(tmp_path: Path) -> None:
    write_result(tmp_path, "old", {"a": ["CID"], "b": [], "c": ["CID"], "d": []})
    write_result(tmp_path, "new", {"a": ["CID"], "b": ["CID"], "c": [], "d": ["CID"]})
    found = compare_models(Settings(home=tmp_path), current=make_model("old"), candidate=make_model("new"))
    assert isinstance(found, Comparison)
    assert (found.num_items, found.only_current, found.only_candidate) == (4, 1, 2)
    assert found.p_value == pytest.approx(1.0) and found.is_exact  # 1 of 3, both tails: 2 * (1 + 3) / 8


def test_an_item_that_was_not_seen_counts_as_no_relation(tmp_path: Path) -> None:
    write_result(tmp_path, "old", {"a": ["CID"], "b": ["CID"]})
    write_result(tmp_path, "new", {"c": [], "d": []})
    found = compare_models(Settings(home=tmp_path), current=make_model("old"), candidate=make_model("new"))
    assert isinstance(found, Comparison)
    assert (found.only_current, found.only_candidate) == (2, 0)


def test_the_difference_has_an_interval(tmp_path: Path) -> None:
    write_result(tmp_path, "old", {})
    write_result(tmp_path, "new", GOLD)
    gold: Labels = {str(number): ["CID"] for number in range(5)}
    write_result(tmp_path, "none", {}, gold=gold)
    write_result(tmp_path, "all", gold, gold=gold)
    settings = Settings(home=tmp_path)
    # Every resample of these five items has F1 1 against 0.
    sure = compare_models(settings, current=make_model("none"), candidate=make_model("all"))
    assert isinstance(sure, Comparison)
    assert (sure.difference_low, sure.difference_high) == (1.0, 1.0)
    # Of four items of which two are related, one resample in 16 holds none of these: F1 0 against 0.
    unsure = compare_models(settings, current=make_model("old"), candidate=make_model("new"))
    assert isinstance(unsure, Comparison)
    assert (unsure.difference_low, unsure.difference_high) == (0.0, 1.0)


def test_a_pair_is_right_only_with_all_its_labels(tmp_path: Path) -> None:
    gold: Labels = {"a": ["CID", "TREATS"]}
    write_result(tmp_path, "old", {"a": ["CID"]}, gold=gold)
    write_result(tmp_path, "new", {"a": ["TREATS", "CID"]}, gold=gold)
    found = compare_models(Settings(home=tmp_path), current=make_model("old"), candidate=make_model("new"))
    assert isinstance(found, Comparison)
    assert (found.only_current, found.only_candidate) == (0, 1)


def test_models_scored_on_different_items_are_not_compared(tmp_path: Path) -> None:
    write_result(tmp_path, "old", GOLD)
    write_result(tmp_path, "new", GOLD, gold={**GOLD, "e": ["CID"]})
    found = compare_models(Settings(home=tmp_path), current=make_model("old"), candidate=make_model("new"))
    assert isinstance(found, NotComparable) and "different items" in found.reason


def test_a_model_without_stored_labels_is_named(tmp_path: Path) -> None:
    write_result(tmp_path, "old", GOLD)
    found = compare_models(Settings(home=tmp_path), current=make_model("old"), candidate=make_model("new"))
    assert isinstance(found, NotComparable) and found.reason.startswith("new has no stored labels")


def test_results_of_an_earlier_version_hold_one_label_an_item(tmp_path: Path) -> None:
    write_result(tmp_path, "new", {"a": ["CID"], "b": []})
    folder = tmp_path / "artifacts" / "runs" / "old" / "evaluate"
    folder.mkdir(parents=True)
    labels = {"a": "NO_RELATION", "b": "CID", "c": "NO_RELATION", "d": "NO_RELATION"}
    gold = {item: (names or ["NO_RELATION"])[0] for item, names in GOLD.items()}
    result = {"labels": labels, "gold_labels": gold, "scores": {"micro": {"f1": 0.5}}}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    found = compare_models(Settings(home=tmp_path), current=make_model("old"), candidate=make_model("new"))
    assert isinstance(found, Comparison)
    assert (found.only_current, found.only_candidate) == (1, 1)


def test_a_model_is_compared_with_the_shipped_one_that_labelled_the_same_pairs(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    write_result(tmp_path, "old", GOLD)
    assert compare_with_shipped(settings, make_model("old")) is None
    assert compare_with_shipped(settings, make_model("gone")) is None
    write_result(tmp_path, "new", {**GOLD, "c": ["CID"]})
    path = tmp_path / "artifacts" / "runs" / "new" / "evaluate" / "result.json"
    labels: Labels = {"a": ["CID"], "b": [], "c": [], "d": []}
    shipped = {"name": "starter", "labels": labels, "scores": {"micro": {"f1": 0.4}}}
    path.write_text(json.dumps({**json.loads(path.read_text()), "shipped": shipped}))
    found = compare_with_shipped(settings, make_model("new"))
    assert found is not None
    name, comparison = found
    assert (name, comparison.num_items, comparison.current_f1, comparison.candidate_f1) == ("starter", 4, 0.4, 0.5)
    assert (comparison.only_current, comparison.only_candidate) == (1, 1)
