"""Parameters of a retraining: defaults by architecture, presets of the papers, refusals that say why."""

from typing import Any

import pytest

from core.errors import ModelError
from core.workflows.retraining.presets import PRESETS
from core.workflows.retraining.retrain_params import ARCHITECTURES, RetrainParams
from core.workflows.synthesis.synthesise_params import GenerateParams


def test_without_parameters_a_run_is_as_it_always_was() -> None:
    params = RetrainParams.from_json({})
    assert params == RetrainParams()
    assert (params.architecture, params.method, params.num_members, params.loss) == ("cls", "dare", 5, "cross_entropy")


def test_what_was_resolved_is_read_again_unchanged() -> None:
    for architecture in ARCHITECTURES:
        params = RetrainParams.from_json({"architecture": architecture})
        assert RetrainParams.from_json(params.to_json()) == params


def test_an_architecture_brings_its_own_defaults_and_explicit_values_win() -> None:
    joint = RetrainParams.from_json({"architecture": "joint", "num_epochs": 3})
    assert (joint.num_members, joint.method, joint.num_epochs, joint.weight_decay) == (1, "gold", 3, 0.1)
    graph = RetrainParams.from_json({"architecture": "syntax_gcn", "has_auxiliary": False})
    assert (graph.loss, graph.has_auxiliary) == ("focal", False)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"architecture": "lstm"}, "Unknown architecture 'lstm'; known: cls, redn, syntax_gcn, joint"),
        ({"marking": "colours"}, "Unknown marking 'colours'"),
        ({"num_members": "5"}, "num_members is '5'; it needs a whole number"),
        ({"has_student": 1}, "has_student is 1; it needs true or false"),
        ({"learning_rate": 0}, "learning_rate is 0; it must be more than 0"),
        ({"warmup_fraction": 1.0}, "warmup_fraction is 1.0; it must be at least 0 and below 1"),
        ({"num_processes": 0}, "num_processes is 0"),
        ({"preset": "mine"}, "Unknown preset 'mine'; known: dare-paper"),
        ({"architecture": "redn", "marking": "markers"}, "marking 'markers' does not go with architecture 'redn'"),
        ({"architecture": "redn", "has_auxiliary": True}, "has_auxiliary True does not go with architecture 'redn'"),
        ({"architecture": "joint", "loss": "focal"}, "loss 'focal' does not go with architecture 'joint'"),
        ({"architecture": "joint", "has_student": True}, "only cls, redn, syntax_gcn reads it"),
        ({"architecture": "joint", "num_members": 5}, "num_members must be 1, not 5"),
        ({"architecture": "joint", "method": "bagging"}, "method must be gold or dare, not 'bagging'"),
        ({"architecture": "joint", "word_dropout": 1.0}, "word_dropout is 1.0; it must be at least 0 and below 1"),
        ({"word_dropout": 0.2}, "only joint reads it"),
        ({"has_teacher_forcing": False}, "only joint reads it"),
        ({"parser": "en_core_web_sm"}, "only syntax_gcn reads it"),
        ({"has_student": True, "num_members": 1}, "num_members must be 2 or more"),
        ({"has_soft_labels": True, "method": "gold"}, "method must be dare, not 'gold'"),
        ({"is_two_stage": True, "method": "bagging"}, "method must be dare, not 'bagging'"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        RetrainParams.from_json(params)


def test_every_preset_is_a_valid_training_and_generation() -> None:
    for name, preset in PRESETS.items():
        params = RetrainParams.from_preset(name, {})
        assert params.preset == name
        assert all(getattr(params, field) == value for field, value in preset.training.items())
        GenerateParams.from_json(preset.generation)


def test_dare_is_trained_as_its_paper_says() -> None:
    params = RetrainParams.from_preset("dare-paper", {})
    assert (params.num_members, params.ratio, params.num_epochs, params.learning_rate) == (20, 1.0, 5, 2e-5)
    assert (params.batch_size, params.max_pieces) == (32, 128)
    generation = GenerateParams.from_json(PRESETS["dare-paper"].generation)
    assert (generation.num_epochs, generation.learning_rate) == (5, 3e-5)
    assert (generation.temperature, generation.top_k, generation.max_new_pieces) == (1.0, 5, 100)


@pytest.mark.parametrize(
    ("preset", "numbers"),
    [
        ("redn-paper", (64, 3e-5, 50)),
        ("redn-paper-nyt", (20, 5e-5, 10)),
        ("redn-paper-webnlg", (20, 3e-5, 30)),
        ("gcn-paper", (30, 1e-3, 50)),
        ("joint-paper", (16, 2e-5, 7)),
        ("joint-paper-conll04", (16, 3e-5, 10)),
        ("joint-paper-ace05", (32, 3e-5, 15)),
    ],
)
def test_batch_rate_and_epochs_are_those_of_the_tables(preset: str, numbers: tuple[int, float, int]) -> None:
    params = RetrainParams.from_preset(preset, {})
    assert (params.batch_size, params.learning_rate, params.num_epochs) == numbers


def test_the_joint_presets_tag_words_and_score_pairs_as_the_paper_does() -> None:
    for name in (name for name in PRESETS if name.startswith("joint-paper")):
        params = RetrainParams.from_preset(name, {})
        assert not (params.has_teacher_forcing or params.has_nesting or params.has_context)
        assert (params.word_dropout, params.num_relation_layers, params.relation_weight) == (0.0, 0, 1.0)


def test_an_explicit_value_goes_before_the_preset() -> None:
    params = RetrainParams.from_preset("gcn-paper", {"num_epochs": 2, "encoder": "/models/bert"})
    assert (params.num_epochs, params.encoder, params.optimizer) == (2, "/models/bert", "sgd")


def test_a_hub_name_is_fetched_only_when_asked() -> None:
    assert not any(RetrainParams.from_preset(name, {}).may_download for name in PRESETS)
