"""What a joint model remembers of its labels: which types each may join, and which have no direction."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.domain import EntityType, Instance, RelationLabel, Schema
from core.models.joint import JointModel
from core.models.joint_data import JointConfig
from tests.builders import find_mention, load_tiny_encoder

LINKED = RelationLabel("LINKED", (("Disease", "Chemical"),), is_symmetric=True)
CAUSES = RelationLabel("CAUSES", (("Chemical", "Disease"),))
ALIKE = RelationLabel("ALIKE", (("Disease", "Disease"),), is_symmetric=True)
SCHEMA = Schema((EntityType("Chemical"), EntityType("Disease")), (LINKED, CAUSES, ALIKE))
TEXT = "aspirin caused nausea and rash ."
DRUG, NAUSEA, RASH = (
    find_mention(TEXT, *one) for one in (("aspirin", "Chemical"), ("nausea", "Disease"), ("rash", "Disease"))
)


@pytest.fixture
def model(tmp_path: Path) -> JointModel:
    torch.manual_seed(0)
    config = JointConfig.from_schema(SCHEMA, dropout=0.0)
    return JointModel(load_tiny_encoder(tmp_path / "encoder"), config).eval()


def test_the_schema_comes_back_from_a_file_with_the_types_of_each_label(model: JointModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert JointModel.load(tmp_path).config.to_schema() == SCHEMA
    assert JointConfig.from_json(json.loads(json.dumps(model.config.to_json()))) == model.config


def test_a_file_of_before_lets_every_label_join_every_pair() -> None:
    options = {"entity_types": ["A", "B"], "labels": ["X", "Y"], "legal_types": [["A", "B"], ["B", "A"]]}
    labels = JointConfig.from_json(options).relation_labels
    assert labels == tuple(RelationLabel(name, (("A", "B"), ("B", "A"))) for name in "XY")


def test_a_part_keeps_the_types_and_the_symmetry_of_its_labels(model: JointModel) -> None:
    part = model.restrict(["Chemical", "Illness"], ["LINKED", "ALIKE"], known_as={"Illness": "Disease"})
    labels = [(one.name, one.legal_types, one.is_symmetric) for one in part.config.relation_labels]
    assert labels == [("LINKED", (("Illness", "Chemical"),), True), ("ALIKE", (("Illness", "Illness"),), True)]


def test_a_label_that_may_not_join_a_pair_takes_nothing_from_the_others(model: JointModel) -> None:
    (scores,) = model.score_candidates([Instance("1", TEXT, NAUSEA, RASH)]).values()
    assert [math.isfinite(one) for one in scores] == [True, False, False, True]
    assert model.classify([Instance("1", TEXT, NAUSEA, DRUG)]) == {"1": "NO_RELATION"}  # in text order it would be one
    found = model.relate([TEXT], [[DRUG, NAUSEA, RASH]], threshold=0.0)[0]
    assert {(one.head.entity_type, one.tail.entity_type, one.label) for one in found} == {
        ("Disease", "Chemical", "LINKED"), ("Chemical", "Disease", "CAUSES"), ("Disease", "Disease", "ALIKE"),
    }  # fmt: skip


def test_a_symmetric_label_of_a_candidate_is_scored_in_the_direction_that_was_learnt(model: JointModel) -> None:
    (scores,) = model.score_candidates([Instance("1", TEXT, DRUG, NAUSEA)]).values()
    related = {one.label: one.score for one in model.relate([TEXT], [[DRUG, NAUSEA]], threshold=0.0)[0] if one.score}
    for label, class_id in (("LINKED", 1), ("CAUSES", 2)):
        assert related[label] == pytest.approx(1 / (1 + math.exp(-scores[class_id])), abs=1e-5)


def test_a_model_that_knows_a_label_in_one_direction_gives_it_to_candidates_in_text_order(tmp_path: Path) -> None:
    schema = replace(SCHEMA, relation_labels=(LINKED,))
    model = JointModel(load_tiny_encoder(tmp_path / "encoder"), JointConfig.from_schema(schema)).eval()
    found = model.score_candidates([Instance("1", TEXT, *next(schema.candidates((DRUG, NAUSEA))))])
    assert math.isfinite(found["1"][1])
