"""What a member learns from and leaves behind; the student; the ensemble that reads them."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from core.domain import NO_RELATION, Instance, Origin, RelationLabel, Split
from core.ensemble.dataset import Dataset
from core.ensemble.distil import mean_probabilities, train_student
from core.ensemble.ensemble import Ensemble, read_manifest, write_manifest
from core.ensemble.evaluate import evaluate_ensemble
from core.ensemble.lessons import MemberSpec, plan_lesson
from core.ensemble.logits import load_logits, stack_logits
from core.ensemble.members import train_member
from core.errors import ModelError, NotEnoughDataError
from core.models.targets import SoftLabels
from core.training.config import TrainingConfig
from tests.builders import find_no_parser, ignore_progress, make_instance, make_schema, write_tiny_encoder

VERBS = {"caused": "CID", "induced": "CID", "treated": NO_RELATION, "relieved": NO_RELATION}
CHEMICALS = ("aspirin", "codeine", "ibuprofen")


def make_rows(disease: str, split: Split, *, origin: Origin = Origin.CURATED) -> tuple[Instance, ...]:
    return tuple(
        replace(
            make_instance(text := f"{chemical} {verb} {disease} .", chemical, disease, label),
            id=f"{origin.value}:{split.value}:{text}", split=split, origin=origin,
        )
        for chemical in CHEMICALS
        for verb, label in VERBS.items()
    )  # fmt: skip


@pytest.fixture
def dataset() -> Dataset:
    return Dataset(
        schema=make_schema(),
        train=make_rows("nausea", Split.TRAIN),
        dev=make_rows("rash", Split.DEV),
        test=make_rows("fever", Split.TEST),
        synthetic=make_rows("cough", Split.TRAIN, origin=Origin.SYNTHETIC),
        unreachable={"test": ("CID",)},
    )


def make_spec(path: Path, **changes: object) -> MemberSpec:
    training = TrainingConfig(num_epochs=2, learning_rate=3e-3, batch_size=8, precision="fp32")
    spec = MemberSpec(
        position=0, method="dare", encoder=str(write_tiny_encoder(path / "encoder")), training=training, device="cpu"
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


def run(spec: MemberSpec, dataset: Dataset, path: Path, *, soft_labels: SoftLabels | None = None) -> dict[str, Any]:
    path.mkdir()
    return train_member(spec, dataset, path, ignore_progress, get_parser=find_no_parser, soft_labels=soft_labels)


def test_a_member_leaves_logits_of_dev_and_test_and_says_what_it_saw(dataset: Dataset, tmp_path: Path) -> None:
    summary = run(make_spec(tmp_path), dataset, tmp_path / "member")
    assert (summary["num_instances"], summary["num_unread"]) == (24, 0)
    scored = load_logits(tmp_path / "member", "test")
    assert set(scored.instance_ids) == {one.id for one in dataset.test}
    assert scored.logits.shape == (12, 2)
    with pytest.raises(ModelError, match="kept no logits of the train instances"):
        load_logits(tmp_path / "member", "train")


def test_two_stages_train_on_synthetic_instances_first(dataset: Dataset, tmp_path: Path) -> None:
    spec = make_spec(tmp_path, is_two_stage=True)
    first, second = plan_lesson(spec, dataset).stages
    assert {one.origin for one in first} == {Origin.SYNTHETIC}
    assert {one.origin for one in second} == {Origin.CURATED}
    assert len(run(spec, dataset, tmp_path / "member")["earlier_stages"]) == 1
    assert len(plan_lesson(replace(spec, method="gold"), dataset).stages) == 1


def test_bagging_takes_as_many_negatives_as_positives_and_no_synthetic(dataset: Dataset, tmp_path: Path) -> None:
    uneven = replace(dataset, train=dataset.train[:8])  # 4 CID, 4 not
    (stage,) = plan_lesson(make_spec(tmp_path, method="bagging"), replace(uneven, train=uneven.train[1:])).stages
    assert sorted(one.label or "" for one in stage) == ["CID"] * 3 + [NO_RELATION] * 3
    assert all(one.origin is Origin.CURATED for one in stage)


def test_a_label_with_one_example_is_reported_and_not_learnt_as_unrelated(dataset: Dataset, tmp_path: Path) -> None:
    lone = replace(dataset, train=dataset.train[1:4], synthetic=())  # one CID, two NO_RELATION
    with pytest.raises(NotEnoughDataError, match=r"No label has two training examples \(CID: one each at most\)"):
        run(make_spec(tmp_path), lone, tmp_path / "member")


@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_split_without_positives_is_refused(dataset: Dataset, tmp_path: Path, split: str) -> None:
    with pytest.raises(NotEnoughDataError, match=f"The {split} part has no gold relation among 0 candidate pairs"):
        run(make_spec(tmp_path), replace(dataset, **{split: ()}), tmp_path / "member")


def test_an_instance_longer_than_the_encoder_is_counted(dataset: Dataset, tmp_path: Path) -> None:
    text = "aspirin " + "and " * 90 + "nausea ."
    far = make_instance(text, "aspirin", "nausea", "CID", instance_id="far")
    summary = run(make_spec(tmp_path), replace(dataset, train=(*dataset.train, far)), tmp_path / "member")
    assert summary["num_unread"] == 1


def test_a_filtered_positive_is_a_miss(dataset: Dataset, tmp_path: Path) -> None:
    same = make_instance("aspirin caused aspirin .", "aspirin", "caused", "CID", instance_id="same")
    namesake = replace(same, tail=replace(same.tail, span=replace(same.tail.span, start=15, end=22)))
    filtered = replace(dataset, test=(*dataset.test, replace(namesake, split=Split.TEST)))
    run(make_spec(tmp_path, has_negative_filter=True), filtered, tmp_path / "member")
    assert "same" not in load_logits(tmp_path / "member", "test").instance_ids
    result = evaluate_ensemble(filtered, [tmp_path / "member"])
    counts = result["scores"]["micro"]
    # 6 CID of the test part, the filtered one and the unreachable one.
    assert counts["tp"] + counts["fn"] == 8
    assert result["num_unseen"] == 2


def test_members_that_scored_different_items_cannot_vote(dataset: Dataset, tmp_path: Path) -> None:
    run(make_spec(tmp_path), dataset, tmp_path / "a")
    run(make_spec(tmp_path), replace(dataset, test=dataset.test[1:]), tmp_path / "b")
    with pytest.raises(ModelError, match="different test instances"):
        stack_logits([tmp_path / "a", tmp_path / "b"], "test")


def test_the_student_learns_the_mean_of_the_members(dataset: Dataset, tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for seed, path in enumerate(paths):
        spec = make_spec(tmp_path, scores_pool=True)
        run(replace(spec, training=replace(spec.training, seed=seed)), dataset, path)
    labels = mean_probabilities(paths, dataset, ["train", "synthetic"])
    assert labels.keys() == {one.id for one in (*dataset.train, *dataset.synthetic)}
    assert all(sum(row) == pytest.approx(1.0) for row in labels.values())
    (tmp_path / "student").mkdir()
    summary = train_student(
        make_spec(tmp_path), dataset, paths, tmp_path / "student", ignore_progress, get_parser=find_no_parser
    )
    assert summary["num_instances"] == 24
    assert load_logits(tmp_path / "student", "test").logits.shape == (12, 2)


def test_a_soft_label_moves_the_member(dataset: Dataset, tmp_path: Path) -> None:
    everything_related = {one.id: (0.0, 1.0) for one in (*dataset.train, *dataset.synthetic)}
    spec = make_spec(tmp_path, training=TrainingConfig(num_epochs=10, learning_rate=3e-3, precision="fp32"))
    run(spec, dataset, tmp_path / "taught", soft_labels=everything_related)
    assert load_logits(tmp_path / "taught", "test").logits.argmax(-1).tolist() == [1] * 12


@pytest.mark.parametrize("architecture", ["cls", "redn"])
def test_an_ensemble_read_from_its_folder_gives_what_was_evaluated(
    dataset: Dataset, tmp_path: Path, architecture: str
) -> None:
    run_path = tmp_path / "run"
    run_path.mkdir()
    for seed in range(2):
        spec = make_spec(tmp_path, architecture=architecture)
        run(replace(spec, training=replace(spec.training, seed=seed)), dataset, run_path / f"member-{seed}")
    names = ["member-0", "member-1"]
    result = evaluate_ensemble(dataset, [run_path / name for name in names])
    write_manifest(
        run_path, members=names, temperatures=result["temperatures"], threshold=result["threshold"]["threshold"]
    )
    ensemble = Ensemble.load(run_path, device=torch.device("cpu"), get_parser=find_no_parser)
    shuffled = list(dataset.test)
    Random(0).shuffle(shuffled)
    verdicts = ensemble.classify(shuffled)
    assert {one.id: sorted(verdict.labels) for one, verdict in zip(shuffled, verdicts, strict=True)} == result["labels"]
    assert np.all([0 <= verdict.score <= 1 for verdict in verdicts])


def test_the_filter_is_counted_and_the_sample_follows_what_it_left(dataset: Dataset, tmp_path: Path) -> None:
    same = make_instance("aspirin caused aspirin .", "aspirin", "caused", NO_RELATION, instance_id="same")
    namesake = replace(same, tail=replace(same.tail, span=replace(same.tail.span, start=15, end=22)))
    spec = make_spec(tmp_path, has_negative_filter=True)
    lesson = plan_lesson(spec, replace(dataset, train=(*dataset.train, namesake)))
    assert lesson.filtered == {NO_RELATION: 1}
    # As many synthetic NO_RELATION as gold ones that stayed: 6, of 6 there are.
    assert lesson.missing == {}
    assert run(spec, dataset, tmp_path / "member")["filtered"] == {}


def test_a_filtered_pair_is_unrelated_without_doubt_and_an_unreadable_one_in_doubt(
    dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    run(make_spec(tmp_path), dataset, tmp_path / "run" / "member")
    write_manifest(tmp_path / "run", members=["member"], temperatures=[1.0], threshold=0.5, has_negative_filter=True)
    ensemble = Ensemble.load(tmp_path / "run", device=torch.device("cpu"), get_parser=find_no_parser)
    one = make_instance("aspirin caused aspirin .", "aspirin", "caused", None, instance_id="same")
    same = replace(one, tail=replace(one.tail, span=replace(one.tail.span, start=15, end=22)))
    far = make_instance("aspirin " + "is " * 90 + "nausea .", "aspirin", "nausea", None, instance_id="far")
    filtered, unread = ensemble.classify([same, far])
    assert (filtered.labels, filtered.uncertainty) == (frozenset(), 0.0)
    assert (unread.labels, unread.uncertainty) == (frozenset(), 1.0)


def test_an_ensemble_of_an_earlier_version_has_no_filter(tmp_path: Path) -> None:
    manifest = {"members": ["member-1"], "temperatures": [1.0], "threshold": 0.5}
    (tmp_path / "ensemble.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert read_manifest(tmp_path) == {**manifest, "has_negative_filter": False}


def test_a_dev_relation_that_no_member_saw_is_in_every_score_of_the_threshold(dataset: Dataset, tmp_path: Path) -> None:
    run(make_spec(tmp_path), dataset, tmp_path / "member")
    whole = replace(dataset, test=(), unreachable={"dev": ("CID", "CID")})
    result = evaluate_ensemble(whole, [tmp_path / "member"])
    assert result["threshold"]["f1"] == result["scores"]["micro"]["f1"]
    row = next(one for one in result["threshold_curve"] if one["threshold"] == result["threshold"]["threshold"])
    assert row["recall"] == result["scores"]["micro"]["recall"]


def test_a_label_without_an_example_is_reported(dataset: Dataset, tmp_path: Path) -> None:
    labels = (*dataset.schema.relation_labels, RelationLabel("WORSE", (("Chemical", "Disease"),)))
    wider = replace(dataset, schema=replace(dataset.schema, relation_labels=labels))
    assert plan_lesson(make_spec(tmp_path), wider).too_rare == {"WORSE": 0}


def test_the_vote_needs_no_weights(dataset: Dataset, tmp_path: Path) -> None:
    run(make_spec(tmp_path), dataset, tmp_path / "member")
    (tmp_path / "member" / "model.safetensors").unlink()
    assert evaluate_ensemble(dataset, [tmp_path / "member"])["num_items"] == 13


def test_a_pair_of_types_that_came_after_the_training_is_unread(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    run(make_spec(tmp_path), dataset, tmp_path / "run" / "member")
    write_manifest(tmp_path / "run", members=["member"], temperatures=[1.0], threshold=0.5)
    ensemble = Ensemble.load(tmp_path / "run", device=torch.device("cpu"), get_parser=find_no_parser)
    one = make_instance("aspirin caused nausea .", "aspirin", "nausea", None)
    (verdict,) = ensemble.classify([replace(one, head=replace(one.head, entity_type="Gene"))])
    assert (verdict.labels, verdict.uncertainty) == (frozenset(), 1.0)


def test_a_dev_part_that_fits_no_input_is_refused_before_the_training(dataset: Dataset, tmp_path: Path) -> None:
    text = "aspirin " + "and " * 90 + "nausea ."
    far = make_instance(text, "aspirin", "nausea", "CID", instance_id="far")
    with pytest.raises(NotEnoughDataError, match="None of the 1 candidate pairs of the dev part fits an input"):
        run(make_spec(tmp_path), replace(dataset, dev=(far,)), tmp_path / "member")
